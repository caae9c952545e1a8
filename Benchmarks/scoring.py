#!/usr/bin/env python3
"""Scoring beside jiwer and sclite: errors in words and in characters of the same pairs, which must be as many for jiwer and Warbler.

    python3 -m venv venv && venv/bin/pip install -r Benchmarks/requirements.txt
    swift build -c release --product warbler
    venv/bin/python Benchmarks/scoring.py --work DIR [--utterances 100000] [--rounds 3] [--threads 1 2]

Pairs are random words (fixed seed), 10 to 20 an utterance of which one in nine is changed, gone or too many, and, for the second
table, 10 utterances of 10,000 words. A round times every side once, one process each, in turn, and backwards in the next. "Scoring"
is that of pairs in memory: process_words and process_characters, and `warbler bench score`. "Process" is all from start to end: imports,
reading JSON lines (`warbler score --json` writes the counts of every utterance, jiwer's side its sums). Medians over rounds; ratios are
taken within a round. Where Debian's sctk is installed, sclite scores the words of the short pairs from trn files (its process alone:
it scores nothing in memory, aligns with other costs, and tables of 10,000 words are too much for it). Memory is the process's peak. Prints JSON lines to stderr as it goes and the tables to stdout.
"""

import argparse
import importlib.metadata
import json
import multiprocessing
import os
import pathlib
import random
import shutil
import statistics
import subprocess
import sys
import time

HERE = pathlib.Path(__file__).resolve()
LETTERS = "etaoinshrdlucmfwypvbgk"


def make_pairs(utterances, shortest, longest, seed):
    rng = random.Random(seed)
    words = ["".join(rng.choices(LETTERS, k=max(1, min(14, round(rng.gauss(4.7, 2.2)))))) for _ in range(20000)]
    weights = [1 / (rank + 3) for rank in range(len(words))]
    pairs = []
    for _ in range(utterances):
        reference = rng.choices(words, weights, k=rng.randint(shortest, longest))
        hypothesis = []
        for word in reference:
            u = rng.random()
            if u < 0.05:
                place = rng.randrange(len(word))
                hypothesis.append(word[:place] + rng.choice(LETTERS) + word[place + 1 :])
            elif u < 0.07:
                hypothesis.append(rng.choice(words[:200]))
            elif u < 0.09:
                pass
            elif u < 0.11:
                hypothesis += [word, rng.choice(words[:200])]
            else:
                hypothesis.append(word)
        pairs.append((" ".join(reference), " ".join(hypothesis)))
    return pairs


def write_pairs(folder, pairs):
    folder.mkdir(parents=True, exist_ok=True)
    for name, side in (("ref", 0), ("hyp", 1)):
        with open(folder / f"{name}.jsonl", "w") as stream:
            for number, pair in enumerate(pairs):
                stream.write(json.dumps({"id": f"u{number:06d}", "text": pair[side]}) + "\n")
        with open(folder / f"{name}.trn", "w") as stream:
            for number, pair in enumerate(pairs):
                stream.write(f"{pair[side]} (u_{number:06d})\n")


def make_files(work, utterances):
    write_pairs(work / "short", make_pairs(utterances, 10, 20, 1))
    write_pairs(work / "long", make_pairs(10, 10_000, 10_000, 2))


def time_jiwer(folder):
    """In a process of its own: prints a JSON line."""
    import jiwer

    sides = [[json.loads(line)["text"] for line in open(folder / f"{name}.jsonl")] for name in ("ref", "hyp")]
    start = time.perf_counter()
    words = jiwer.process_words(*sides)
    middle = time.perf_counter()
    characters = jiwer.process_characters(*sides)
    end = time.perf_counter()
    errors = [counts.substitutions + counts.deletions + counts.insertions for counts in (words, characters)]
    print(json.dumps({"words": middle - start, "characters": end - middle, "seconds": end - start, "errors": errors}))


def run(command, folder):
    """Seconds, peak MiB and standard output of a process."""
    start = time.perf_counter()
    with open(folder / "out.json", "wb") as stream:
        process = subprocess.Popen(list(map(str, command)), stdout=stream)
        _, status, usage = os.wait4(process.pid, 0)
    seconds = time.perf_counter() - start
    if status != 0:
        sys.exit(f"{command}: exit status {status}")
    with open(folder / "out.json") as stream:
        # The sums. What this process holds would count as the next one's memory.
        head, utterances, _ = stream.read(1 << 14).partition(', "utterances": [')
    return seconds, usage.ru_maxrss / 1024, json.loads(head + ("}" if utterances else ""))


