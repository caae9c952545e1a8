#!/usr/bin/env python3
"""Goldens of training: gradients of the CTC loss in every trainable parameter, ten optimizer steps, SpecAugment's counts.

    python3 scripts/goldens/gradients.py --goldens Tests/AcousticModelTests/Goldens

Reads the tiny models and waveforms that forward.py wrote to GOLDENS, and writes OUT = GOLDENS/gradients. Needs what
forward.py needs. The reference is transformers in float64 on the weights of the file: in train mode, with dropouts,
LayerDrop and random masks off, a batch norm on its running statistics, the feature encoder frozen, every utterance
alone (batch 1, no padding, eager attention).

    OUT/CASE.safetensors, float32:
        features.NAME (T, C)    output of the feature encoder, rounded; all that follows started from the rounded one
        time_mask.NAME (T), feature_mask.NAME (D)
                                1 where masked; cases with masks only
        all others              the gradient of the loss summed over the utterances, by the parameter's name in
                                transformers (parametrizations.weight.original0/1). Parameters that no utterance reaches
                                (masked_spec_embed without masks) hold zeros
    OUT/MODEL.steps.safetensors, float32:
        features.NAME           as above
        all others              the weights after the last step
    OUT/gradients.json          versions; per case: model, input (raw or normalized), labels, frames (of the features),
                                output_frames (of the logits: an adapter strides), losses per utterance (nats, float64),
                                and how far transformers in float32 is from float64 (`float32`); per run of steps:
                                settings, batches, learning rate, loss and gradient norm of each step
    OUT/spec_augment.json       `counts`: number of spans for (length L, probability p, span M, minimum, epsilon in
                                [0, 1)); `coverage`: the probability of each position to be masked

How to compare gradients. The relative difference of an element a from the reference b is

    |a - b| / max(|b|, rms of tensor b)

The floor stands for what float32 can know: an element is a sum over frames, and its rounding error is that of the
terms, not that of what they cancel to. `float32` records the largest such difference of transformers' own float32
gradients, under floors of the rms, and of 0.1, 0.01 and 0.001 of the largest element: `gradient` with torch's float32 CTC
loss, which at losses above 100 nats is the coarsest part of all; `network` with the loss in float64 on the float32
logits. "1e-4 relative, element by element" is fair under the rms and the 0.1 floor, where `network` stays below; under
lower floors float32 itself does not. The key bias has no gradient (softmax cancels it) and stands apart: `key_bias` is
its largest element beside the largest of all gradients, in float32; hold it against 1e-6.

Steps: the loss is the mean over the batch of loss / max(labels, 1) (`ctc_loss_reduction` mean); the gradient norm is that
before clipping, which is torch.nn.utils.clip_grad_norm_'s (by min(1, clip / (norm + 1e-6))); torch.optim.AdamW
(bias-corrected, decoupled weight decay, eps outside the root); weight decay on matrices and kernels only, neither on
vectors nor on the gains of weight norm (1, 1, K); the learning rate is transformers' linear schedule, whose first step
has rate 0. k_proj.bias may differ in the last weights: Adam divides rounding noise by rounding noise there, and nothing
depends on it.
"""

import argparse
import json
import math
import pathlib
import zlib

import numpy as np
import safetensors
import torch
import transformers
from safetensors.torch import load_file, save_file
from transformers import AutoModelForCTC, get_linear_schedule_with_warmup
from transformers.models.hubert import modeling_hubert
from transformers.models.wav2vec2 import modeling_wav2vec2

