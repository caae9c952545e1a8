#!/usr/bin/env python3
"""Goldens of fine-tuning with the feature encoder trained: gradients of the CTC loss in the encoder's parameters.

    python3 scripts/goldens/encoder_gradients.py --goldens Tests/AcousticModelTests/Goldens

As gradients.py, but with nothing frozen, and from waveforms: reads the tiny models and waveforms that forward.py wrote to GOLDENS, and
writes OUT = GOLDENS/encoder-gradients. The reference is transformers in float64, in train mode with everything random off, every
utterance alone (a group norm sees one utterance).

    OUT/CASE.safetensors, float32:
        time_mask.NAME (T), feature_mask.NAME (D)   1 where masked; cases with masks only
        all others          the gradient of the loss, summed over the utterances, in the parameters of the feature encoder and of the
                            feature projection; the others' are gradients.py's but for the rounding of the features
    OUT/encoder-gradients.json
                            versions; per case: model, input (raw or normalized), labels, frames (of the features), losses (nats),
                            `zero`: the parameters whose gradient is 0 by algebra (a convolution's bias that a group norm subtracts
                            again), gradient_norm of *all* parameters, and how far float32 is from float64 (`float32`, with the loss
                            in float64)

Gradients compare as gradients.py says.
"""

import argparse
import json
import math
import pathlib
import zlib

import gradients as frozen
import numpy as np
import torch
import transformers
from safetensors.torch import load_file, save_file
from transformers.models.hubert import modeling_hubert
from transformers.models.wav2vec2 import modeling_wav2vec2

CASES = {
    "hubert-base": ("group norm", {}),
    "hubert-large": ("layer norm, bias", {}),
    "hubert-masked": ("time masks, through which nothing comes back, and feature masks", dict(model="hubert-base", masks=True)),
    "hubert-group-bias": ("group norm behind a convolution with a bias", {}),
    "hubert-group-stable": ("group norm before a stable transformer", {}),
    "hubert-layer-post": ("layer norm before a post-norm transformer", {}),
    "hubert-layer-unbiased": ("layer norm, no bias", {}),
    "hubert-conv-dims": ("every layer of another width", {}),
    "hubert-conv-one": ("one convolution", {}),
    "hubert-conv-stack": ("other kernels and strides", {}),
    "hubert-odd-sizes": ("no extent divisible by 8", {}),
    "hubert-no-projection-norm": ("nothing between the features and their projection", {}),
    "hubert-raw-group": ("waveforms that are not normalised", {}),
    "hubert-act-relu": ("gelu_new in the encoder", {}),
    "hubert-act-gelu-new": ("relu", {}),
    "hubert-act-quick-gelu": ("gelu_fast", {}),
    "hubert-act-mish": ("gelu_python", {}),
    "hubert-act-tanh": ("leaky_relu", {}),
    "wav2vec2-base": ("wav2vec 2.0, group norm", {}),
    "wav2vec2-large": ("wav2vec 2.0, layer norm", {}),
    "wav2vec2-adapter": ("an adapter behind the transformer", {}),
}  # fmt: skip
UTTERANCES = ("s720", "second", "odd")


def is_zero(name: str, config) -> bool:
    return config.feat_extract_norm == "group" and name.endswith("conv_layers.0.conv.bias")


def load(directory: pathlib.Path):
    model = frozen.load(directory).train()
    norm = getattr(frozen.body(model).encoder.pos_conv_embed, "batch_norm", None)
    if norm is not None:
        norm.eval()
    return model


def logits_of(model, samples, masks: dict):
    kwargs = {}
    if "time_mask" in masks:
        kwargs["mask_time_indices"] = masks["time_mask"][None].bool()
    if "feature_mask" in masks:
        model.config.mask_feature_prob = 1.0  # any above 0: the indices are given
        for module in (modeling_hubert, modeling_wav2vec2):
            module._compute_mask_indices = lambda *_, **__: masks["feature_mask"][None].bool().numpy()
    logits = model(samples[None].to(next(model.parameters()).dtype), **kwargs).logits[0]
    model.config.mask_feature_prob = 0.0
    return logits