def measure(threads, folder, options):
    """Of jiwer for 0 threads."""
    if threads == 0:
        seconds, mib, result = run([sys.executable, HERE, "--work", folder, "--peer"], folder)
        return {"process": seconds, "mib": mib, "scoring": result["seconds"], **result}
    files = ["--ref", folder / "ref.jsonl", "--hyp", folder / "hyp.jsonl", "--json", "--threads", threads]
    seconds, mib, result = run([options.warbler, "score", *files], folder)
    _, _, bench = run([options.warbler, "bench", "score", *files, "--runs", "1"], folder)
    errors = [result["words"]["errors"], result["characters"]["errors"]]
    if errors != [bench["word_errors"], bench["character_errors"]]:
        sys.exit("bench score does not count the errors of score")
    return {"process": seconds, "mib": mib, "scoring": bench["seconds"], "errors": errors}


def time_sclite(folder):
    files = ["-r", folder / "ref.trn", "trn", "-h", folder / "hyp.trn", "trn"]
    command = ["sctk", "sclite", *files, "-i", "rm", "-s", "-o", "sum", "stdout"]
    start = time.perf_counter()
    process = subprocess.Popen(list(map(str, command)), stdout=subprocess.DEVNULL)
    _, status, usage = os.wait4(process.pid, 0)
    if status != 0:
        sys.exit(f"{command}: exit status {status}")
    return {"process": time.perf_counter() - start, "mib": usage.ru_maxrss / 1024}


def table(title, folder, options, sclite):
    sides = [0, *options.threads]
    rows = []
    for round_number in range(options.rounds):
        for side in sides if round_number % 2 == 0 else sides[::-1]:
            rows.append({"case": title, "threads": side, "round": round_number, **measure(side, folder, options)})
            print(json.dumps(rows[-1]), file=sys.stderr, flush=True)
    others = [time_sclite(folder) for _ in range(options.rounds)] if sclite else []
    if len({tuple(row["errors"]) for row in rows}) != 1:
        sys.exit(f"{title}: the sides do not count the same errors")

    def of(side):
        return sorted((row for row in rows if row["threads"] == side), key=lambda row: row["round"])

    def median(rows, key):
        return statistics.median(row[key] for row in rows)

    peers = of(0)
    print(f"\n{title}: {rows[0]['errors'][0]:,} errors in words, {rows[0]['errors'][1]:,} in characters on each side\n")
    print("| | scoring | process | memory | jiwer / Warbler, scoring | process |\n|---|---|---|---|---|---|")
    print(f"| jiwer | {median(peers, 'scoring'):.2f} s ({median(peers, 'words'):.2f} words, {median(peers, 'characters'):.2f} "
          f"characters) | {median(peers, 'process'):.2f} s | {median(peers, 'mib'):.0f} MiB | | |")  # fmt: skip
    if others:
        first = of(options.threads[0])
        ratio = statistics.median(a["process"] / b["process"] for a, b in zip(others, first))
        print(f"| sclite, words alone | | {median(others, 'process'):.2f} s | {median(others, 'mib'):.0f} MiB | | {ratio:.1f} (sclite / Warbler, "
              f"{options.threads[0]} thread) |")  # fmt: skip
    for side in options.threads:
        ours = of(side)
        ratios = [statistics.median(a[key] / b[key] for a, b in zip(peers, ours)) for key in ("scoring", "process")]
        print(f"| Warbler, {side} thread{'s' if side > 1 else ''} | {median(ours, 'scoring'):.3f} s | {median(ours, 'process'):.2f} s "
              f"| {median(ours, 'mib'):.0f} MiB | {ratios[0]:.1f} | {ratios[1]:.1f} |")  # fmt: skip


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--work", type=pathlib.Path, required=True)
    parser.add_argument("--utterances", type=int, default=100_000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--threads", type=int, nargs="+", default=[1, 2])
    parser.add_argument("--warbler", type=pathlib.Path, default=HERE.parent.parent / ".build/release/warbler")
    parser.add_argument("--peer", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.peer:
        return time_jiwer(options.work)
    name = next((line.split(":", 1)[1].strip() for line in open("/proc/cpuinfo") if line.startswith("model name")), "")
    versions = [f"{package} {importlib.metadata.version(package)}" for package in ("jiwer", "rapidfuzz")]
    print(f"{name}, {os.cpu_count()} cores; {', '.join(versions)}")
    # In a process of its own, for the same reason.
    maker = multiprocessing.get_context("spawn").Process(target=make_files, args=(options.work, options.utterances))
    maker.start()
    maker.join()
    table(f"{options.utterances:,} utterances of 10 to 20 words", options.work / "short", options, shutil.which("sctk"))
    table("10 utterances of 10,000 words", options.work / "long", options, None)


if __name__ == "__main__":
    main()