# case -> (why, options). Options: `model` if it is not the case's name, `masks`, `utterances`.
CASES = {
    "hubert-base": ("post-norm, even positional kernel, groups", {}),
    "hubert-large": ("stable, encoder with layer norm", {}),
    "hubert-masked": ("time and feature masks, post-norm", dict(model="hubert-base", masks=("time", "feature"))),
    "wav2vec2-masked": ("time and feature masks, stable", dict(model="wav2vec2-large", masks=("time", "feature"))),
    "hubert-time-masked": ("time masks alone, no norm in the projection", dict(model="hubert-no-projection-norm", masks=("time",))),
    "hubert-no-mask": ("no masked_spec_embed", {}),
    "hubert-no-projection-norm": ("feat_proj_layer_norm false", {}),
    "hubert-eps-group": ("layer_norm_eps 0.05", {}),
    "hubert-batch-norm": ("conv_pos_batch_norm, even kernel, running statistics", {}),
    "hubert-batch-norm-odd": ("conv_pos_batch_norm, odd kernel, stable", {}),
    "hubert-position-1": ("positional kernel of one tap", {}),
    "hubert-position-odd": ("odd positional kernel, one group", {}),
    "hubert-position-128": ("positional kernel longer than the utterance, 16 groups", {}),
    "hubert-position-depthwise": ("depthwise positional convolution, stable", {}),
    "hubert-legacy": ("weight_g and weight_v in the file", {}),
    "hubert-odd-sizes": ("no extent divisible by 8", {}),
    "hubert-head-40": ("one head, three layers, stable", {}),
    "hubert-act-relu": ("relu; gelu_new behind the positional convolution", {}),
    "hubert-act-gelu-new": ("gelu_new; relu behind the positional convolution", {}),
    "hubert-act-gelu-pytorch-tanh": ("gelu_pytorch_tanh, silu", {}),
    "hubert-act-silu": ("silu, tanh", {}),
    "hubert-act-quick-gelu": ("quick_gelu, gelu_fast", {}),
    "hubert-act-gelu-fast": ("gelu_fast, quick_gelu", {}),
    "hubert-act-tanh": ("tanh, leaky_relu", {}),
    "hubert-act-gelu-10": ("gelu_10, swish", {}),
    "hubert-act-mish": ("mish, gelu_python", {}),
    "hubert-adapter-attention": ("attention adapters in HuBERT", {}),
    "wav2vec2-base": ("post-norm", {}),
    "wav2vec2-adapter": ("two strided adapter layers", {}),
    "wav2vec2-adapter-projected": ("adapter with projection, kernel 5, stride 3", {}),
    "wav2vec2-adapter-even": ("adapter kernel 4, stride 1", {}),
    "wav2vec2-adapter-narrow": ("adapter kernel 1, padded", {}),
    "wav2vec2-adapter-empty": ("adapter's projection alone", {}),
    "wav2vec2-mms": ("attention adapters", {}),
}  # fmt: skip
UTTERANCES = ("s720", "second", "odd")
LABELS = {"s400": 1, "s720": 1, "quiet": 3, "second": 9, "odd": 14}  # at most

DROPOUTS_OFF = dict(
    hidden_dropout=0.0, activation_dropout=0.0, attention_dropout=0.0, feat_proj_dropout=0.0, final_dropout=0.0, layerdrop=0.0
)  # fmt: skip

STEP_MODELS = {"hubert-base": "post-norm", "hubert-large": "stable"}
STEPS = dict(
    steps=10, learning_rate=1e-3, warmup_steps=2, betas=[0.9, 0.98], epsilon=1e-8, weight_decay=0.01, clip=1.0, reduction="mean"
)  # fmt: skip
BATCHES = [["second", "odd", "s720"], ["odd", "quiet"], ["quiet", "s720", "second"]]  # step n takes batch n modulo 3


def body(model):
    return getattr(model, model.base_model_prefix)


class Given(torch.nn.Module):
    """Stands in for the frozen feature encoder."""

    def forward(self, features):
        return features


def load(directory: pathlib.Path):
    with torch.random.fork_rng():
        model, info = AutoModelForCTC.from_pretrained(
            directory, dtype=torch.float32, attn_implementation="eager", output_loading_info=True, **DROPOUTS_OFF
        )
    assert not info["missing_keys"] and not info["unexpected_keys"], (directory, info)
    model.config.mask_time_prob = model.config.mask_feature_prob = 0.0  # masks only where they are given
    return model.double()


