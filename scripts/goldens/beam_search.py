#!/usr/bin/env python3
"""Goldens of beam search: every text that flashlight-text's lexicon decoder finds in random emissions, with its scores.

    python3 scripts/goldens/beam_search.py --out Tests/BeamSearchTests/Goldens

Needs flashlight-text and kenlm, whose versions stand in the file. The last frame of each case is the delimiter: flashlight keeps
no text that ends within a word, and Warbler needs no delimiter there. Nothing is pruned: its beam holds every hypothesis. It keeps
a text's paths that end in a blank apart from those that do not, and its spellings apart: their scores are added up here. Its
language-model weight is per log10; the weight in the file is per natural logarithm.
"""

import argparse
import importlib.metadata
import json
import math
import pathlib
import random

from flashlight.lib.text import decoder as fl
from flashlight.lib.text.decoder.kenlm import KenLM
from flashlight.lib.text.dictionary import create_word_dict

MODEL = pathlib.Path(__file__).resolve().parent.parent.parent / "Tests/LanguageModelTests/Goldens/order3.arpa"
TOKENS = ["<pad>", "a", "b", "A", "0", "x", "-", "y", "|"]
# Several spellings of a word, several words of one spelling, words inside another, repeated tokens. Each ends with the delimiter.
LEXICON = {"a": ["a"], "w0": ["a", "ay"], "b": ["b"], "ab": ["ab"], "A": ["A"], "0": ["0", "Ab"], "x-y": ["x-y", "xy", "xx"]}
# T, logits' deviation, language-model weight, word score.
CASES = [(2, 2, 0.5, 0), (5, 1, 0, 0), (6, 1, 1, 0), (7, 2, 0.7, 1.5), (7, 3, 1.5, -1), (8, 4, 0.4, 2.5)]


def decoder(weight, word_score):
    silence = TOKENS.index("|")
    words = create_word_dict({**{word: [] for word in LEXICON}, "<unk>": []})
    model = KenLM(str(MODEL), words)
    trie = fl.Trie(len(TOKENS), silence)
    for word, spellings in LEXICON.items():
        for spelling in spellings:
            trie.insert([TOKENS.index(token) for token in spelling + "|"], words.get_index(word), 0.0)
    trie.smear(fl.SmearingMode.MAX)
    options = fl.LexiconDecoderOptions(
        beam_size=1_000_000, beam_size_token=len(TOKENS), beam_threshold=1e9, lm_weight=weight * math.log(10),
        word_score=word_score, unk_score=-math.inf, sil_score=0.0, log_add=True, criterion_type=fl.CriterionType.CTC)  # fmt: skip
    made = fl.LexiconDecoder(options, trie, model, silence, 0, words.get_index("<unk>"), [], False)
    return made, words, (model, trie)


def main():
    import numpy

    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=pathlib.Path, required=True)
    out = parser.parse_args().out
    out.mkdir(parents=True, exist_ok=True)
    cases = []
    for seed, (frames, deviation, weight, word_score) in enumerate(CASES):
        generator = random.Random(seed)
        rows = [[round(generator.gauss(0, deviation), 4) for _ in TOKENS] for _ in range(frames)]
        rows[-1] = [-1e6] * (len(TOKENS) - 1) + [0.0]
        logits = numpy.array(rows)
        emissions = (logits - numpy.logaddexp.reduce(logits, axis=1, keepdims=True)).astype(numpy.float32)
        made, words, kept = decoder(weight, word_score)
        totals = {}
        for result in made.decode(emissions.ctypes.data, *emissions.shape):
            if result.score < -1e5:
                continue
            text = " ".join(words.get_entry(word) for word in result.words if word >= 0)
            totals[text] = numpy.logaddexp(totals.get(text, -math.inf), result.score)
        ranked = sorted(totals.items(), key=lambda item: -item[1])
        print(frames, len(ranked), ranked[:3])
        cases.append({
            "logits": rows, "lm_weight": weight, "word_score": word_score, "texts": len(ranked),
            "best": [{"text": text, "score": round(float(score), 6)} for text, score in ranked[:40]],
        })  # fmt: skip
    packages = ("flashlight-text", "kenlm", "numpy")
    golden = {
        "versions": {name: importlib.metadata.version(name) for name in packages}, "tokens": TOKENS,
        "lexicon": {word: [list(spelling + "|") for spelling in spellings] for word, spellings in LEXICON.items()}, "cases": cases,
    }  # fmt: skip
    (out / "flashlight.json").write_text(json.dumps(golden, ensure_ascii=False) + "\n")


if __name__ == "__main__":
    main()
