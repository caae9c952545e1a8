#!/usr/bin/env python3
"""What clusters of speech tell of sounds and of voices, with and without standardized features.

    python3 Benchmarks/standardization.py MANIFEST --digits fsdd --work DIR [--clusters 100] [--model MODEL --layer N]

MANIFEST is speech to be clustered, with `speaker` in each row; rows whose id begins with what --digits says, and whose `text` is
one word of a few, are also classified: by counts of clusters in thirds of a recording, naive Bayes (multinomial, add one half),
trained on all speakers but the one whose recordings are named, each speaker in turn. Features are MFCCs, or layer N of MODEL.
Prints a line for each way of standardizing:

    digits         recordings of unseen speakers that are named rightly, mean over speakers
    I(z; s)/H(s)   which part of the entropy of speakers s the cluster z of a frame tells
    frames a run   how long a cluster stays, on average

Needs Python alone, nothing installed, and `.build/release/warbler`.
"""

import argparse
import collections
import json
import math
import pathlib
import subprocess

WARBLER = pathlib.Path(__file__).resolve().parent.parent / ".build/release/warbler"


def cluster(arguments: argparse.Namespace, over: str) -> list[list[int]]:
    """Labels at 50 Hz, an utterance after the other."""
    out = arguments.work / f"{'layer' + str(arguments.layer) if arguments.model else 'mfcc'}-{over}"
    features = ["--model", arguments.model, "--layer", arguments.layer] if arguments.model else ["--features", "mfcc", "--rate", 50]
    command = [WARBLER, "cluster", arguments.manifest, *features, "--standardize", over, "--clusters", arguments.clusters]
    command += ["--out", out, "--km", f"{out}.km", "--quiet"]
    subprocess.run([str(word) for word in command], check=True, stdout=subprocess.DEVNULL)
    return [[int(label) for label in line.split()] for line in open(f"{out}.km", encoding="ascii")]


def named_rightly(rows: list[dict], labels: list[list[int]], clusters: int) -> float:
    """Mean over speakers of the part of their recordings whose word naive Bayes finds, trained on the others."""
    def counts(utterance: list[int]) -> collections.Counter:
        return collections.Counter((3 * place // len(utterance), label) for place, label in enumerate(utterance))

    examples = [(row["speaker"], row["text"], counts(utterance)) for row, utterance in zip(rows, labels)]
    words, rates = sorted({text for _, text, _ in examples}), []
    for left_out in sorted({speaker for speaker, _, _ in examples}):
        totals = {word: collections.Counter() for word in words}
        for speaker, word, seen in examples:
            if speaker != left_out:
                totals[word].update(seen)
        sums = {word: total.total() + 0.5 * 3 * clusters for word, total in totals.items()}

        def likelihood(word: str, seen: collections.Counter) -> float:
            return sum(n * math.log((totals[word][key] + 0.5) / sums[word]) for key, n in seen.items())

        held = [(word, seen) for speaker, word, seen in examples if speaker == left_out]
        rates.append(sum(max(words, key=lambda w: likelihood(w, seen)) == word for word, seen in held) / len(held))
    return sum(rates) / len(rates)


def told_of_speakers(rows: list[dict], labels: list[list[int]]) -> float:
    joint = collections.Counter((row["speaker"], label) for row, utterance in zip(rows, labels) for label in utterance)
    frames, speakers, clusters = joint.total(), collections.Counter(), collections.Counter()
    for (speaker, label), n in joint.items():
        speakers[speaker] += n
        clusters[label] += n
    information = sum(n * math.log(n * frames / (speakers[s] * clusters[z])) for (s, z), n in joint.items())
    return information / -sum(n * math.log(n / frames) for n in speakers.values())


def run_length(labels: list[list[int]]) -> float:
    runs = sum(1 + sum(a != b for a, b in zip(utterance, utterance[1:])) for utterance in labels)
    return sum(map(len, labels)) / runs


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("manifest", type=pathlib.Path)
    parser.add_argument("--digits", required=True, help="how ids of the rows to classify begin")
    parser.add_argument("--work", type=pathlib.Path, required=True)
    parser.add_argument("--clusters", type=int, default=100)
    parser.add_argument("--model", type=pathlib.Path)
    parser.add_argument("--layer", type=int, default=0)
    arguments = parser.parse_args()
    arguments.work.mkdir(parents=True, exist_ok=True)
    rows = [json.loads(line) for line in open(arguments.manifest, encoding="utf-8")]
    digits = [index for index, row in enumerate(rows) if row["id"].startswith(arguments.digits)]
    print("| features | standardized over | digits | I(z; s)/H(s) | frames a run |\n|---|---|---|---|---|", flush=True)
    for over in ["none", "utterance-mean", "utterance", "speaker-mean", "speaker"]:
        labels = cluster(arguments, over)
        assert len(labels) == len(rows), f"{len(labels)} of {len(rows)} rows were labelled"
        rate = named_rightly([rows[i] for i in digits], [labels[i] for i in digits], arguments.clusters)
        features = f"layer {arguments.layer} of {arguments.model.name}" if arguments.model else "MFCC"
        print(f"| {features} | {over} | {100 * rate:.1f} % | {told_of_speakers(rows, labels):.3f} | {run_length(labels):.2f} |", flush=True)


if __name__ == "__main__":
    main()