def features_of(model, samples) -> torch.Tensor:
    """(T, C) float32, or None where there is no frame."""
    with torch.no_grad():
        x = body(model).feature_extractor(samples.double()[None])[0].T
    return x.float().contiguous()


def for_training(model):
    """Behind the feature encoder, in train mode."""
    body(model).feature_extractor = Given()
    model.train()
    norm = getattr(body(model).encoder.pos_conv_embed, "batch_norm", None)  # HuBERT's alone
    if norm is not None:
        norm.eval()
    assert all(module.p == 0 for module in model.modules() if isinstance(module, torch.nn.Dropout))
    return model


def logits_of(model, features, time_mask=None, feature_mask=None):
    """(T', V) for features (T, C)."""
    kwargs = {}
    if time_mask is not None:
        kwargs["mask_time_indices"] = time_mask[None].bool()
    if feature_mask is not None:
        model.config.mask_feature_prob = 1.0  # any above 0: the indices are given
        for module in (modeling_hubert, modeling_wav2vec2):
            module._compute_mask_indices = lambda *_, **__: feature_mask[None].bool().numpy()
    model_type = next(model.parameters()).dtype
    logits = model(features.to(model_type).T[None], **kwargs).logits[0]
    model.config.mask_feature_prob = 0.0
    return logits


def ctc(logits, labels, blank: int):
    return torch.nn.functional.ctc_loss(
        logits.log_softmax(-1)[:, None], torch.tensor([labels], dtype=torch.long), (len(logits),), (len(labels),),
        blank=blank, reduction="sum",
    )  # fmt: skip


def feasible_labels(name: str, frames: int, vocabulary: int, blank: int) -> list:
    """Seeded, never the blank, with a repeated label wherever there is room for the blank between."""
    rng = np.random.default_rng(zlib.crc32(name.encode()))
    choices = [token for token in range(vocabulary) if token != blank]
    count = min(LABELS[name], frames)
    while True:
        labels = rng.choice(choices, count).tolist()
        if count >= 3:
            labels[1] = labels[0]
        if count + sum(a == b for a, b in zip(labels, labels[1:])) <= frames:
            return labels
        count -= 1


def gradients(model, features: dict, labels: dict, masks: dict, loss_in_double=False):
    model.zero_grad(set_to_none=True)
    losses = {}
    for name, x in features.items():
        logits = logits_of(model, x, **masks.get(name, {}))
        loss = ctc(logits.double() if loss_in_double else logits, labels[name], model.config.pad_token_id)
        loss.backward()
        losses[name] = float(loss.detach())
    grads = {
        name: torch.zeros_like(p) if p.grad is None else p.grad.detach().clone() for name, p in model.named_parameters()
    }
    untouched = [name for name, p in model.named_parameters() if p.grad is None]
    return losses, grads, untouched


def relative_difference(found: dict, reference: dict, floor) -> tuple:
    """The largest and the tensor it is in. `floor`: "rms", or a share of the tensor's largest element."""
    worst = (0.0, "")
    for name, b in reference.items():
        largest = float(b.abs().max())
        if name.endswith("k_proj.bias") or largest == 0:
            continue
        least = float(b.square().mean().sqrt()) if floor == "rms" else floor * largest
        difference = (found[name].double() - b).abs() / b.abs().clamp(min=least)
        worst = max(worst, (float(difference.max()), name))
    return worst


def key_bias(found: dict) -> float:
    """What should be 0, beside the largest gradient of all."""
    largest = max(float(a.abs().max()) for a in found.values())
    return max(float(a.abs().max()) for name, a in found.items() if name.endswith("k_proj.bias")) / largest


def short(x: float) -> float:
    return float(f"{x:.2g}")


