#!/usr/bin/env python3
"""How well `warbler corpus audit` finds wrong texts: planted in a real corpus, at random, in a known place.

    python3 Benchmarks/label_errors.py MANIFEST --model MODEL... [--decoder DECODER...] [--part 0.05] [--seeds 1 2 3] [--kinds swap word]

Plants errors in a part of the rows: `swap` (two rows have each other's text), `word` (a word is replaced by another of the corpus,
left out, or one is added), and ranks all rows by each measure. N is the number of planted errors. Prints for each kind and measure:

    precision at N     the part of the first N that were planted, mean over the seeds; at chance it is the part planted
    at N/2, at 2N      likewise (at 2N at most 0.5)
    average precision  over the whole ranking

Needs Python alone and `.build/release/warbler`.
"""

import argparse
import json
import pathlib
import random
import statistics
import subprocess
import tempfile

WARBLER = pathlib.Path(__file__).resolve().parent.parent / ".build/release/warbler"
MEASURES = ["loss", "margin", "disagreement", "alignment"]


def wrong_word(text, words, generator):
    parts = text.split()
    place = generator.randrange(len(parts))
    kind = generator.choice(["replace", "drop", "add"] if len(parts) > 1 else ["replace", "add"])
    if kind == "drop":
        del parts[place]
    elif kind == "add":
        parts.insert(place, generator.choice(words))
    else:
        parts[place] = generator.choice([w for w in words if w != parts[place]])
    return " ".join(parts)


def plant(rows, kind, part, seed):
    """The rows with errors in them, and the ids of those that have one."""
    generator = random.Random(seed)
    rows = [dict(row) for row in rows]
    chosen = generator.sample(range(len(rows)), 2 * round(part * len(rows) / 2))
    if kind == "swap":
        for a, b in zip(chosen[::2], chosen[1::2]):
            rows[a]["text"], rows[b]["text"] = rows[b]["text"], rows[a]["text"]
        chosen = [i for i, j in zip(chosen, [j for a, b in zip(chosen[::2], chosen[1::2]) for j in (b, a)])
                  if rows[i]["text"] != rows[j]["text"]]  # fmt: skip
    else:
        words = sorted({word for row in rows for word in row["text"].split()})
        for i in chosen:
            rows[i]["text"] = wrong_word(rows[i]["text"], words, generator)
    return rows, {rows[i]["id"] for i in chosen}


def precision(ranking, planted, count):
    return sum(i in planted for i in ranking[:count]) / count


def average_precision(ranking, planted):
    hits, total = 0, 0.0
    for place, i in enumerate(ranking, 1):
        if i in planted:
            hits += 1
            total += hits / place
    return total / len(planted)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("manifest", type=pathlib.Path)
    parser.add_argument("--model", nargs="+", required=True)
    parser.add_argument("--decoder", nargs="+", default=["greedy"])
    parser.add_argument("--part", type=float, default=0.05)
    parser.add_argument("--seeds", nargs="+", type=int, default=[1, 2, 3])
    parser.add_argument("--kinds", nargs="+", choices=["swap", "word"], default=["swap", "word"])
    options = parser.parse_args()
    rows = [json.loads(line) for line in options.manifest.read_text(encoding="utf-8").splitlines() if line.strip()]
    for row in rows:
        row["audio_filepath"] = str((options.manifest.parent / row["audio_filepath"]).resolve())
        row.setdefault("id", row["audio_filepath"])
    rows = [row for row in rows if row.get("text", "").split()]
    print("| errors | measure | N of rows | precision at N | at N/2 | at 2N | average precision |\n|---|---|---|---|---|---|---|")
    for kind in options.kinds:
        figures = {measure: [] for measure in MEASURES}
        for seed in options.seeds:
            changed, planted = plant(rows, kind, options.part, seed)
            with tempfile.NamedTemporaryFile("w", suffix=".jsonl", encoding="utf-8") as file:
                file.write("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in changed))
                file.flush()
                command = [WARBLER, "corpus", "audit", file.name, "--top", "0", "--json", "--quiet"]
                command += [x for model in options.model for x in ("--model", model)]
                command += [x for decoder in options.decoder for x in ("--decoder", decoder)]
                found = subprocess.run(command, stdout=subprocess.PIPE, text=True).stdout
            found = [json.loads(line) for line in found.splitlines()]
            for measure in MEASURES:
                # null: no path says the text.
                ranking = [r["id"] for r in sorted(found, key=lambda r: -(float("inf") if r[measure] is None else r[measure]))]
                n = len(planted)
                figures[measure].append(
                    [precision(ranking, planted, n), precision(ranking, planted, n // 2), precision(ranking, planted, 2 * n),
                     average_precision(ranking, planted)])  # fmt: skip
        for measure in MEASURES:
            means = [f"{statistics.mean(values):.2f}" for values in zip(*figures[measure])]
            print(f"| {kind} | {measure} | {len(planted)} of {len(rows)} | {' | '.join(means)} |", flush=True)


if __name__ == "__main__":
    main()