def all_gradients(model, inputs: dict, labels: dict, masks: dict):
    model.zero_grad(set_to_none=True)
    losses = {}
    for name, samples in inputs.items():
        loss = frozen.ctc(logits_of(model, samples, masks[name]).double(), labels[name], model.config.pad_token_id)
        loss.backward()
        losses[name] = float(loss.detach())
    return losses, {key: p.grad.detach().clone() for key, p in model.named_parameters() if p.grad is not None}


def write_case(out, goldens, name, why, options, waveforms, records) -> dict:
    source = options.get("model", name)
    model = load(goldens / source)
    config = model.config
    kind = records[source]["input"]
    inputs, frames, outputs = {}, {}, {}
    for key in UTTERANCES:
        samples = waveforms[f"{kind}.{key}"]
        try:
            with torch.no_grad():
                outputs[key] = len(logits_of(model, samples, {}))
                frames[key] = len(frozen.features_of(model, samples))
        except RuntimeError as error:
            if "Kernel size can't be greater than actual input size" not in str(error):
                raise
            continue
        inputs[key] = samples
    labels = {
        key: frozen.feasible_labels(key, outputs[key], config.vocab_size, config.pad_token_id) for key in inputs
    }
    masks = {key: {} for key in inputs}
    rng = np.random.default_rng(zlib.crc32(name.encode()))
    if options.get("masks"):
        for key in inputs:
            time_mask, feature_mask = torch.zeros(frames[key]), torch.zeros(config.hidden_size)
            for start in rng.integers(0, frames[key], 3 if frames[key] > 2 else 1):
                time_mask[start : start + (5 if frames[key] > 2 else 1)] = 1
            for start in rng.integers(0, config.hidden_size - 3, 2):
                feature_mask[start : start + 3] = 1
            masks[key] = dict(time_mask=time_mask, feature_mask=feature_mask)

    losses, reference = all_gradients(model, inputs, labels, masks)
    assert all(math.isfinite(loss) for loss in losses.values()), (name, losses)
    _, single = all_gradients(model.float(), inputs, labels, masks)
    written = {key: g for key, g in reference.items() if ".feature_extractor." in key or ".feature_projection." in key}
    largest = max(float(g.abs().max()) for g in written.values())
    zero = [key for key in written if is_zero(key, config)]
    assert all(float(written[key].abs().max()) < 1e-12 * largest for key in zero), name
    assert all(float(g.abs().max()) > 0 for key, g in written.items() if key not in zero), name
    compared = {key: g for key, g in written.items() if key not in zero}
    worst, where = frozen.relative_difference(single, compared, "rms")
    tensors = {f"{kind_of}.{key}": mask for key in inputs for kind_of, mask in masks[key].items()}
    tensors.update({key: g.float().contiguous() for key, g in written.items()})
    save_file(tensors, out / f"{name}.safetensors", {"model": source})
    return dict(
        why=why,
        model=source,
        input=kind,
        frames=frames,
        labels=labels,
        losses=losses,
        zero=zero,
        gradient_norm=float(torch.stack([g.square().sum() for g in reference.values()]).sum().sqrt()),
        float32=dict(gradient=frozen.short(worst), worst=where),
    )


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--goldens", type=pathlib.Path, required=True, help="what forward.py wrote; the goldens go below it")
    options = parser.parse_args()
    torch.set_num_threads(1)
    torch.use_deterministic_algorithms(True)
    transformers.logging.set_verbosity_error()
    transformers.logging.disable_progress_bar()
    out = options.goldens / "encoder-gradients"
    out.mkdir(exist_ok=True)
    records = json.loads((options.goldens / "goldens.json").read_text())["variants"]
    waveforms = load_file(options.goldens / "waveforms.safetensors")
    result = dict(versions=frozen.versions(), cases={})
    for name, (why, settings) in CASES.items():
        facts = result["cases"][name] = write_case(out, options.goldens, name, why, settings, waveforms, records)
        print(f"{name:32} {facts['float32']} {facts['frames']} {facts['losses']}", flush=True)
    (out / "encoder-gradients.json").write_text(json.dumps(result, indent=1) + "\n")


if __name__ == "__main__":
    main()