def write_case(out: pathlib.Path, goldens: pathlib.Path, name: str, why: str, options: dict, waveforms, records) -> dict:
    source = options.get("model", name)
    model = load(goldens / source)
    kind = records[source]["input"]
    features = {}
    for key in UTTERANCES:
        x = features_of(model, waveforms[f"{kind}.{key}"])
        features[key] = x
    width = model.config.hidden_size
    for_training(model)
    with torch.no_grad():
        frames = {}
        for key in list(features):
            try:
                frames[key] = len(logits_of(model, features[key]))
            except RuntimeError as error:
                if "Kernel size can't be greater than actual input size" not in str(error):
                    raise
                del features[key]
    blank = model.config.pad_token_id
    labels = {key: feasible_labels(key, frames[key], model.config.vocab_size, blank) for key in features}
    masks = {key: {} for key in features}
    rng = np.random.default_rng(zlib.crc32(name.encode()))
    if "time" in options.get("masks", ()):
        for key, x in features.items():
            mask = torch.zeros(len(x))
            for start in rng.integers(0, len(x), 3 if len(x) > 2 else 1):
                mask[start : start + (5 if len(x) > 2 else 1)] = 1
            masks[key]["time_mask"] = mask
    if "feature" in options.get("masks", ()):
        for key in features:
            mask = torch.zeros(width)
            for start in rng.integers(0, width - 3, 2):
                mask[start : start + 3] = 1
            masks[key]["feature_mask"] = mask

    losses, reference, untouched = gradients(model, features, labels, masks)
    assert all(math.isfinite(loss) for loss in losses.values()), (name, losses)
    assert set(untouched) <= {n for n, _ in model.named_parameters() if n.endswith("masked_spec_embed")}, untouched
    assert key_bias(reference) < 1e-14
    single_losses, single, _ = gradients(model.float(), features, labels, masks)
    _, network, _ = gradients(model, features, labels, masks, loss_in_double=True)
    floors = ("rms", 0.1, 0.01, 0.001)

    tensors = {f"features.{key}": x for key, x in features.items()}
    for key in features:
        tensors.update({f"{kind_of}.{key}": mask for kind_of, mask in masks[key].items()})
    tensors.update({key: value.float().contiguous() for key, value in reference.items()})
    save_file(tensors, out / f"{name}.safetensors", {"model": source})
    return dict(
        why=why,
        model=source,
        input=kind,
        blank=blank,
        frames={key: len(x) for key, x in features.items()},
        output_frames={key: frames[key] for key in features},
        labels=labels,
        losses=losses,
        gradient_norm=float(torch.stack([g.square().sum() for g in reference.values()]).sum().sqrt()),
        untouched=untouched,
        float32=dict(
            loss=short(max(abs(single_losses[key] - loss) / loss for key, loss in losses.items())),
            gradient={str(floor): short(relative_difference(single, reference, floor)[0]) for floor in floors},
            network={str(floor): short(relative_difference(network, reference, floor)[0]) for floor in floors},
            worst=relative_difference(network, reference, "rms")[1],
            key_bias=short(key_bias(network)),
        ),
    )


def run_steps(model, features: dict, labels: dict):
    """Ten steps; the history and the last weights."""
    decayed = [p for p in model.parameters() if p.ndim > 1 and p.shape[0] > 1]
    spared = [p for p in model.parameters() if not (p.ndim > 1 and p.shape[0] > 1)]
    optimizer = torch.optim.AdamW(
        [dict(params=decayed, weight_decay=STEPS["weight_decay"]), dict(params=spared, weight_decay=0.0)],
        lr=STEPS["learning_rate"], betas=tuple(STEPS["betas"]), eps=STEPS["epsilon"], foreach=False,
    )  # fmt: skip
    schedule = get_linear_schedule_with_warmup(optimizer, STEPS["warmup_steps"], STEPS["steps"])
    history = []
    for step in range(STEPS["steps"]):
        batch = BATCHES[step % len(BATCHES)]
        optimizer.zero_grad(set_to_none=True)
        total = 0.0
        for key in batch:
            loss = ctc(logits_of(model, features[key]), labels[key], model.config.pad_token_id)
            loss = loss / max(len(labels[key]), 1) / len(batch)
            loss.backward()
            total += float(loss.detach())
        norm = float(torch.nn.utils.clip_grad_norm_(model.parameters(), STEPS["clip"], foreach=False))
        rate = schedule.get_last_lr()[0]
        optimizer.step()
        schedule.step()
        history.append(dict(batch=batch, learning_rate=rate, loss=total, gradient_norm=norm))
    return history, {name: p.detach().clone() for name, p in model.named_parameters()}


