#!/usr/bin/env python3
"""Fine-tunes small models in every way there is, and loads what comes out in transformers: the same emissions, the same text.

    swift build -c release --product warbler
    python3 scripts/compare-output.py [--warbler .build/release/warbler] [--only NAME]

Needs torch, transformers, soundfile and, for the adapter, peft (0.21.2 was used). Each case trains some steps on the recordings
of Corpora/espeak-en from random weights, a golden model (Tests/AcousticModelTests/Goldens) or the model that ships. Then OUT/best
and OUT/last, and OUT/average where there is one, are loaded with AutoModelForCTC and AutoProcessor, and their log-posteriors and
greedy texts are held against those of `warbler decode`. Prints a line a directory; exits with 1 if a difference is above 1e-3, a
text is another, a tensor is missing or left over, or training changed what it should not.
"""

import argparse
import json
import pathlib
import subprocess
import sys
import tempfile

import numpy as np
import soundfile
import torch
import transformers
from safetensors.numpy import load_file
from transformers import AutoModelForCTC, AutoProcessor

TOLERANCE = 1e-3
ROOT = pathlib.Path(__file__).resolve().parents[1]
GOLDENS = ROOT / "Tests/AcousticModelTests/Goldens"
TINY = dict(
    conv_dim=[16, 16], conv_stride=[10, 32], conv_kernel=[40, 64], num_feat_extract_layers=2, hidden_size=32,
    num_hidden_layers=2, num_attention_heads=4, intermediate_size=48, num_conv_pos_embeddings=16,
    num_conv_pos_embedding_groups=8, pad_token_id=0, vocab_size=32,
)  # fmt: skip


def init(architecture, **fields):
    """--init of a tiny model."""
    return dict(TINY, architectures=[architecture], model_type=architecture.removesuffix("ForCTC").lower(), **fields)


# name -> (where it starts: fields of a config.json, or a model; options)
CASES = {
    "init-hubert-post": (init("HubertForCTC", feat_extract_norm="group", do_stable_layer_norm=False), ["--vocab-from-data"]),
    "init-hubert-stable": (init("HubertForCTC", feat_extract_norm="layer", do_stable_layer_norm=True), ["--vocab-from-data"]),
    "init-hubert-batch-norm": (init("HubertForCTC", conv_pos_batch_norm=True), ["--vocab-from-data"]),
    "init-wav2vec2-post": (init("Wav2Vec2ForCTC", do_stable_layer_norm=False), ["--vocab-from-data"]),
    "init-wav2vec2-stable": (init("Wav2Vec2ForCTC", do_stable_layer_norm=True, conv_bias=True), ["--vocab", ROOT / "Vocab/en"]),
    "init-no-projection-norm": (init("HubertForCTC", feat_proj_layer_norm=False), ["--vocab", ROOT / "Vocab/de"]),
    "tiny": (ROOT / "Models/warbler-tiny", []),
    "tiny-vocab-from-data": (ROOT / "Models/warbler-tiny", ["--vocab-from-data"]),
    "tiny-vocab": (ROOT / "Models/warbler-tiny", ["--vocab", ROOT / "Vocab/fr"]),
    "hubert": (GOLDENS / "hubert-base", []),
    "hubert-stable": (GOLDENS / "hubert-large", []),
    "hubert-legacy": (GOLDENS / "hubert-legacy", ["--vocab-from-data"]),
    "hubert-fp16": (GOLDENS / "hubert-fp16", ["--vocab-from-data"]),
    "hubert-sharded": (GOLDENS / "hubert-sharded", ["--vocab-from-data"]),
    "hubert-pad-last": (GOLDENS / "hubert-pad-last", []),
    "hubert-raw": (GOLDENS / "hubert-raw", ["--vocab-from-data"]),
    "hubert-no-mask": (GOLDENS / "hubert-no-mask", ["--vocab-from-data"]),
    "hubert-batch-norm": (GOLDENS / "hubert-batch-norm", ["--vocab-from-data"]),
    "wav2vec2": (GOLDENS / "wav2vec2-base", []),
    "wav2vec2-stable": (GOLDENS / "wav2vec2-large", []),
    "wav2vec2-adapter": (GOLDENS / "wav2vec2-adapter", ["--vocab-from-data"]),
    "lora-merged": (GOLDENS / "hubert-base", ["--lora-rank", 2]),
    "lora-peft": (GOLDENS / "hubert-base", ["--lora-rank", 2, "--lora-save", "peft"]),
    "lora-peft-vocab": (GOLDENS / "hubert-large", ["--lora-rank", 2, "--lora-save", "peft", "--vocab-from-data"]),
    "ema": (GOLDENS / "hubert-base", ["--ema-decay", 0.9]),
    "freeze-steps": (GOLDENS / "hubert-base", ["--freeze-steps", 100]),
    "freeze-layers": (GOLDENS / "hubert-base", ["--freeze-layers", 1]),
    "average-last": (GOLDENS / "hubert-base", ["--average-checkpoints", 2]),
    "average-best": (GOLDENS / "hubert-base", ["--average-checkpoints", 2, "--average-by", "best"]),
}  # fmt: skip
# Names that may change; of all others every bit must stay.
TRAINED = {
    "freeze-steps": ("lm_head.",),
    "freeze-layers": ("lm_head.", "hubert.encoder.layers.1.", "hubert.encoder.layer_norm."),
}


