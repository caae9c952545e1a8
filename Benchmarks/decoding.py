#!/usr/bin/env python3
"""Decoders over the same emissions: Warbler beside NumPy, flashlight-text, pyctcdecode and fast-ctc-decode, one thread.

    venv/bin/python Benchmarks/decoding.py --text SENTENCES --work DIR [--rounds 3] [--utterances 100]

SENTENCES holds a sentence a line, in lower case. The last 2,000 become emissions (T = 500, V = 32, fixed seed): most frames blank
and sure, one letter in twenty confused with a similar one. All but these make the language model (`warbler lm build --order 3`)
and the lexicon, which every side reads. Each side's language-model weight and word score are those of the least WER over one grid, on
utterances of their own (--tuning), the side's own decoder at the setting's width. Without a lexicon each side's price of an unknown
word is tuned with them, three values each: pyctcdecode's `unk_score_offset` (log10, times the weight), Warbler's `unk-token-score`.

Behind it stands how good the searches are for one objective: the mean score of the best hypothesis, weights 0.5 and 1.5, natural logarithm, of
flashlight and of Warbler. Both add up the paths that they find, so that the higher one has searched better.

The texts that are timed are kept, DIR/SIDE.jsonl, with their references, DIR/reference.jsonl: `warbler compare --rules basic --ref ...`
tells which differences are chance.

A round times every side once, one process each, in turn; a side's time is the median over utterances, a cell the median over rounds.
Prints the table. WER is on the utterances that are timed.
"""

import argparse
import importlib.metadata
import json
import os
import pathlib
import statistics
import subprocess
import sys
import time

WARBLER = pathlib.Path(__file__).resolve().parent.parent / ".build/release/warbler"
TOKENS = ["<pad>", "<s>", "</s>", "<unk>", "|", *"ETAONIHSRDLUMWCFGYPBVK'XJQZ"]
# Letters that are taken for each other.
SIMILAR = {
    "A": "EOU", "E": "AI", "I": "EY", "O": "AU", "U": "OA", "T": "DP", "D": "TB", "S": "ZC", "Z": "S", "C": "KS", "K": "CG",
    "G": "KJ", "J": "G", "M": "N", "N": "M", "P": "BT", "B": "PD", "F": "V", "V": "F", "R": "LW", "L": "RW", "W": "RU", "Y": "IE",
    "H": "|", "X": "S", "Q": "K", "'": "|", "|": "H'",
}  # fmt: skip
WEIGHTS = [(weight, word) for weight in (0.25, 0.5, 1.0, 1.5) for word in (0.0, 1.5, 3.0)]
# Where words outside the language model may be said: each side's price of one.
UNKNOWN = {"pyctcdecode-lm": (-10.0, -5.0, -2.0), "warbler-lm": (-1.2, -0.6, -0.3)}
# Setting: its sides. A side is a peer with its settings, or a DECODER of Warbler's.
SETTINGS = {
    "greedy": ["numpy", "warbler:greedy"],
    "no LM, width 50": ["flashlight:50", "flashlight:50:10", "fast-ctc-decode:50:0", "fast-ctc-decode:50:1e-3", "pyctcdecode:50",
                        "warbler:beam:width=50"],
    "no LM, width 100": ["flashlight:100", "flashlight:100:10", "fast-ctc-decode:100:0", "fast-ctc-decode:100:1e-3",
                         "pyctcdecode:100", "warbler:beam:width=100"],
    "lexicon + 3-gram, width 50": ["flashlight-lm:50", "flashlight-lm:50:10", "warbler-lm:beam:width=50,lexicon={lexicon}"],
    "3-gram, no lexicon, width 100": ["pyctcdecode-lm:100", "warbler-lm:beam:width=100"],
}  # fmt: skip