def write_steps(out: pathlib.Path, goldens: pathlib.Path, name: str, why: str, waveforms, records) -> dict:
    kind = records[name]["input"]
    model = load(goldens / name)
    features = {
        key: features_of(model, waveforms[f"{kind}.{key}"]) for key in sorted({key for batch in BATCHES for key in batch})
    }
    blank = model.config.pad_token_id
    labels = {key: feasible_labels(key, len(x), model.config.vocab_size, blank) for key, x in features.items()}
    before = {key: p.detach().clone() for key, p in for_training(model).named_parameters()}
    history, after = run_steps(model, features, labels)
    single_history, single = run_steps(for_training(load(goldens / name)).float(), features, labels)
    moved = {key: float((after[key] - before[key]).abs().max()) for key in after}
    off = {key: float((single[key].double() - after[key]).abs().max()) for key in after if "k_proj.bias" not in key}
    worst = max(off, key=off.get)
    tensors = {f"features.{key}": x for key, x in features.items()}
    tensors.update({key: value.float().contiguous() for key, value in after.items()})
    save_file(tensors, out / f"{name}.steps.safetensors", {"model": name})
    return dict(
        why=why,
        model=name,
        input=kind,
        blank=blank,
        **STEPS,
        decayed=[key for key, p in model.named_parameters() if p.ndim > 1 and p.shape[0] > 1],
        labels=labels,
        history=history,
        largest_change=short(max(moved.values())),
        float32=dict(
            loss=short(max(abs(a["loss"] - b["loss"]) / b["loss"] for a, b in zip(single_history, history))),
            gradient_norm=short(
                max(abs(a["gradient_norm"] - b["gradient_norm"]) / b["gradient_norm"] for a, b in zip(single_history, history))
            ),
            weight=short(off[worst]),  # absolute, without k_proj.bias
            worst=worst,
        ),
    )


# ---------------------------------------------------------------------------------------------------------------------
# SpecAugment


def span_count(length: int, probability: float, span: int, minimum: int, epsilon: float) -> int:
    """How many spans `_compute_mask_indices` draws for an utterance that is not padded."""
    count = max(int(probability * length / span + epsilon), minimum)
    if count * span > length:
        count = length // span
    if length - (span - 1) < count:
        count = max(length - (span - 1), 0)
    return count


def transformers_count(length, probability, span, minimum, epsilon) -> int:
    """The same by transformers, with its draws replaced."""
    seen = []

    def choice(array, size, replace):
        assert len(array) == length - (span - 1) and not replace
        seen.append(int(size))
        return np.arange(size)

    random = np.random.rand, np.random.choice
    np.random.rand, np.random.choice = lambda _: np.array([epsilon]), choice
    try:
        ORIGINAL_MASK((1, length), probability, span, min_masks=minimum)
    finally:
        np.random.rand, np.random.choice = random
    return seen[0] if seen else 0


ORIGINAL_MASK = modeling_hubert._compute_mask_indices


def coverage(length: int, probability: float, span: int, minimum: int) -> list:
    """The probability of each position to be masked: epsilon uniform, starts drawn without replacement."""
    starts = length - span + 1
    mean = probability * length / span
    fraction = mean - math.floor(mean)
    result = np.zeros(length)
    for epsilon, weight in ((0.0, 1 - fraction), (1 - fraction / 2, fraction)):
        count = span_count(length, probability, span, minimum, epsilon)
        for position in range(length):
            covering = min(position, starts - 1) - max(position - span + 1, 0) + 1
            result[position] += weight * (1 - math.comb(starts - covering, count) / math.comb(starts, count))
    return result.tolist()


