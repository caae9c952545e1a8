#!/usr/bin/env python3
"""Goldens of NIST's SCTK: significance tests of sc_stats on alignments of sclite, and rover's votes.

    apt-get install sctk
    python3 scripts/goldens/sctk.py --out Tests/EvaluationTests/Goldens

Texts are random words from a seed. `--cases N` makes more of them than are committed, to measure agreement on:

    python3 scripts/goldens/sctk.py --cases 2000 --seed 2 --out DIR

    versions.txt          what made them
    significance.json     cases of {reference, a, b: texts of utterances; steps_a, steps_b: sclite's alignments, C S D I;
                          segments, mean, z: of sc_stats -t mapsswe -v; mapsswe_p, mcnemar_p, mcnemar: of sc_stats -t std4 -u,
                          and how many utterances only a and only b has right}
    rover.json            cases of {systems: "word:confidence ..." by system and utterance, votes: [{method, alpha, null,
                          words: "word:confidence ..." by utterance}]}
"""

import argparse
import json
import pathlib
import random
import re
import subprocess
import tempfile


def run(folder, *command, stdin=None):
    return subprocess.run(
        ["sctk", *command], cwd=folder, input=stdin, stdout=subprocess.PIPE, stderr=subprocess.PIPE, check=True
    ).stdout.decode(errors="replace")


def corrupt(generator, words, vocabulary, rate):
    result = []
    for word in words:
        while generator.random() < rate / 3:
            result.append(generator.choice(vocabulary))
        draw = generator.random()
        if draw < rate / 3:
            continue
        result.append(generator.choice(vocabulary) if draw < rate else word)
    while generator.random() < rate / 3:
        result.append(generator.choice(vocabulary))
    return result


def alignments(sgml):
    """Of each system and utterance, the letters of the steps."""
    systems = []
    for system in sgml.split("<SYSTEM ")[1:]:
        paths = re.findall(r'<PATH id="\(u-(\d+)\)"[^>]*>\n(.*?)</PATH>', system, re.S)
        steps = {int(number): "".join(re.findall(r"(?:^|:)([CSDI]),", text.strip())) for number, text in paths}
        systems.append([steps[number] for number in sorted(steps)])
    return systems


def table(report, test):
    """The p that the composite report gives a test of the first two systems."""
    p = re.search(rf"\|\s+{test}\s+\|\|\s+a?\s+\|\s+\|\s*\S+\s+(<?)\s*(\d*\.\d+)", report)
    return 0.0 if p[1] else float(p[2])


def significance(generator, folder):
    vocabulary = list("abcdefghijklmnopqrstuvwxyz"[: generator.choice([3, 6, 26])])
    rate_a = generator.choice([0.03, 0.1, 0.2, 0.4])
    rate_b = rate_a * generator.choice([0.5, 1, 1, 1.5])
    utterances = generator.choice([1, 3, 10, 20, 60])
    reference = [[generator.choice(vocabulary) for _ in range(generator.randint(1, 12))] for _ in range(utterances)]
    a = b = reference
    # sc_stats ends with a segmentation fault where neither system errs.
    while a == reference and b == reference:
        a = [corrupt(generator, words, vocabulary, rate_a) for words in reference]
        b = [corrupt(generator, words, vocabulary, rate_b) for words in reference]
    for name, texts in (("r", reference), ("a", a), ("b", b)):
        lines = [f"{' '.join(words)} (u-{number:03d})\n" for number, words in enumerate(texts)]
        (folder / f"{name}.trn").write_text("".join(lines))
    sgml = run(folder, *"sclite -s -i rm -r r.trn trn -h a.trn trn a -h b.trn trn b -o sgml stdout -f 0".split())
    steps_a, steps_b = alignments(sgml)
    detail = run(folder, *"sc_stats -p -t mapsswe -v -n -".split(), stdin=sgml.encode())
    line = re.search(r"# segs: (\d+)\).*\(mean:\s*(\S+)\).*\(Z Stat:\s*(\S+)\)", detail)
    report = run(folder, *"sc_stats -p -t std4 -u -n -".split(), stdin=sgml.encode())
    wrong = [[set(steps) != {"C"} and steps != "" for steps in system] for system in (steps_a, steps_b)]
    return {
        "reference": [" ".join(words) for words in reference],
        "a": [" ".join(words) for words in a],
        "b": [" ".join(words) for words in b],
        "steps_a": steps_a,
        "steps_b": steps_b,
        "segments": int(line[1]),
        "mean": float(line[2]),
        "z": float(line[3]),
        "mapsswe_p": table(report, "MP"),
        "mcnemar_p": table(report, "MN"),
        "mcnemar": [
            sum(not x and y for x, y in zip(*wrong)),
            sum(x and not y for x, y in zip(*wrong)),
        ],
    }