def edit_distance(a, b):
    row = list(range(len(b) + 1))
    for i, x in enumerate(a, 1):
        diagonal, row[0] = row[0], i
        for j, y in enumerate(b, 1):
            diagonal, row[j] = row[j], min(row[j] + 1, row[j - 1] + 1, diagonal + (x != y))
    return row[-1]


def word_error_rate(references, hypotheses):
    errors = sum(edit_distance(r.split(), h.split()) for r, h in zip(references, hypotheses))
    return errors / sum(len(r.split()) for r in references)


def make_emissions(sentences, count, seed, frames=500, confused=0.05):
    """(count, T, V) log-posteriors and their texts."""
    import numpy

    random = numpy.random.default_rng(seed)
    ids = {token: i for i, token in enumerate(TOKENS)}
    sentences = list(sentences)
    random.shuffle(sentences)
    sentences = iter(sentences * 2)
    emissions, texts = [], []
    for _ in range(count):
        words = []
        while len(" ".join(words)) < 0.2 * frames:
            words += next(sentences).split()
        while len(" ".join(words)) > 0.28 * frames:
            words.pop()
        text = " ".join(words)
        labels = [ids[c] for c in text.upper().replace(" ", "|")]
        lengths = 1 + (random.random(len(labels)) < 0.25)
        gaps = numpy.array([0, *(int(a == b) for a, b in zip(labels, labels[1:])), 0])
        weights = random.gamma(0.8, size=len(gaps))
        weights[[0, -1]] += 3
        gaps += random.multinomial(frames - int(lengths.sum()) - gaps.sum(), weights / weights.sum())
        # A frame's likeliest token, and those it may be taken for.
        plan = []
        for i in range(len(labels) + 1):
            plan += [(0, [labels[j] for j in (i - 1, i) if 0 <= j < len(labels)])] * gaps[i]
            if i < len(labels):
                best, others = labels[i], [ids[c] for c in SIMILAR.get(TOKENS[labels[i]], "E")]
                if random.random() < confused:
                    best, others = others[0], [best]
                plan += [(best, others)] * lengths[i]
        rows = numpy.empty((frames, len(TOKENS)), numpy.float32)
        for frame, (best, others) in enumerate(plan):
            top = 1 - 10 ** random.uniform(-4, -1.3) if best == 0 else random.uniform(0.6, 0.95)
            q = random.dirichlet(numpy.full(len(TOKENS), 0.3)) * (1 - top) * 0.2
            share = 0.8 if best == 0 else 0.45
            if best != 0:
                q[0] += (1 - top) * 0.35
            for other, part in zip(others, random.dirichlet(numpy.ones(len(others)))):
                q[other] += (1 - top) * share * part
            q[best] += top
            logits = numpy.log(q + 1e-7) + random.normal(0, 0.25, len(TOKENS))
            rows[frame] = logits - numpy.logaddexp.reduce(logits)
        emissions.append(rows)
        texts.append(text)
    return numpy.stack(emissions), texts


# Peers: each gives a function from (T, V) to a text.


def collapsed(ids):
    last, labels = 0, []
    for i in ids:
        if i != last and i != 0:
            labels.append(i)
        last = i
    return " ".join("".join(TOKENS[i] for i in labels if i > 3).replace("|", " ").lower().split())


def numpy_decoder(_, __):
    import numpy

    def labels(x):
        ids = x.argmax(-1)
        return ids[numpy.concatenate([[True], ids[1:] != ids[:-1]]) & (ids != 0)]

    # Neighbours are merged already, and equal ones that were apart may stand side by side.
    return labels, lambda ids: " ".join("".join(TOKENS[i] for i in ids if i > 3).replace("|", " ").lower().split())