def corpus(folder):
    """train.jsonl and dev.jsonl; the texts in both cases there are vocabularies for."""
    source = ROOT / "Corpora/espeak-en"
    rows = [json.loads(line) for line in (source / "manifest.jsonl").read_text().splitlines()]
    for row in rows:
        row["audio_filepath"] = str(source / row["audio_filepath"])
    for name, part in (("train", rows[:20]), ("dev", rows[20:])):
        (folder / f"{name}.jsonl").write_text("".join(json.dumps(row) + "\n" for row in part))
    return rows[20:]


@torch.no_grad()
def compare(directory, dev, warbler, folder):
    """The largest difference of a log-posterior and the number of other texts."""
    model, info = AutoModelForCTC.from_pretrained(directory, output_loading_info=True, dtype=torch.float32)
    model.eval()
    left = {key for key in info["unexpected_keys"] if not key.endswith("masked_spec_embed")}
    # Without masks it is no parameter of the model; transformers draws it where masks are on.
    missing = {key for key in info["missing_keys"] if not key.endswith("masked_spec_embed")}
    if left or missing or info["mismatched_keys"]:
        sys.exit(f"{directory}: missing {missing}, left over {left}, other shapes {info['mismatched_keys']}")
    processor = AutoProcessor.from_pretrained(directory)
    emissions = folder / "emissions"
    subprocess.run([warbler, "decode", folder / "dev.jsonl", "--model", directory, "--emissions", emissions, "--no-store",
                    "--quiet", "--format", "jsonl", "--out", folder / "texts.jsonl"], check=True)  # fmt: skip
    texts = {row["id"]: row["text"] for row in map(json.loads, (folder / "texts.jsonl").read_text().splitlines())}
    worst, others = 0.0, 0
    for row in dev:
        samples, rate = soundfile.read(row["audio_filepath"], dtype="float32")
        inputs = processor(samples, sampling_rate=rate, return_tensors="pt").input_values
        logits = model(inputs).logits[0].float()
        ours = np.load(emissions / f"{row['id']}.npy")
        worst = max(worst, float(np.abs(ours - logits.log_softmax(-1).numpy()).max()))
        others += processor.batch_decode(logits.argmax(-1)[None])[0].split() != texts[row["id"]].split()
    return worst, others


def changed(directory, source):
    """The tensors of a checkpoint that are not those of another."""
    ours, theirs = load_file(directory / "model.safetensors"), load_file(source / "model.safetensors")
    return {name for name, tensor in ours.items() if not np.array_equal(tensor, theirs[name])}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--warbler", type=pathlib.Path, default=ROOT / ".build/release/warbler")
    parser.add_argument("--only", help="cases whose name contains this")
    options = parser.parse_args()
    warbler = options.warbler.resolve()
    transformers.logging.set_verbosity_error()
    transformers.logging.disable_progress_bar()
    bad = 0
    for name, (start, flags) in CASES.items():
        if options.only and options.only not in name:
            continue
        with tempfile.TemporaryDirectory() as temporary:
            folder = pathlib.Path(temporary)
            dev = corpus(folder)
            if isinstance(start, dict):
                (folder / "config.json").write_text(json.dumps(start))
                flags = ["--init", folder / "config.json", *flags]
            else:
                flags = ["--model", start, *flags]
            out = folder / "out"
            command = [warbler, "finetune", *flags, "--train", folder / "train.jsonl", "--dev", folder / "dev.jsonl", "--out", out,
                       "--steps", 9, "--batch-size", 4, "--eval-steps", 3, "--learning-rate", 1e-3, "--no-store"]  # fmt: skip
            run = subprocess.run([str(word) for word in command], capture_output=True, text=True)
            if run.returncode != 0:
                print(f"{name}\texit {run.returncode}: {run.stderr.strip().splitlines()[-1]}")
                bad += 1
                continue
            for place in ("best", "last", "average"):
                if not (out / place).exists():
                    continue
                worst, others = compare(out / place, dev, warbler, folder)
                print(f"{name}\t{place}\t{worst:.1e}\t{others} of {len(dev)} texts are others", flush=True)
                bad += worst > TOLERANCE or others > 0
            if name in TRAINED and (wrong := {n for n in changed(out / "last", start) if not n.startswith(TRAINED[name])}):
                print(f"{name}\tchanged: {sorted(wrong)}")
                bad += 1
            if (out / "last/adapter").exists():
                bad += not check_adapter(name, out, start)
    sys.exit(1 if bad else 0)


@torch.no_grad()
def check_adapter(name, out, start):
    """The adapter on the model that it was trained from is the merged model."""
    from peft import PeftModel

    waveform = torch.randn(1, 16000, generator=torch.Generator().manual_seed(3))
    merged = AutoModelForCTC.from_pretrained(out / "last").eval()
    classes = merged.lm_head.out_features
    base = AutoModelForCTC.from_pretrained(start, vocab_size=classes, ignore_mismatched_sizes=True).eval()
    adapted = PeftModel.from_pretrained(base, out / "last/adapter").eval()
    difference = (adapted(waveform).logits - merged(waveform).logits).abs().max().item()
    print(f"{name}\tadapter\t{difference:.1e} from the merged weights")
    return difference <= TOLERANCE


main()