VOTES = [
    ("meth1", 1.0, 0.0),
    ("meth1", 0.5, 0.3),
    ("maxconf", 0.2, 0.5),
    ("maxconf", 0.7, 0.0),
    ("avgconf", 0.4, 0.25),
    ("avgconf", 0.0, 0.7),
]


def rover(generator, folder):
    vocabulary = list("abcdefghijklmnopqrstuvwxyz"[: generator.choice([3, 6, 26])])
    rate = generator.choice([0.1, 0.3, 0.6])
    count = generator.choice([2, 3, 3, 4, 5])
    reference = [[generator.choice(vocabulary) for _ in range(generator.randint(1, 12))] for _ in range(5)]
    systems = []
    for system in range(count):
        texts = []
        for words in reference:
            text = []
            # rover cannot read a system without a word in a file.
            while not text:
                text = corrupt(generator, words, vocabulary, rate)
            # Of 1/64, so that sums are exact in any order.
            texts.append([(word, generator.randint(1, 64) / 64) for word in text])
        systems.append([" ".join(f"{word}:{confidence}" for word, confidence in text) for text in texts])
        # Words without gaps, so that there is no silence to cut at.
        lines = [
            f"f{number:03d} 1 {index * 0.5:.2f} 0.50 {word} {confidence:.6f}\n"
            for number, text in enumerate(texts)
            for index, (word, confidence) in enumerate(text)
        ]
        # rover forgets the last file where all systems have a single word in it.
        lines += ["last 1 0.00 0.50 a 0.5\n", "last 1 0.50 0.50 a 0.5\n"]
        (folder / f"{system}.ctm").write_text("".join(lines))
    inputs = [part for system in range(count) for part in ("-h", f"{system}.ctm", "ctm")]
    votes = []
    for method, alpha, null in VOTES:
        run(folder, "rover", "-s", *inputs, "-o", "out.ctm", "-m", method, "-a", str(alpha), "-c", str(null), "-f", "0")
        words = [[] for _ in reference]
        for line in (folder / "out.ctm").read_text().splitlines():
            name, _, _, _, word, confidence = line.split()
            if name != "last":
                words[int(name[1:])].append(f"{word}:{float(confidence)}")
        votes.append({"method": method, "alpha": alpha, "null": null, "words": [" ".join(text) for text in words]})
    return {"systems": systems, "votes": votes}


def write(path, cases):
    path.write_text("[\n" + ",\n".join(json.dumps(case, separators=(",", ":")) for case in cases) + "\n]\n")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=pathlib.Path, required=True)
    parser.add_argument("--cases", type=int, default=80, help="of significance; half as many of rover")
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    options.out.mkdir(parents=True, exist_ok=True)
    version = subprocess.run(["dpkg-query", "-W", "sctk"], stdout=subprocess.PIPE, text=True).stdout.strip()
    (options.out / "versions.txt").write_text(
        f"Debian {version.replace(chr(9), ' ')}\nscripts/goldens/sctk.py --cases {options.cases} --seed {options.seed}\n"
    )
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        for test, cases in ((significance, options.cases), (rover, options.cases // 2)):
            generator = random.Random(options.seed)
            write(options.out / f"{test.__name__}.json", [test(generator, folder) for _ in range(cases)])


if __name__ == "__main__":
    main()
