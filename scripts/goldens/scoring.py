#!/usr/bin/env python3
"""Goldens of alignments: what NIST's sclite and jiwer make of random and adversarial pairs.

    apt-get install sctk
    pip install -r scripts/goldens/requirements.txt
    python3 scripts/goldens/scoring.py

Writes Tests/EvaluationTests/Goldens/: pairs.tsv (reference, hypothesis, sclite's steps, jiwer's steps), graphs.tsv
(reference with alternatives and optional words, hypothesis, sclite's steps), timed.stm, timed.ctm and timed.tsv (a
segment's speaker, file, channel, begin, sclite's steps), chinese.tsv (reference, hypothesis, steps of sclite -c NOASCII)
and scoring.json (versions and seeds). Steps are a letter each: C, S, D, I, and O for an
optional word that is left out, which sclite calls C. sclite is told to mind the case (-s) and
optional words (-D), and reads a word's last `*` and what follows `;` as marks, so that no word here has them.
"""

import json
import pathlib
import random
import re
import subprocess
import tempfile

import jiwer
import rapidfuzz

GOLDENS = pathlib.Path(__file__).resolve().parents[2] / "Tests/EvaluationTests/Goldens"
SEED = 6


def sclite(folder, *arguments):
    """The paths of sclite's SGML report: [(attributes, steps)]."""
    subprocess.run(["sctk", "sclite", *map(str, arguments), "-O", folder, "-n", "out", "-o", "sgml"], check=True,
                   stdout=subprocess.DEVNULL)  # fmt: skip
    text = (pathlib.Path(folder) / "out.sgml").read_text(encoding="utf-8")
    paths = []
    for match in re.finditer(r"<PATH ([^\n]*)>\n(.*?)</PATH>", text, re.S):
        attributes = dict(re.findall(r'(\w+)="([^"]*)"', match[1]))
        steps = "".join(
            "O" if step == "C" and not hypothesis else step
            for step, hypothesis in re.findall(r'(?:^|:)([CSDI]),(?:"[^"]*")?,(?:"([^"]*)")?', match[2].strip())
        )
        paths.append((attributes, steps))
    return paths


def sclite_steps(pairs, *options):
    with tempfile.TemporaryDirectory() as folder:
        for name, side in (("ref", 0), ("hyp", 1)):
            lines = [f"{pair[side]} (s-{number:05d})\n" for number, pair in enumerate(pairs)]
            (pathlib.Path(folder) / f"{name}.trn").write_text("".join(lines), encoding="utf-8")
        paths = sclite(folder, "-s", "-D", *options, "-i", "spu_id", "-r", f"{folder}/ref.trn", "trn", "-h",
                       f"{folder}/hyp.trn", "trn")  # fmt: skip
    steps = {attributes["id"].lower(): steps for attributes, steps in paths}
    return [steps[f"(s-{number:05d})"] for number in range(len(pairs))]


def jiwer_steps(pair):
    letters = {"equal": "C", "substitute": "S", "replace": "S", "delete": "D", "insert": "I"}
    chunks = jiwer.process_words([pair[0]], [pair[1]]).alignments[0]
    return "".join(
        letters[c.type] * max(c.ref_end_idx - c.ref_start_idx, c.hyp_end_idx - c.hyp_start_idx) for c in chunks
    )


def changed(words, rate, letters, rng):
    result = []
    for word in words:
        u = rng.random() / rate
        if u < 0.4:
            result.append(rng.choice(letters))
        elif u < 0.7:
            pass
        elif u < 1:
            result += [word, rng.choice(letters)]
        else:
            result.append(word)
    return result


def make_pairs(rng):
    pairs = [("", ""), ("a", ""), ("", "a"), ("a a a a", "a a"), ("a a", "a a a a a"), ("a b a b a b", "b a b a b a")]
    for size, length, number in ((2, 6, 400), (3, 10, 900), (5, 16, 700), (26, 24, 500), (3, 30, 300), (2, 80, 60)):
        letters = "abcdefghijklmnopqrstuvwxyz"[:size]
        for _ in range(number):
            words = [rng.choice(letters) for _ in range(rng.randint(0, length))]
            other = [rng.choice(letters) for _ in range(rng.randint(0, length))]
            pairs.append((" ".join(words), " ".join(other if rng.random() < 0.4 else changed(words, 0.5, letters, rng))))
    for size, length, rate in ((26, 300, 0.3), (4, 300, 0.6), (26, 700, 0.2), (2, 400, 1), (26, 900, 0.9)):
        letters = "abcdefghijklmnopqrstuvwxyz"[:size]
        words = [rng.choice(letters) for _ in range(length)]
        pairs.append((" ".join(words), " ".join(changed(words, rate, letters, rng))))
    return pairs