def flashlight_decoder(arguments, options):
    from flashlight.lib.text import decoder as fl

    beam = int(arguments[0])
    tokens = int(arguments[1]) if len(arguments) > 1 else len(TOKENS)
    common = {"beam_size": beam, "beam_size_token": tokens, "beam_threshold": 50.0, "sil_score": 0.0, "log_add": True,
              "criterion_type": fl.CriterionType.CTC}  # fmt: skip
    if not options.get("lm"):
        decoder = fl.LexiconFreeDecoder(
            fl.LexiconFreeDecoderOptions(lm_weight=0.0, **common), fl.ZeroLM(), TOKENS.index("|"), 0, [])  # fmt: skip
        kept = ()
    else:
        from flashlight.lib.text.decoder.kenlm import KenLM
        from flashlight.lib.text.dictionary import Dictionary, create_word_dict

        spellings = {word: [[*word.upper(), "|"]] for word in pathlib.Path(options["words"]).read_text().split()}
        spellings["<unk>"] = []
        words, letters = create_word_dict(spellings), Dictionary()
        for token in TOKENS:
            letters.add_entry(token)
        model = KenLM(options["lm"], words)
        trie, start = fl.Trie(len(TOKENS), TOKENS.index("|")), model.start(False)
        for word, ways in spellings.items():
            index = words.get_index(word)
            score = model.score(start, index)[1]
            for way in ways:
                trie.insert([letters.get_index(token) for token in way], index, score)
        trie.smear(fl.SmearingMode.MAX)
        # flashlight takes the file's log10 as it is.
        decoder = fl.LexiconDecoder(
            fl.LexiconDecoderOptions(
                lm_weight=options["weight"] * 2.302585, word_score=options["word"], unk_score=float("-inf"), **common),
            trie, model, TOKENS.index("|"), 0, words.get_index("<unk>"), [], False)  # fmt: skip
        kept = (model, trie, words)
    return (
        lambda x: decoder.decode(x.ctypes.data, *x.shape)[0],
        lambda result, kept=kept: collapsed([t for t in result.tokens if t >= 0]),
        lambda x: x,
        lambda result: result.score,
    )


def pyctcdecode_decoder(arguments, options):
    import logging

    logging.disable(logging.WARNING)
    from pyctcdecode import build_ctcdecoder

    labels = [token.lower() for token in TOKENS]
    labels[:5] = ["", "⁂", "⁑", "⁇", " "]
    model = {}
    if options.get("lm"):
        model = {"kenlm_model_path": options["lm"], "unigrams": pathlib.Path(options["words"]).read_text().split(),
                 "alpha": options["weight"], "beta": options["word"], "unk_score_offset": options["unknown"]}  # fmt: skip
    decoder = build_ctcdecoder(labels, **model)
    return lambda x: decoder.decode(x, beam_width=int(arguments[0])), lambda text: text


def fast_ctc_decoder(arguments, _):
    import fast_ctc_decode
    import numpy

    alphabet = "".join(["\0", "\1", "\2", "\3", " ", *(token.lower() for token in TOKENS[5:])])
    return (
        lambda x: fast_ctc_decode.beam_search(x, alphabet, beam_size=int(arguments[0]), beam_cut_threshold=float(arguments[1]))[0],
        lambda text: " ".join(text.strip("\0\1\2\3").split()),
        numpy.exp,
    )


PEERS = {
    "numpy": (numpy_decoder, "numpy"), "flashlight": (flashlight_decoder, "flashlight-text"),
    "flashlight-lm": (flashlight_decoder, "flashlight-text"), "pyctcdecode": (pyctcdecode_decoder, "pyctcdecode"),
    "pyctcdecode-lm": (pyctcdecode_decoder, "pyctcdecode"), "fast-ctc-decode": (fast_ctc_decoder, "fast-ctc-decode"),
}  # fmt: skip


def keep_texts(path, texts):
    rows = [json.dumps({"id": f"u{i:04}", "text": str(text)}) + "\n" for i, text in enumerate(texts)]
    pathlib.Path(path).write_text("".join(rows))