def write_masks(path: pathlib.Path):
    counts = []
    epsilons = [0.0, 0.1, 0.25, 0.4999999, 0.5, 0.75, 0.9, 0.9999999999]
    settings = [
        (p, span, minimum) for p in (0.0, 0.05, 0.3, 0.65, 1.0) for span in (1, 3, 10, 64) for minimum in (0, 2)
    ]
    for length in (1, 2, 10, 11, 19, 20, 49, 68, 499, 768):
        for probability, span, minimum in settings:
            if span > length:
                continue
            row = []
            for epsilon in epsilons:
                count = span_count(length, probability, span, minimum, epsilon)
                assert count == transformers_count(length, probability, span, minimum, epsilon)
                row.append(count)
            counts.append([length, probability, span, minimum, row])
    for refused in (9, 1):
        try:
            ORIGINAL_MASK((1, refused), 0.5, 10)
            raise AssertionError("transformers takes spans longer than the axis")
        except ValueError:
            pass
    tables = []
    samples = 20000
    np.random.seed(1)
    for length, probability, span, minimum in ((49, 0.05, 10, 2), (68, 0.65, 10, 0), (499, 0.5, 10, 2), (64, 0.25, 3, 0)):
        expected = coverage(length, probability, span, minimum)
        drawn = np.mean([ORIGINAL_MASK((1, length), probability, span, min_masks=minimum)[0] for _ in range(samples)], axis=0)
        # Five standard deviations of a mean of `samples` draws.
        assert np.abs(drawn - expected).max() < 5 * 0.5 / samples**0.5, np.abs(drawn - expected).max()
        tables.append(
            dict(
                length=length, probability=probability, span=span, minimum=minimum, mean=float(np.mean(expected)),
                positions=[round(x, 9) for x in expected],
            )  # fmt: skip
        )
    lines = ",\n    ".join(json.dumps(row) for row in counts)
    covered = ",\n    ".join(json.dumps(row) for row in tables)
    note = (
        "count = max(int(p * L / M + epsilon), minimum); if count * M > L: L / M (integer); at most L - M + 1; "
        "starts uniform in 0...L - M without replacement; M > L is refused by transformers"
    )
    path.write_text(
        "{\n"
        f'  "versions": {json.dumps(versions())},\n'
        f'  "rule": {json.dumps(note)},\n'
        f'  "epsilons": {json.dumps(epsilons)},\n'
        '  "columns": ["length", "probability", "span", "minimum", "count by epsilon"],\n'
        f'  "counts": [\n    {lines}\n  ],\n'
        f'  "coverage": [\n    {covered}\n  ]\n'
        "}\n"
    )


def versions() -> dict:
    return dict(
        transformers=transformers.__version__, torch=torch.__version__, numpy=np.__version__, safetensors=safetensors.__version__
    )  # fmt: skip


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--goldens", type=pathlib.Path, required=True, help="what forward.py wrote; the goldens go below it")
    options = parser.parse_args()
    torch.set_num_threads(1)
    torch.use_deterministic_algorithms(True)
    transformers.logging.set_verbosity_error()
    transformers.logging.disable_progress_bar()
    out = options.goldens / "gradients"
    out.mkdir(exist_ok=True)

    write_masks(out / "spec_augment.json")
    records = json.loads((options.goldens / "goldens.json").read_text())["variants"]
    waveforms = load_file(options.goldens / "waveforms.safetensors")
    result = dict(versions=versions(), cases={}, steps={})
    for name, (why, settings) in CASES.items():
        facts = result["cases"][name] = write_case(out, options.goldens, name, why, settings, waveforms, records)
        print(f"{name:32} {facts['float32']} {facts['output_frames']} {facts['losses']}", flush=True)
    for name, why in STEP_MODELS.items():
        facts = result["steps"][name] = write_steps(out, options.goldens, name, why, waveforms, records)
        print(f"{name:32} {facts['float32']} {[round(step['loss'], 3) for step in facts['history']]}", flush=True)
    (out / "gradients.json").write_text(json.dumps(result, indent=1) + "\n")


if __name__ == "__main__":
    main()
