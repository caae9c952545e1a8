#!/usr/bin/env python3
"""Compares Warbler's emissions with transformers' for a checkpoint and recordings of your own.

    swift build -c release --product warbler
    python3 scripts/parity.py MODEL MANIFEST.jsonl [--most 20]

Needs torch, transformers and soundfile (Benchmarks/requirements.txt, and soundfile). Recordings must have the model's sample rate,
since resamplers differ. Prints, for each utterance, the largest absolute difference of the log-posteriors and whether the
greedy paths agree; exits with 1 if any difference is above 1e-3.
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
from transformers import AutoModelForCTC, Wav2Vec2FeatureExtractor

TOLERANCE = 1e-3

parser = argparse.ArgumentParser()
parser.add_argument("model", type=pathlib.Path)
parser.add_argument("manifest", type=pathlib.Path)
parser.add_argument("--most", type=int, default=20, help="utterances to compare")
options = parser.parse_args()

rows = [json.loads(line) for line in options.manifest.read_text().splitlines() if line.strip()][: options.most]
model = AutoModelForCTC.from_pretrained(options.model).float().eval()
settings = json.loads(next(p for p in [options.model / "preprocessor_config.json", options.model / "processor_config.json"]
                           if p.exists()).read_text())  # fmt: skip
extractor = Wav2Vec2FeatureExtractor.from_dict(settings.get("feature_extractor", settings))

worst, disagreeing, frames = 0.0, 0, 0
with tempfile.TemporaryDirectory() as folder:
    manifest = pathlib.Path(folder) / "manifest.jsonl"
    paths = [(options.manifest.parent / row["audio_filepath"]).resolve() for row in rows]
    manifest.write_text("".join(json.dumps({"audio_filepath": str(p), "id": str(i)}) + "\n" for i, p in enumerate(paths)))
    warbler = pathlib.Path(__file__).resolve().parent.parent / ".build/release/warbler"
    subprocess.run([warbler, "decode", manifest, "--model", options.model, "--emissions", folder, "--no-store", "--quiet"],
                   check=True, stdout=subprocess.DEVNULL)  # fmt: skip
    for i, path in enumerate(paths):
        waveform, rate = soundfile.read(path, dtype="float32")
        inputs = extractor(waveform, sampling_rate=rate, return_tensors="pt").input_values
        with torch.inference_mode():
            reference = torch.log_softmax(model(inputs).logits[0].double(), -1).numpy()
        ours = np.load(pathlib.Path(folder) / f"{i}.npy")
        difference = float(np.abs(ours - reference).max())
        worst, frames = max(worst, difference), frames + len(ours)
        disagreeing += int((ours.argmax(-1) != reference.argmax(-1)).sum())
        print(f"{path.stem}\t{len(ours)} frames\t{difference:.2e}")
print(f"{len(paths)} utterances, {frames} frames: largest difference {worst:.2e}, {disagreeing} frames with another argmax")
sys.exit(worst > TOLERANCE)