def run_peer(side, options):
    """In a process of its own: times a peer over saved emissions, or tunes it; prints a line of JSON."""
    import numpy

    name, *arguments = side.split(":")
    saved = numpy.load(options["emissions"])
    prepare = lambda made: made[2] if len(made) > 2 else (lambda x: x)  # noqa: E731
    results = []
    for weight, word, unknown in options["grid"]:
        made = PEERS[name][0](arguments, {**options, "weight": weight, "word": word, "unknown": unknown})
        inputs = [numpy.ascontiguousarray(prepare(made)(x)) for x in saved["emissions"]]
        made[0](inputs[0])
        seconds, texts, scores = [], [], []
        for x in inputs:
            began = time.perf_counter()
            result = made[0](x)
            seconds.append(time.perf_counter() - began)
            texts.append(made[1](result))
            scores.append(made[3](result) if len(made) > 3 else 0)
        wer = word_error_rate([str(t) for t in saved["texts"]], texts)
        results.append({"point": (weight, word, unknown), "seconds": statistics.median(seconds), "wer": wer, "score": statistics.mean(scores)})
        keep_texts(options["texts"], texts)
    print(json.dumps(min(results, key=lambda r: r["wer"])))


def peer(side, **options):
    environment = {**os.environ, "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}
    command = [sys.executable, __file__, "--peer", side, "--options", json.dumps(options)]
    return json.loads(subprocess.run(command, check=True, capture_output=True, text=True, env=environment).stdout.splitlines()[-1])


def warbler(decoder, folder, options, timed):
    """Warbler's side: the least WER over the grid, and with `timed` the median search."""
    results = []
    for weight, word, unknown in options["grid"]:
        full = decoder.format(**options)
        if options.get("lm"):
            full += f",case=fold,lm={options['lm']},lm-weight={weight},word-score={word}"
        if unknown is not None:
            full += f",unk-token-score={unknown}"
        common = ["--vocab", options["vocab"], "--decoder", full]
        output = subprocess.run(
            [WARBLER, "decode", folder, *common, "--no-store", "--format", "jsonl", "--quiet", "--threads", "1"],
            check=True, capture_output=True, text=True).stdout  # fmt: skip
        rows = list(map(json.loads, output.splitlines()))
        texts = {row["id"]: row["text"].lower() for row in rows}
        references = json.loads((folder / "texts.json").read_text())
        texts = [texts[f"u{i:04}"] for i in range(len(references))]
        keep_texts(options["texts"], texts)
        wer = word_error_rate(references, texts)
        result = {"point": (weight, word, unknown), "wer": wer, "score": statistics.mean(row["score"] for row in rows)}
        if timed:
            bench = [WARBLER, "bench", "decode", *sorted(folder.glob("*.npy")), *common, "--runs", "1", "--json"]
            result["seconds"] = json.loads(subprocess.run(bench, check=True, capture_output=True, text=True).stdout)["seconds_median"]
        results.append(result)
    return min(results, key=lambda r: r["wer"])


def prepare(options):
    """Emissions to time and to tune on, the language model, the lexicon."""
    import numpy

    work = options.work
    sentences = [line.strip() for line in options.text.read_text(encoding="utf-8").splitlines() if line.strip()]
    letters = set("".join(TOKENS[5:]).lower() + " ")
    held_out = [s for s in sentences[-2000:] if set(s) <= letters]
    (work / "train.txt").write_text("\n".join(sentences[:-2000]) + "\n", encoding="utf-8")
    words = sorted({word for s in sentences[:-2000] for word in s.split() if set(word) <= letters})
    (work / "words.txt").write_text("\n".join(words) + "\n")
    (work / "lexicon.txt").write_text("\n".join(word.upper() for word in words) + "\n")
    (work / "vocab.json").write_text(json.dumps({token: i for i, token in enumerate(TOKENS)}))
    subprocess.run([WARBLER, "lm", "build", work / "train.txt", "--order", "3", "--out", work / "lm.arpa"], check=True, capture_output=True)
    half = len(held_out) // 2
    for name, part, count, seed in (("test", held_out[:half], options.utterances, 7), ("dev", held_out[half:], options.tuning, 8)):
        emissions, texts = make_emissions(part, count, seed)
        folder = work / name
        folder.mkdir(exist_ok=True)
        for i, rows in enumerate(emissions):
            numpy.save(folder / f"u{i:04}.npy", rows)
        (folder / "texts.json").write_text(json.dumps(texts))
        if name == "test":
            keep_texts(work / "reference.jsonl", texts)
        numpy.savez(work / f"{name}.npz", emissions=emissions, texts=numpy.array(texts))


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--text", type=pathlib.Path)
    parser.add_argument("--work", type=pathlib.Path)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--utterances", type=int, default=100)
    parser.add_argument("--tuning", type=int, default=50)
    parser.add_argument("--settings", nargs="+", choices=SETTINGS, default=list(SETTINGS))
    parser.add_argument("--peer", help=argparse.SUPPRESS)
    parser.add_argument("--options", type=json.loads, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.peer:
        return run_peer(options.peer, options.options)
    options.work.mkdir(parents=True, exist_ok=True)
    prepare(options)
    work = options.work
    files = {"words": str(work / "words.txt"), "lexicon": str(work / "lexicon.txt"), "vocab": str(work / "vocab.json")}

    def is_tuned(side):
        return "-lm" in side.split(":")[0]

    def grid(setting, side):
        prices = UNKNOWN.get(side.split(":")[0], [None]) if "no lexicon" in setting else [None]
        return [(*weights, price) for weights in WEIGHTS for price in prices]

    def run(side, part, grid, timed, is_kept=True):
        lm = {"lm": str(work / "lm.arpa")} if is_tuned(side) else {}
        # Tuning leaves those of its last weights, which the timed run then writes over.
        texts = str(work / f"{side.split(',')[0].replace(':', '-').replace('=', '')}.jsonl") if is_kept else os.devnull
        if side.startswith("warbler"):
            return warbler(side.split(":", 1)[1], work / part, {**files, **lm, "grid": grid, "texts": texts}, timed)
        return peer(side, emissions=str(work / f"{part}.npz"), grid=grid, texts=texts, **files, **lm)

    versions = ", ".join(f"{package} {importlib.metadata.version(package)}" for package in sorted({p for _, p in PEERS.values()}))
    print(f"{versions}; {options.rounds} rounds, {options.utterances} utterances\n", flush=True)
    print("| setting | side | ms an utterance | side / Warbler | WER, % | LM weight, word score, unknown |\n|---|---|---|---|---|---|", flush=True)
    for setting in options.settings:
        sides = SETTINGS[setting]
        tuned = {side: run(side, "dev", grid(setting, side), False)["point"] if is_tuned(side) else (0, 0, None) for side in sides}
        rounds = [{side: run(side, "test", [tuned[side]], True) for side in sides} for _ in range(options.rounds)]
        for side in sides:
            seconds = statistics.median(r[side]["seconds"] for r in rounds)
            ratio = statistics.median(r[side]["seconds"] / r[sides[-1]]["seconds"] for r in rounds)
            weights = ", ".join(str(value) for value in tuned[side] if value is not None) if is_tuned(side) else ""
            wer = f"{100 * rounds[0][side]['wer']:.2f}"
            print(f"| {setting} | {side} | {seconds * 1000:.3f} | {ratio:.1f} | {wer} | {weights} |", flush=True)
    print("\n| setting | side | mean score of the best |\n|---|---|---|", flush=True)
    for setting in options.settings:
        for side in SETTINGS[setting]:
            if side.startswith(("flashlight", "warbler")) and any(other.startswith("flashlight") for other in SETTINGS[setting]):
                print(f"| {setting} | {side} | {run(side, 'test', [(0.5, 1.5, None)], False, False)['score']:.4f} |", flush=True)


if __name__ == "__main__":
    main()
