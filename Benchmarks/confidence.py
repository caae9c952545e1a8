#!/usr/bin/env python3
"""Which confidence tells right words from wrong ones: on decoded speech whose words are known.

    python3 Benchmarks/confidence.py MANIFEST... --model MODEL --decoder beam:width=50,lm=lm.bin,... [--measures frames entropy beam]

Decodes the manifests with each measure, aligns words with the references by edit distance, and prints for each measure:

    NCE         normalised cross-entropy (NIST): 1 - (cross-entropy of right and wrong under the confidences) / (that under the part
                of right words); 1 is perfect, 0 no better than knowing that part, negative misleading
    fitted NCE  the same of sigmoid(a logit(confidence) + b), a and b fitted on the other half of the utterances (odd and even): what
                the measure is worth once it is calibrated
    AUC         how often a right word has a higher confidence than a wrong one, ties counted half
    mean        mean confidence, beside the part of words that are right

and a reliability table: words by confidence in ten bins, how many there are and how many of them are right. Needs Python alone and
`.build/release/warbler`.
"""

import argparse
import json
import math
import pathlib
import subprocess
import sys

WARBLER = pathlib.Path(__file__).resolve().parent.parent / ".build/release/warbler"


def right_words(reference: list[str], hypothesis: list[str]) -> list[bool]:
    """Of each word of the hypothesis, whether a best alignment has its equal opposite."""
    rows = [list(range(len(hypothesis) + 1))]
    for i, x in enumerate(reference, 1):
        row = [i]
        for j, y in enumerate(hypothesis, 1):
            row.append(min(rows[-1][j] + 1, row[-1] + 1, rows[-1][j - 1] + (x != y)))
        rows.append(row)
    right = [False] * len(hypothesis)
    i, j = len(reference), len(hypothesis)
    while i and j:
        same = reference[i - 1] == hypothesis[j - 1]
        if rows[i][j] == rows[i - 1][j - 1] + (not same):
            right[j - 1] = same
            i, j = i - 1, j - 1
        elif rows[i][j] == rows[i - 1][j] + 1:
            i -= 1
        else:
            j -= 1
    return right


def clipped(p: float) -> float:
    return min(max(p, 1e-6), 1 - 1e-6)


def cross_entropy(pairs: list[tuple[float, bool]]) -> float:
    return -sum(math.log(clipped(p) if right else 1 - clipped(p)) for p, right in pairs)


def normalised(pairs: list[tuple[float, bool]]) -> float:
    part = sum(right for _, right in pairs) / len(pairs)
    return 1 - cross_entropy(pairs) / cross_entropy([(part, right) for _, right in pairs])


def sigmoid(x: float) -> float:
    return 1 / (1 + math.exp(-x)) if x >= 0 else math.exp(x) / (1 + math.exp(x))


def fitted(train: list[tuple[float, bool]], test: list[tuple[float, bool]]) -> list[tuple[float, bool]]:
    """Logistic regression on the logit, with a little ridge for separable data: Newton's method, steps halved until they gain."""
    points = [(math.log(clipped(p) / (1 - clipped(p))), right) for p, right in train]

    def loss(a: float, b: float) -> float:
        return cross_entropy([(sigmoid(a * x + b), right) for x, right in points]) + 0.01 * (a * a + b * b)

    a = b = 0.0
    for _ in range(50):
        ga, gb, haa, hab, hbb = -0.02 * a, -0.02 * b, 0.02, 0.0, 0.02
        for x, right in points:
            p = sigmoid(a * x + b)
            ga, gb = ga + (right - p) * x, gb + right - p
            weight = p * (1 - p)
            haa, hab, hbb = haa + weight * x * x, hab + weight * x, hbb + weight
        determinant = haa * hbb - hab * hab
        da, db = (hbb * ga - hab * gb) / determinant, (haa * gb - hab * ga) / determinant
        before = loss(a, b)
        while loss(a + da, b + db) > before and abs(da) + abs(db) > 1e-9:
            da, db = da / 2, db / 2
        a, b = a + da, b + db
    return [(sigmoid(a * math.log(clipped(p) / (1 - clipped(p))) + b), right) for p, right in test]


def area(pairs: list[tuple[float, bool]]) -> float:
    """By ranks (Mann and Whitney)."""
    ordered = sorted(pairs)
    ranks, start = 0.0, 0
    while start < len(ordered):
        end = start
        while end < len(ordered) and ordered[end][0] == ordered[start][0]:
            end += 1
        ranks += sum(right for _, right in ordered[start:end]) * (start + end + 1) / 2
        start = end
    right = sum(right for _, right in pairs)
    return (ranks - right * (right + 1) / 2) / (right * (len(pairs) - right))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("manifests", nargs="+", type=pathlib.Path)
    parser.add_argument("--model", type=pathlib.Path, required=True)
    parser.add_argument("--decoder", required=True)
    parser.add_argument("--measures", nargs="+", default=["frames", "entropy", "beam"])
    arguments = parser.parse_args()
    references = {}
    for manifest in arguments.manifests:
        for line in open(manifest, encoding="utf-8"):
            row = json.loads(line)
            references[row["id"]] = row["text"].lower().split()
    tables = {}
    print("| confidence | words | right | mean | NCE | fitted NCE | AUC |\n|---|---|---|---|---|---|---|")
    for measure in arguments.measures:
        command = [WARBLER, "decode", *arguments.manifests, "--model", arguments.model, "--no-store", "--format", "jsonl", "--quiet",
                   "--decoder", f"{arguments.decoder},confidence={measure}"]  # fmt: skip
        output = subprocess.run(command, check=True, capture_output=True, text=True).stdout
        halves = ([], [])
        for number, line in enumerate(output.splitlines()):
            row = json.loads(line)
            words = [word["word"].lower() for word in row["words"]]
            right = right_words(references[row["id"]], words)
            halves[number % 2].extend((word["confidence"], ok) for word, ok in zip(row["words"], right))
        pairs = halves[0] + halves[1]
        count = sum(ok for _, ok in pairs)
        if not 0 < count < len(pairs):
            sys.exit(f"{measure}: {count} of {len(pairs)} words are right, so that there is nothing to tell apart")
        calibrated = fitted(halves[0], halves[1]) + fitted(halves[1], halves[0])
        mean = sum(p for p, _ in pairs) / len(pairs)
        print(f"| {measure} | {len(pairs)} | {100 * count / len(pairs):.1f} % | {mean:.3f} | {normalised(pairs):.3f} "
              f"| {normalised(calibrated):.3f} | {area(pairs):.3f} |")  # fmt: skip
        tables[measure] = [[ok for p, ok in pairs if min(9, int(10 * p)) == bin] for bin in range(10)]
    print("\nRight of the words with a confidence in a tenth:\n\n| confidence | " + " | ".join(tables) + " |\n|" + "---|" * (len(tables) + 1))
    for bin in range(10):
        cells = [f"{100 * sum(t[bin]) / len(t[bin]):.0f} % of {len(t[bin])}" if t[bin] else "-" for t in tables.values()]
        print(f"| {bin / 10:.1f} to {(bin + 1) / 10:.1f} | " + " | ".join(cells) + " |")


if __name__ == "__main__":
    main()
