#!/usr/bin/env python3
"""Hidden states of real speech: `warbler features` beside transformers, every layer and the last hidden state.

    swift build -c release --product warbler
    python3 scripts/compare-features.py RECORDING... [--warbler .build/release/warbler] [--model MODEL]...

Needs torch, transformers and soundfile. Recordings are read at 16 kHz, mono. MODEL is a directory; without one, base-sized
models with seeded random weights are made, post-norm HuBERT and stable wav2vec 2.0 with and without an adapter, saved without
a head. Prints the worst absolute difference of each model, beside how far transformers in float32 is from float64; exits with 1
above 1e-3, or if a shape is another.
"""

import argparse
import pathlib
import subprocess
import sys
import tempfile

import numpy as np
import soundfile
import torch
import transformers
from safetensors.numpy import load_file
from transformers import AutoModel, HubertConfig, HubertModel, Wav2Vec2Config, Wav2Vec2Model

TOLERANCE = 1e-3
LARGE = dict(feat_extract_norm="layer", conv_bias=True, do_stable_layer_norm=True)


def make(folder: pathlib.Path) -> list:
    models = {
        "hubert-base": HubertModel(HubertConfig()),
        "wav2vec2-stable": Wav2Vec2Model(Wav2Vec2Config(**LARGE)),
        "wav2vec2-adapter": Wav2Vec2Model(Wav2Vec2Config(**LARGE, add_adapter=True, output_hidden_size=512)),
    }
    for index, (name, model) in enumerate(models.items()):
        generator = torch.Generator().manual_seed(index)
        for key, tensor in model.state_dict().items():
            if key.endswith("norm.weight"):
                tensor.copy_(torch.rand(tensor.shape, generator=generator) + 0.5)
            elif key.endswith(".bias"):
                tensor.copy_(0.2 * torch.randn(tensor.shape, generator=generator))
            elif tensor.dim() == 2:
                tensor.copy_(1.2 / tensor.shape[1] ** 0.5 * torch.randn(tensor.shape, generator=generator))
        model.save_pretrained(folder / name)
    return [folder / name for name in models]


def warbler(options, model, layer, out) -> dict:
    command = [options.warbler, "features", *options.recordings, "--model", model, "--layer", layer, "--out", out, "--quiet"]
    subprocess.run([str(part) for part in command], check=True)
    return load_file(out)


@torch.no_grad()
def reference(model, samples) -> dict:
    output = model(torch.from_numpy(samples).to(model.dtype)[None], output_hidden_states=True)
    states = {str(k): state[0].double().numpy() for k, state in enumerate(output.hidden_states)}
    return {**states, "last": output.last_hidden_state[0].double().numpy()}


def normalised(path) -> np.ndarray:
    samples, rate = soundfile.read(path, dtype="float32")
    assert rate == 16000 and samples.ndim == 1, f"{path}: expected 16 kHz, mono"
    return ((samples - samples.mean()) / np.sqrt(samples.var() + 1e-7)).astype(np.float32)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("recordings", nargs="+", type=pathlib.Path)
    parser.add_argument("--warbler", type=pathlib.Path, default=".build/release/warbler")
    parser.add_argument("--model", type=pathlib.Path, action="append", help="which normalises its waveforms")
    options = parser.parse_args()
    transformers.logging.set_verbosity_error()
    transformers.logging.disable_progress_bar()
    failed = False
    with tempfile.TemporaryDirectory() as folder:
        folder = pathlib.Path(folder)
        for directory in options.model or make(folder):
            model = AutoModel.from_pretrained(directory, dtype=torch.float32, attn_implementation="eager").eval()
            waveforms = {path.stem: normalised(path) for path in options.recordings}
            single = {name: reference(model, samples) for name, samples in waveforms.items()}
            model.double()
            double = {name: reference(model, samples) for name, samples in waveforms.items()}
            worst, own, largest = {}, 0.0, 0.0
            for layer in next(iter(double.values())):
                found = warbler(options, directory, layer, folder / "features.safetensors")
                assert found.keys() == double.keys(), found.keys()
                for name, states in double.items():
                    if found[name].shape != states[layer].shape:
                        sys.exit(f"{directory.name}: {name}: {layer}: {found[name].shape}, not {states[layer].shape}")
                    worst[layer] = max(worst.get(layer, 0.0), float(np.abs(found[name] - states[layer]).max()))
                    own = max(own, float(np.abs(single[name][layer] - states[layer]).max()))
                    largest = max(largest, float(np.abs(states[layer]).max()))
            layer = max(worst, key=worst.get)
            failed = failed or worst[layer] > TOLERANCE
            print(
                f"{directory.name}: {len(waveforms)} recordings, {len(worst)} states of up to {largest:.3g}: worst difference "
                f"{worst[layer]:.1e} (layer {layer}); transformers in float32 {own:.1e}",
                flush=True,
            )
    sys.exit(failed)


if __name__ == "__main__":
    main()
