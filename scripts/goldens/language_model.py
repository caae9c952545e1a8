#!/usr/bin/env python3
"""Goldens of n-gram models: what KenLM makes of random sentences and of its states.

    python3 scripts/goldens/language_model.py --out Tests/LanguageModelTests/Goldens

Needs kenlm, whose version stands in versions.txt. Models are random, of orders 2 to 5: n-grams out of random sentences over
30 words, random probabilities and back-offs (some 0, some missing), not normalised, since scores do not ask for it. `holes`
lacks a third of the suffixes that its n-grams need, as pruned models of SRILM do; `nounk` lacks <unk>.

NAME.arpa is the model (`order4.arpa.gz` gzip'd). NAME.tsv has a line for each sentence:
  words         separated by spaces; some are unknown
  bos, eos      1 or 0: whether it begins behind <s>, and ends with </s>
  total         log10 P
  scores        log10 P of each word and of </s>
  states        of each word, a number of KenLM's state behind it: equal numbers are equal states
"""

import argparse
import gzip
import importlib.metadata
import pathlib
import random

import kenlm

WORDS = ["a", "b", "ab", "don't", "été", "日本", "0", "x-y", "<hes>", "A"] + [f"w{i}" for i in range(20)]
SENTENCES = 60


def random_sentence(generator, words, length):
    weights = [1 / (rank + 2) for rank in range(len(words))]
    return generator.choices(words, weights, k=length)


def write_model(path, order, generator, unknown=True, holes=0.0):
    ngrams = [set() for _ in range(order + 1)]
    for _ in range(40):
        tokens = ["<s>", *random_sentence(generator, WORDS, generator.randint(1, 9)), "</s>"]
        for n in range(2, order + 1):
            ngrams[n].update(tuple(tokens[i : i + n]) for i in range(len(tokens) - n + 1))
    ngrams[1] = {(word,) for word in [*WORDS, "<s>", "</s>"] + ["<unk>"] * unknown}
    # Contexts with the unknown word, which few models have but all may.
    if unknown:
        ngrams[2].update({("<unk>", "a"), ("b", "<unk>")})
    contexts = {gram[:-1] for n in range(2, order + 1) for gram in ngrams[n]}
    for n in range(2, order):
        suffixes = {gram[1:] for gram in ngrams[n + 1]} - contexts
        ngrams[n] -= {gram for gram in sorted(suffixes) if generator.random() < holes}
    lines = ["\\data\\"] + [f"ngram {n}={len(ngrams[n])}" for n in range(1, order + 1)]
    for n in range(1, order + 1):
        lines += ["", f"\\{n}-grams:"]
        for gram in generator.sample(sorted(ngrams[n]), len(ngrams[n])):
            line = f"{-99 if gram == ('<s>',) else round(-generator.uniform(0.01, 4), 6)}\t{' '.join(gram)}"
            if n < order and gram[-1] != "</s>":
                kind = generator.random()
                line += "" if kind < 0.4 else "\t0" if kind < 0.5 else f"\t{generator.uniform(-1.5, 0.2):.6f}"
            lines.append(line)
    text = "\n".join([*lines, "", "\\end\\", ""]).encode()
    if path.suffix == ".gz":
        path.write_bytes(gzip.compress(text, mtime=0))
    else:
        path.write_bytes(text)


def sentences(generator):
    for index in range(SENTENCES):
        words = random_sentence(generator, WORDS, generator.randint(0, 12))
        words = [generator.choice(["unknown", "W1", "<x>"]) if generator.random() < 0.1 else word for word in words]
        yield words, index % 4 != 0, index % 5 != 0


def write_scores(model, path, generator):
    classes, rows = {}, []
    for words, bos, eos in sentences(generator):
        text = " ".join(words)
        scores = [score for score, _, _ in model.full_scores(text, bos=bos, eos=eos)]
        state, states = kenlm.State(), []
        if bos:
            model.BeginSentenceWrite(state)
        else:
            model.NullContextWrite(state)
        for word in words:
            following = kenlm.State()
            model.BaseScore(state, word, following)
            states.append(classes.setdefault(following, len(classes)))
            state = following
        rows.append([
            text, int(bos), int(eos), repr(model.score(text, bos=bos, eos=eos)), " ".join(map(repr, scores)),
            " ".join(map(str, states)),
        ])  # fmt: skip
    path.write_text("".join("\t".join(map(str, row)) + "\n" for row in rows))


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=pathlib.Path, required=True)
    out = parser.parse_args().out
    out.mkdir(parents=True, exist_ok=True)
    cases = {
        "order2.arpa": {"order": 2}, "order3.arpa": {"order": 3}, "order4.arpa.gz": {"order": 4}, "order5.arpa": {"order": 5},
        "holes.arpa": {"order": 4, "holes": 0.33}, "nounk.arpa": {"order": 3, "unknown": False},
    }  # fmt: skip
    for seed, (name, settings) in enumerate(cases.items()):
        generator = random.Random(seed)
        write_model(out / name, generator=generator, **settings)
        write_scores(kenlm.Model(str(out / name)), out / (name.split(".")[0] + ".tsv"), generator)
    (out / "versions.txt").write_text(f"kenlm {importlib.metadata.version('kenlm')}\n")


if __name__ == "__main__":
    main()
