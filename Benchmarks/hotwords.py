#!/usr/bin/env python3
"""What hotwords cost a beam search: the same emissions with none, with 10,000 rare phrases and with 10,000 common ones, in turn.

    python3 Benchmarks/hotwords.py --work DIR --text SENTENCES [--phrases 10000] [--rounds 5]

DIR is that of decoding.py (its emissions, language model and lexicon), SENTENCES its text. Phrases are one to three words in a row,
distinct, weights 1 to 5. Rare ones, as names and terms are, have a word that the text has at most twice. Common ones are any, half of
them out of the held-out end of the text, which the emissions say: nearly every word of the speech is one of them. A time is the median over
utterances of `bench decode`, one thread, a cell the median over rounds, the ratio that of the ratios of a round. Needs Python alone
and `.build/release/warbler`.
"""

import argparse
import collections
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


def phrases(sentences, count, generator, is_wanted=lambda words: True):
    chosen = set()
    while len(chosen) < count:
        words = generator.choice(sentences).split()
        start, length = generator.randrange(len(words)), generator.randint(1, 3)
        words = words[start : start + length]
        phrase = " ".join(words).upper()
        if phrase.replace("'", "").replace(" ", "").isalpha() and phrase.isascii() and is_wanted(words):
            chosen.add(phrase)
    return chosen


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
    counts = collections.Counter(word for sentence in sentences for word in sentence.split())
    half = options.phrases // 2
    lists = {
        "rare": phrases(sentences, options.phrases, generator, lambda words: any(counts[word] <= 2 for word in words)),
        "common": phrases(sentences[-2000:], half, generator),
    }
    while len(lists["common"]) < options.phrases:
        lists["common"] |= phrases(sentences[:-2000], 1, generator)
    for name, chosen in lists.items():
        text = "".join(f"{phrase}\t{generator.uniform(1, 5):.2f}\n" for phrase in sorted(chosen))
        (options.work / f"{name}.txt").write_text(text)
    print(f"{options.phrases} phrases, {options.rounds} rounds\n\n| setting | none, ms | rare, ms | ratio | common, ms | ratio |")
    print("|---|---|---|---|---|---|", flush=True)
    for setting, decoder in DECODERS.items():
        decoder = decoder.format(work=options.work)
        files = ["", *(f",hotwords={options.work}/{name}.txt" for name in lists)]
        rounds = [[seconds(options.work, decoder + file) for file in files] for _ in range(options.rounds)]
        none, *times = (1000 * statistics.median(times) for times in zip(*rounds))
        ratios = [statistics.median(times[i] / times[0] for times in rounds) for i in (1, 2)]
        cells = " | ".join(f"{time:.2f} | {ratio:.2f}" for time, ratio in zip(times, ratios))
        print(f"| {setting} | {none:.2f} | {cells} |", flush=True)


if __name__ == "__main__":
    main()