def make_graph(rng, letters, depth=0):
    """A reference in sclite's notation and one of its readings."""
    text, reading = [], []
    for _ in range(rng.randint(0 if depth == 0 else 1, 7 if depth == 0 else 3)):
        u = rng.random()
        word = rng.choice(letters)
        if u < 0.15:
            text.append(f"({word})")
            reading += [word] if rng.random() < 0.5 else []
        elif u < 0.4 and depth < 2:
            parts = [make_graph(rng, letters, depth + 1) for _ in range(rng.randint(2, 3))]
            if rng.random() < 0.4:
                parts[rng.randrange(len(parts))] = ("@", [])
            text.append("{ " + " / ".join(part[0] for part in parts) + " }")
            reading += rng.choice(parts)[1]
        else:
            text.append(word)
            reading.append(word)
    return " ".join(text), reading


def make_graphs(rng):
    pairs = [("{ a / b c / @ }", "b c"), ("{a/b c/@} (d)", ""), ("(a) (b)", "b"), ("{ a / b } { a / b }", "b")]
    for number in range(2000):
        letters = "abcde"[: rng.randint(2, 5)]
        text, reading = make_graph(rng, letters)
        pairs.append((text, " ".join(changed(reading, rng.choice((0.2, 0.6)), letters, rng))))
    return pairs


def make_timed(rng, folder):
    """STM segments with gaps, overlapping ends and ignored ones, and CTM words whose times are unsteady."""
    stm, ctm = [";; made by scripts/goldens/scoring.py\n"], [";; made by scripts/goldens/scoring.py\n"]
    for file in ("f1", "f2", "f3"):
        for channel in ("1", "2"):
            time, words = 0.0, []
            for segment in range(12):
                begin = round(time + rng.choice((0, 0, 0.5)), 2)
                text = [rng.choice("abcdef") for _ in range(rng.randint(1, 6))]
                end = round(begin + 0.5 * len(text), 2)
                is_ignored = rng.random() < 0.1
                written = "IGNORE_TIME_SEGMENT_IN_SCORING" if is_ignored else " ".join(text)
                stm.append(f"{file} {channel} spk{rng.randint(1, 3)} {begin:.2f} {end:.2f} <o,f{rng.randint(0, 1)}> {written}\n")
                for place, word in enumerate(changed(text, 0.3, "abcdef", rng)):
                    start = max(0, begin + 0.5 * place + rng.uniform(-0.4, 0.4))
                    words.append((round(start, 2), round(rng.uniform(0.1, 0.6), 2), word))
                time = end
            ctm += [f"{file} {channel} {start:.2f} {length:.2f} {word} 0.5\n" for start, length, word in sorted(words)]
    (folder / "timed.stm").write_text("".join(stm))
    (folder / "timed.ctm").write_text("".join(ctm))


def make_chinese(rng):
    pairs = []
    for _ in range(200):
        words = [rng.choice("你好世界天地人") if rng.random() < 0.8 else rng.choice(("ok", "no")) for _ in range(rng.randint(1, 14))]
        other = changed(words, 0.4, ["你", "界", "ok"], rng)
        pairs.append(tuple(re.sub(r" (?=[^a-z])|(?<=[^a-z]) ", lambda m: rng.choice(("", " ")), " ".join(side)) for side in (words, other)))
    return pairs


def main():
    GOLDENS.mkdir(exist_ok=True)
    rng = random.Random(SEED)
    pairs = make_pairs(rng)
    rows = zip(pairs, sclite_steps(pairs), map(jiwer_steps, pairs))
    (GOLDENS / "pairs.tsv").write_text("".join(f"{a}\t{b}\t{s}\t{j}\n" for (a, b), s, j in rows))
    graphs = make_graphs(rng)
    (GOLDENS / "graphs.tsv").write_text("".join(f"{a}\t{b}\t{s}\n" for (a, b), s in zip(graphs, sclite_steps(graphs))))
    make_timed(rng, GOLDENS)
    with tempfile.TemporaryDirectory() as folder:
        paths = sclite(folder, "-s", "-D", "-r", GOLDENS / "timed.stm", "stm", "-h", GOLDENS / "timed.ctm", "ctm")
    lines = [f"{a['file']}\t{a['channel']}\t{float(a['R_T1']):.2f}\t{s}\n" for a, s in paths]
    (GOLDENS / "timed.tsv").write_text("".join(sorted(lines)))
    chinese = make_chinese(rng)
    steps = sclite_steps(chinese, "-c", "NOASCII", "-e", "utf-8")
    (GOLDENS / "chinese.tsv").write_text("".join(f"{a}\t{b}\t{s}\n" for (a, b), s in zip(chinese, steps)))
    banner = subprocess.run(["sctk", "sclite"], capture_output=True, text=True)
    version = re.search(r"sclite Version: .*", banner.stdout + banner.stderr)[0]
    package = subprocess.run(["dpkg-query", "-W", "-f", "${Version}", "sctk"], capture_output=True, text=True).stdout
    versions = {"seed": SEED, "sclite": version, "sctk": package, "jiwer": "4.0.0", "rapidfuzz": rapidfuzz.__version__}
    versions["jiwer"] = __import__("importlib.metadata", fromlist=["version"]).version("jiwer")
    (GOLDENS / "scoring.json").write_text(json.dumps(versions, indent=2) + "\n")


if __name__ == "__main__":
    main()
