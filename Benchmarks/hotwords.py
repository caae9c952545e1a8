#!/usr/bin/env python3
"""What hotwords cost a beam search: the same emissions with 10,000 phrases and with none, in turn.

    python3 Benchmarks/hotwords.py --work DIR --text SENTENCES [--phrases 10000] [--rounds 5]

DIR is that of decoding.py (its emissions, language model and lexicon); SENTENCES its text, out of whose held-out end, which the
emissions say, and the rest half the phrases each are taken: one to three words in a row, weights 1 to 5. A time is the median over
utterances of `bench decode`, one thread, a cell the median over rounds, the ratio that of the ratios of a round. Needs Python alone
and `.build/release/warbler`.
"""

import argparse
import json
import pathlib
import random
import statistics
import subprocess

WARBLER = pathlib.Path(__file__).resolve().parent.parent / ".build/release/warbler"
DECODERS = {
    "no LM, width 50": "beam:width=50",
    "no LM, width 100": "beam:width=100",
    "lexicon + 3-gram, width 50": "beam:width=50,lexicon={work}/lexicon.txt,lm={work}/lm.arpa,lm-weight=0.5,word-score=1.5,case=fold",
    "3-gram, no lexicon, width 100": "beam:width=100,lm={work}/lm.arpa,lm-weight=0.5,word-score=1.5,unk-token-score=-0.6,case=fold",
}


def phrases(sentences, count, generator):
    """Distinct phrases of letters and apostrophes, half of them out of what the emissions are made of."""
    chosen = set()
    for part, size in ((sentences[-2000:], count // 2), (sentences[:-2000], count)):
        while len(chosen) < size:
            words = generator.choice(part).split()
            start, length = generator.randrange(len(words)), generator.randint(1, 3)
            phrase = " ".join(words[start : start + length]).upper()
            if phrase.replace("'", "").replace(" ", "").isalpha() and phrase.isascii():
                chosen.add(phrase)
    return sorted(chosen)


def seconds(work, decoder):
    command = [WARBLER, "bench", "decode", *sorted((work / "test").glob("*.npy")), "--vocab", work / "vocab.json",
               "--decoder", decoder, "--runs", "1", "--json"]  # fmt: skip
    return json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)["seconds_median"]


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--work", type=pathlib.Path, required=True)
    parser.add_argument("--text", type=pathlib.Path, required=True)
    parser.add_argument("--phrases", type=int, default=10_000)
    parser.add_argument("--rounds", type=int, default=5)
    options = parser.parse_args()
    generator = random.Random(1)
    sentences = [line.strip() for line in options.text.read_text(encoding="utf-8").splitlines() if line.strip()]
    file = options.work / "hotwords.txt"
    chosen = phrases(sentences, options.phrases, generator)
    file.write_text("".join(f"{phrase}\t{generator.uniform(1, 5):.2f}\n" for phrase in chosen))
    print(f"{len(chosen)} phrases, {options.rounds} rounds\n\n| setting | none, ms | hotwords, ms | ratio |\n|---|---|---|---|", flush=True)
    for setting, decoder in DECODERS.items():
        decoder = decoder.format(work=options.work)
        rounds = [(seconds(options.work, decoder), seconds(options.work, f"{decoder},hotwords={file}")) for _ in range(options.rounds)]
        none, with_hotwords = (1000 * statistics.median(times) for times in zip(*rounds))
        ratio = statistics.median(b / a for a, b in rounds)
        print(f"| {setting} | {none:.2f} | {with_hotwords:.2f} | {ratio:.2f} |", flush=True)


if __name__ == "__main__":
    main()
