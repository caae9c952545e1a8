#!/usr/bin/env python3
"""Goldens of pre-training: HuBERT's objective on tiny models, every gradient of it, and ten optimizer steps.

    python3 scripts/goldens/pretraining.py --goldens Tests/AcousticModelTests/Goldens

Reads the waveforms that forward.py wrote to GOLDENS, and writes OUT = GOLDENS/pretraining. Needs what forward.py needs, and
torchaudio==2.11.0 (`pip install --no-deps torchaudio==2.11.0`).

Hsu et al. 2021 (HuBERT), as fairseq's hubert_criterion.py normalises it. With z the frame's projection, e the classes' embeddings
and c the target,

    logits = cos(z, e) / 0.1,   l = -log softmax(logits)[c]
    loss = (w_m sum of l over masked frames + w_u sum of l over unmasked frames) / frames that count
           + penalty x mean of the squares of the feature encoder's output, over all frames and channels of the batch

where the masked frames count if w_m is above 0, the unmasked ones if w_u is. The gradient of the feature encoder's output, that of
the penalty included, is scaled by `encoder_gradient_scale`. Every utterance is computed alone: no padding, a group norm sees one
utterance.

Two implementations of it, both in float64, have to agree to 1e-10 of the largest element in every loss and every gradient before
anything is written: torchaudio.models.HuBERTPretrainModel, and the formula above in plain PyTorch over transformers.HubertModel.
Written is the latter's. Where torchaudio differs, and what is done about it here:
  - its model casts what the logits and the penalty are made of to float32 (`.float()`): the cast is a no-op while it runs here;
  - its masks are drawn: the given ones take their place;
  - its recipe (examples/hubert/loss/hubert_loss.py) adds the penalty once to the *sum* of cross-entropies, and its trainer divides
    both by the number of masked frames, so that the penalty weighs 10 / masked frames; fairseq multiplies the penalty by the
    number of frames first. Ours is fairseq's. Likewise its trainer divides by the masked frames even where unmasked ones count;
  - its padded batches take the penalty's mean over padding too.

    OUT/MODEL.model.json, OUT/MODEL.model.safetensors
                            config.json of a HubertModel, and the parameters: transformers' names with the prefix `hubert.`,
                            final_proj.weight, final_proj.bias, label_embs_concat (classes, projection width)
    OUT/CASE.safetensors, float32:
        time_mask.NAME (T), feature_mask.NAME (D)   1 where masked
        all others          the gradient of the loss, by the parameter's name
    OUT/MODEL.steps.safetensors, float32: the weights after the last step
    OUT/pretraining.json    versions; per model: the objective's extents; per case: model, objective, utterances (a part of one of
                            the waveforms, its targets), figures: loss, masked_loss and unmasked_loss (nats a frame), accuracies,
                            feature_penalty (the mean square itself), predicted and targets (counts by class over the masked
                            frames); how far float32 is from float64 (`float32`), how far the
                            two implementations are apart (`agreement`), and `contrasts`: how far the gradients are from those of
                            a mistaken objective, in the unit of comparison; per run of steps: settings, decayed, history

Gradients compare as in gradients.py: |a - b| / max(|b|, rms of tensor b). Key biases, and the bias of a convolution that a group norm
follows, have no gradient by algebra. Steps are gradients.py's, with eps 1e-6: mean loss of the objective, clip_grad_norm_, AdamW,
linear warm-up from 0; the last two utterances of a case take turns to be left out.
"""

import argparse
import json
import pathlib
import zlib

import numpy as np
import safetensors
import torch

# torchaudio, and transformers where it finds torchaudio, refuse a torch that was built for another version of CUDA. No GPU is used.
torch.version.cuda = None

import torchaudio
import transformers
from safetensors.torch import load_file, save_file
from torchaudio.models.wav2vec2 import components
from transformers import HubertConfig, HubertModel, get_linear_schedule_with_warmup
from transformers.models.hubert import modeling_hubert

AGREEMENT = 1e-10
LEAST_CONTRAST = 2e-3  # twenty times what the tests allow

STANDARD = dict(conv_kernel=[10, 3, 3, 3, 3, 2, 2], conv_stride=[5, 2, 2, 2, 2, 2, 2])
COMMON = dict(
    hidden_dropout=0.0, activation_dropout=0.0, attention_dropout=0.0, feat_proj_dropout=0.0, final_dropout=0.0, layerdrop=0.0,
    mask_time_prob=0.8, mask_feature_prob=0.0, apply_spec_augment=True,
)  # fmt: skip
# model -> (why, config, classes, projection width)
MODELS = {
    "base": (
        "group norm, no bias, post-norm, even positional kernel",
        dict(
            conv_dim=[12, 16, 8, 12, 16, 8, 16], **STANDARD, feat_extract_norm="group", conv_bias=False, do_stable_layer_norm=False,
            hidden_size=24, num_attention_heads=3, num_hidden_layers=2, intermediate_size=40, num_conv_pos_embeddings=8,
            num_conv_pos_embedding_groups=4,
        ), 11, 12,
    ),
    "large": (
        "layer norm, bias, stable, odd positional kernel",
        dict(
            conv_dim=[8, 12, 16, 16, 12, 8, 20], **STANDARD, feat_extract_norm="layer", conv_bias=True, do_stable_layer_norm=True,
            hidden_size=32, num_attention_heads=4, num_hidden_layers=2, intermediate_size=48, num_conv_pos_embeddings=5,
            num_conv_pos_embedding_groups=8,
        ), 17, 20,
    ),
    "short": (
        "group norm, bias, stable, three convolutions with a stride above the kernel and a kernel that is no multiple of it",
        dict(
            conv_dim=[8, 12, 16], conv_kernel=[9, 2, 5], conv_stride=[4, 3, 3], feat_extract_norm="group", conv_bias=True,
            do_stable_layer_norm=True, hidden_size=16, num_attention_heads=2, num_hidden_layers=2, intermediate_size=28,
            num_conv_pos_embeddings=6, num_conv_pos_embedding_groups=2,
        ), 5, 9,
    ),
    "unbiased": (
        "layer norm, no bias, post-norm, four convolutions, one positional group",
        dict(
            conv_dim=[8, 20, 12, 16], conv_kernel=[8, 4, 3, 1], conv_stride=[4, 2, 3, 2], feat_extract_norm="layer", conv_bias=False,
            do_stable_layer_norm=False, hidden_size=20, num_attention_heads=2, num_hidden_layers=2, intermediate_size=32,
            num_conv_pos_embeddings=7, num_conv_pos_embedding_groups=1,
        ), 8, 24,
    ),
}  # fmt: skip

# Parts of waveforms: name -> (waveform, first sample, samples).
LONG = {"second": ("raw.second", 0, 16000), "part": ("raw.odd", 5000, 9000), "odd": ("raw.odd", 0, 21937), "s720": ("raw.s720", 0, 720)}
BRIEF = {"a": ("raw.second", 3000, 1500), "b": ("raw.odd", 9000, 2200), "c": ("raw.odd", 1000, 700), "d": ("raw.second", 9000, 90)}
UTTERANCES = {"base": LONG, "large": LONG, "short": BRIEF, "unbiased": BRIEF}

HUBERT = dict(masked_weight=1.0, unmasked_weight=0.0, feature_penalty=10.0, encoder_gradient_scale=0.1)
# case -> (why, model, changes of the objective, options)
CASES = {
    "base": ("HuBERT's own settings", "base", {}, {}),
    "base-both": ("masked and unmasked frames, and masked channels", "base", dict(unmasked_weight=0.5), dict(channels=True)),
    "base-plain": ("no penalty, no scale", "base", dict(feature_penalty=0.0, encoder_gradient_scale=1.0), {}),
    "large": ("HuBERT's own settings", "large", {}, {}),
    "large-both": ("weights of neither 0 nor 1, no scale", "large", dict(masked_weight=0.7, unmasked_weight=0.3, encoder_gradient_scale=1.0), {}),
    "short": ("HuBERT's own settings", "short", {}, {}),
    "short-unmasked": ("unmasked frames alone", "short", dict(masked_weight=0.0, unmasked_weight=1.0), {}),
    "unbiased": ("HuBERT's own settings, no scale", "unbiased", dict(encoder_gradient_scale=1.0), {}),
    "unbiased-plain": ("no penalty", "unbiased", dict(feature_penalty=0.0), {}),
}  # fmt: skip

STEP_MODELS = ["base", "large"]
STEPS = dict(
    steps=10, learning_rate=1e-3, warmup_steps=3, betas=[0.9, 0.98], epsilon=1e-6, weight_decay=0.01, clip=1.0
)  # fmt: skip


# ---------------------------------------------------------------------------------------------------------------------
# Models


class Formula(torch.nn.Module):
    """The objective over transformers' HubertModel."""

    def __init__(self, config, classes: int, width: int):
        super().__init__()
        self.hubert = HubertModel(config)
        self.final_proj = torch.nn.Linear(config.hidden_size, width)
        self.label_embs_concat = torch.nn.Parameter(torch.zeros(classes, width))

    def forward(self, samples, targets, time_mask, feature_mask, objective):
        """The logits of all frames of one utterance, and its squares of features, summed."""
        features = self.hubert.feature_extractor(samples[None])
        if features.requires_grad:
            # Behind the hook stands all that is made of the features, the penalty too.
            features.register_hook(lambda gradient: objective["encoder_gradient_scale"] * gradient)
        encoder = self.hubert.feature_extractor
        self.hubert._modules["feature_extractor"] = Given()  # a plain value in place of the stack
        if feature_mask is not None:
            self.hubert.config.mask_feature_prob = 1.0
            modeling_hubert._compute_mask_indices = lambda *_, **__: feature_mask[None].bool().numpy()
        hidden = self.hubert(features, mask_time_indices=time_mask[None].bool()).last_hidden_state[0]
        self.hubert.config.mask_feature_prob = 0.0
        self.hubert._modules["feature_extractor"] = encoder
        x = self.final_proj(hidden)
        unit = lambda a: a / a.square().sum(-1, keepdim=True).sqrt()  # noqa: E731
        return unit(x) @ unit(self.label_embs_concat).T / 0.1, features.square().sum()


class Given(torch.nn.Module):
    def forward(self, features):
        return features


def fill(model, seed: int):
    """Every parameter away from its neutral value, so scaled that frames and classes stay apart."""
    generator = torch.Generator().manual_seed(seed)

    def normal(like, scale):
        return torch.randn(like.shape, generator=generator) * scale

    def uniform(like, low, high):
        return torch.rand(like.shape, generator=generator) * (high - low) + low

    with torch.no_grad():
        for name, tensor in model.named_parameters():
            if name.endswith("original0"):
                value = uniform(tensor, 0.6, 1.8) * (model.hubert.config.hidden_size / tensor.shape[-1]) ** 0.5
            elif name.endswith("original1") or name.endswith("label_embs_concat"):
                value = normal(tensor, 1.0)
            elif "norm" in name and name.endswith(".weight"):
                value = uniform(tensor, 0.5, 1.6)
            elif name.endswith("conv_layers.0.conv.weight"):
                value = normal(tensor, 4.0 / tensor[0].numel() ** 0.5)  # samples are near 0.1
            elif name.endswith(".weight"):
                value = normal(tensor, 1.4 / tensor[0].numel() ** 0.5)
            else:
                value = normal(tensor, 0.3)
            tensor.copy_(value)


def make_model(name: str):
    _, fields, classes, width = MODELS[name]
    config = HubertConfig(
        **COMMON, **fields, num_feat_extract_layers=len(fields["conv_dim"]), architectures=["HubertModel"], attn_implementation="eager"
    )
    model = Formula(config, classes, width)
    fill(model, zlib.crc32(name.encode()))
    return model.train()


def make_torchaudio(name: str, scale: float, formula):
    """The same model with the same weights."""
    _, fields, classes, width = MODELS[name]
    model = torchaudio.models.hubert_pretrain_model(
        extractor_mode=f"{fields['feat_extract_norm']}_norm",
        extractor_conv_layer_config=list(zip(fields["conv_dim"], fields["conv_kernel"], fields["conv_stride"])),
        extractor_conv_bias=fields["conv_bias"],
        encoder_embed_dim=fields["hidden_size"],
        encoder_projection_dropout=0.0,
        encoder_pos_conv_kernel=fields["num_conv_pos_embeddings"],
        encoder_pos_conv_groups=fields["num_conv_pos_embedding_groups"],
        encoder_num_layers=fields["num_hidden_layers"],
        encoder_num_heads=fields["num_attention_heads"],
        encoder_attention_dropout=0.0,
        encoder_ff_interm_features=fields["intermediate_size"],
        encoder_ff_interm_dropout=0.0,
        encoder_dropout=0.0,
        encoder_layer_norm_first=fields["do_stable_layer_norm"],
        encoder_layer_drop=0.0,
        mask_prob=0.8,
        mask_selection="static",
        mask_other=0.0,
        mask_length=10,
        no_mask_overlap=False,
        mask_min_space=1,
        mask_channel_prob=0.0,
        mask_channel_selection="static",
        mask_channel_other=0.0,
        mask_channel_length=10,
        no_mask_channel_overlap=False,
        mask_channel_min_space=1,
        skip_masked=False,
        skip_nomask=False,
        num_classes=classes,
        final_dim=width,
        feature_grad_mult=scale if scale != 1 else None,
    ).double().train()  # fmt: skip
    values = {torchaudio_name(key): p.detach() for key, p in formula.named_parameters()}
    found = dict(model.named_parameters())
    assert values.keys() == found.keys(), values.keys() ^ found.keys()
    with torch.no_grad():
        for key, p in found.items():
            p.copy_(values[key])
    return model


def torchaudio_name(name: str) -> str:
    if name == "label_embs_concat":
        return "logit_generator.label_embeddings"
    if name.startswith("final_proj."):
        return f"logit_generator.{name}"
    name = name.removeprefix("hubert.")
    if name == "masked_spec_embed":
        return "mask_generator.mask_embedding"
    if name.startswith("feature_extractor."):
        return f"wav2vec2.{name}"
    if name.startswith("feature_projection."):
        return f"wav2vec2.encoder.{name}"
    return f"wav2vec2.encoder.transformer.{name.removeprefix('encoder.')}"


# ---------------------------------------------------------------------------------------------------------------------
# Data


def frames_of(config, samples: int) -> int:
    for kernel, stride in zip(config.conv_kernel, config.conv_stride):
        samples = (samples - kernel) // stride + 1
    return samples


def make_utterances(case: str, model_name: str, config, classes: int, options: dict, waveforms) -> dict:
    """Seeded targets in runs, some classes absent; spans for masks, one utterance without any."""
    rng = np.random.default_rng(zlib.crc32(case.encode()))
    parts = UTTERANCES[model_name]
    utterances = {}
    for index, (name, (source, start, count)) in enumerate(parts.items()):
        frames = frames_of(config, count)
        targets = np.repeat(rng.integers(0, classes - 1, frames), rng.integers(1, 5, frames))[:frames]
        time_mask = np.zeros(frames)
        if frames > 3:
            for first in rng.integers(0, frames - 3, max(1, frames // 8)):
                time_mask[first : first + 5] = 1
        feature_mask = None
        if options.get("channels"):
            feature_mask = np.zeros(config.hidden_size)
            for first in rng.integers(0, config.hidden_size - 3, 2):
                feature_mask[first : first + 3] = 1
        utterances[name] = dict(
            source=source, start=start, count=count, frames=frames, targets=targets.tolist(),
            samples=waveforms[source][start : start + count].double(), time_mask=torch.tensor(time_mask),
            feature_mask=None if feature_mask is None else torch.tensor(feature_mask),
        )  # fmt: skip
    return utterances


# ---------------------------------------------------------------------------------------------------------------------
# The objective


def weighted(logits: dict, squares, count: int, utterances: dict, objective: dict, mistake=None):
    """The loss of a batch and what is reported with it, from (T, classes) of each utterance, the sum of the features' squares, and how
    many features there are."""
    masks = torch.cat([utterances[key]["time_mask"].bool() for key in logits])
    targets = torch.cat([torch.tensor(utterances[key]["targets"]) for key in logits])
    everything = torch.cat(list(logits.values()))
    losses = torch.nn.functional.cross_entropy(everything, targets, reduction="none")
    right = everything.argmax(-1) == targets
    masked, unmasked = losses[masks].sum(), losses[~masks].sum()
    counted = (masks.sum() if objective["masked_weight"] > 0 else 0) + ((~masks).sum() if objective["unmasked_weight"] > 0 else 0)
    if mistake == "count masked":
        counted = masks.sum()
    penalty = squares / count
    loss = (objective["masked_weight"] * masked + objective["unmasked_weight"] * unmasked) / counted
    weight = objective["feature_penalty"] / (counted if mistake == "penalty once" else 1)
    classes = everything.shape[-1]
    return loss + weight * penalty, dict(
        masked_loss=float(masked.detach() / masks.sum()),
        unmasked_loss=float(unmasked.detach() / (~masks).sum()),
        masked_frames=int(masks.sum()),
        unmasked_frames=int((~masks).sum()),
        masked_accuracy=float(right[masks].double().mean()),
        unmasked_accuracy=float(right[~masks].double().mean()),
        feature_penalty=float(penalty.detach()),
        predicted=everything[masks].argmax(-1).bincount(minlength=classes).tolist(),
        targets=targets[masks].bincount(minlength=classes).tolist(),
        # How sure the best class is at the least, so that accuracies may be compared exactly.
        margin=float((lambda best: (best[:, 0] - best[:, 1]).min())(everything.detach().topk(2).values)),
    )


def by_formula(model, utterances: dict, objective: dict, mistake=None):
    dtype = next(model.parameters()).dtype
    logits, squares, count = {}, 0.0, 0
    for key, u in utterances.items():
        logits[key], square = model(u["samples"].to(dtype), u["targets"], u["time_mask"], u["feature_mask"], objective)
        squares = squares + square
        count += u["frames"] * model.hubert.config.conv_dim[-1]
    return weighted(logits, squares, count, utterances, objective, mistake)


def by_torchaudio(model, utterances: dict, objective: dict):
    """The loss by torchaudio's own logits and penalty: the target comes first in its logits, and once more as -inf."""
    cast = torch.Tensor.float
    masked, unmasked, squares, count = [], [], 0.0, 0
    for u in utterances.values():
        masks = [u["time_mask"][None].bool()]
        if u["feature_mask"] is not None:
            masks.append(u["feature_mask"][None].bool())
        model.mask_generator.mask_channel_prob = 0.0 if u["feature_mask"] is None else 1.0
        components._compute_mask_indices = lambda *_, **__: masks.pop(0)
        torch.Tensor.float = lambda self: self
        try:
            logit_m, logit_u, penalty = model(u["samples"][None], torch.tensor([u["targets"]]))
        finally:
            torch.Tensor.float = cast
        masked.append(logit_m)
        unmasked.append(logit_u)
        channels = model.wav2vec2.encoder.feature_projection.layer_norm.normalized_shape[0]
        squares = squares + penalty * u["frames"] * channels
        count += u["frames"] * channels
    total, counted = 0.0, 0
    for logits, weight in ((torch.cat(masked), objective["masked_weight"]), (torch.cat(unmasked), objective["unmasked_weight"])):
        if weight > 0:
            first = torch.zeros(len(logits), dtype=torch.long)
            total = total + weight * torch.nn.functional.cross_entropy(logits, first, reduction="sum")
            counted += len(logits)
    return total / counted + objective["feature_penalty"] * squares / count


def gradients(model) -> dict:
    return {
        name: torch.zeros_like(p) if p.grad is None else p.grad.detach().clone() for name, p in model.named_parameters()
    }


def compute(model, utterances, objective, mistake=None):
    model.zero_grad(set_to_none=True)
    loss, facts = by_formula(model, utterances, objective, mistake)
    loss.backward()
    return float(loss.detach()), facts, gradients(model)


# ---------------------------------------------------------------------------------------------------------------------
# Comparing


def is_zero(name: str, config) -> bool:
    """Whether its gradient is 0 by algebra."""
    return name.endswith("k_proj.bias") or (config.feat_extract_norm == "group" and name.endswith("conv_layers.0.conv.bias"))


def difference(found: dict, reference: dict, config) -> tuple:
    """The largest, and the tensor it is in."""
    worst = (0.0, "")
    for name, b in reference.items():
        rms = float(b.square().mean().sqrt())
        if is_zero(name, config) or rms == 0:
            continue
        worst = max(worst, (float(((found[name].double() - b).abs() / b.abs().clamp(min=rms)).max()), name))
    return worst


def short(x: float) -> float:
    return float(f"{x:.2g}")


def contrasts(model, utterances, objective, reference) -> dict:
    """How far each mistake that one might make moves the gradients."""
    config = model.hubert.config
    found = {}

    def add(name, objective, mistake=None):
        found[name] = short(difference(compute(model, utterances, objective, mistake)[2], reference, config)[0])

    if objective["feature_penalty"] > 0:
        add("no penalty", {**objective, "feature_penalty": 0.0})
        add("penalty once, not for each frame", objective, "penalty once")
    if objective["encoder_gradient_scale"] != 1:
        add("no scale", {**objective, "encoder_gradient_scale": 1.0})
        if objective["feature_penalty"] > 0:
            scale = objective["encoder_gradient_scale"]
            add("the penalty not scaled", {**objective, "feature_penalty": objective["feature_penalty"] / scale})
    if objective["unmasked_weight"] > 0:
        add("per masked frame", objective, "count masked")
    assert all(x > LEAST_CONTRAST for x in found.values()), found
    return found


def write_case(out, name, waveforms) -> dict:
    why, model_name, changes, options = CASES[name]
    objective = {**HUBERT, **changes}
    model = make_model(model_name).double()
    config = model.hubert.config
    utterances = make_utterances(name, model_name, config, MODELS[model_name][2], options, waveforms)
    loss, facts, reference = compute(model, utterances, objective)
    zero = [key for key in reference if is_zero(key, config)]
    largest = max(float(g.abs().max()) for g in reference.values())
    assert all(float(reference[key].abs().max()) < 1e-13 * largest for key in zero)
    assert all(float(g.abs().max()) > 0 for key, g in reference.items() if key not in zero), name
    assert facts["margin"] > 1e-3, facts

    peer = make_torchaudio(model_name, objective["encoder_gradient_scale"], model)
    peer_loss = by_torchaudio(peer, utterances, objective)
    peer_loss.backward()
    theirs = gradients(peer)
    apart = abs(float(peer_loss.detach()) - loss) / loss
    for key, g in reference.items():
        apart = max(apart, float((theirs[torchaudio_name(key)] - g).abs().max()) / (largest if key in zero else float(g.abs().max())))
    assert apart < AGREEMENT, (name, apart)

    found = contrasts(model, utterances, objective, reference)
    single_loss, _, single = compute(make_model(model_name), utterances, objective)
    worst, where = difference(single, reference, config)
    tensors = {f"time_mask.{key}": u["time_mask"].float() for key, u in utterances.items()}
    tensors.update({f"feature_mask.{key}": u["feature_mask"].float() for key, u in utterances.items() if u["feature_mask"] is not None})
    tensors.update({key: g.float().contiguous() for key, g in reference.items()})
    save_file(tensors, out / f"{name}.safetensors", {"model": model_name})
    return dict(
        why=why,
        model=model_name,
        objective=objective,
        utterances=[
            dict(name=key, waveform=u["source"], start=u["start"], count=u["count"], frames=u["frames"], targets=u["targets"])
            for key, u in utterances.items()
        ],
        figures=dict(loss=loss, **facts),
        gradient_norm=float(torch.stack([g.square().sum() for g in reference.values()]).sum().sqrt()),
        zero=zero,
        agreement=short(apart),
        contrasts=found,
        float32=dict(loss=short(abs(single_loss - loss) / loss), gradient=short(worst), worst=where),
    )


# ---------------------------------------------------------------------------------------------------------------------
# Steps


def run_steps(model, utterances: dict):
    """Ten steps; the history and the last weights."""
    keys = list(utterances)
    decayed = [p for p in model.parameters() if p.ndim > 1 and p.shape[0] > 1]
    spared = [p for p in model.parameters() if not (p.ndim > 1 and p.shape[0] > 1)]
    optimizer = torch.optim.AdamW(
        [dict(params=decayed, weight_decay=STEPS["weight_decay"]), dict(params=spared, weight_decay=0.0)],
        lr=STEPS["learning_rate"], betas=tuple(STEPS["betas"]), eps=STEPS["epsilon"], foreach=False,
    )  # fmt: skip
    schedule = get_linear_schedule_with_warmup(optimizer, STEPS["warmup_steps"], STEPS["steps"])
    history = []
    for step in range(STEPS["steps"]):
        batch = keys[:-2] + ([keys[-1]] if step % 2 == 0 else [keys[-2]])
        optimizer.zero_grad(set_to_none=True)
        loss, _ = by_formula(model, {key: utterances[key] for key in batch}, HUBERT)
        loss.backward()
        norm = float(torch.nn.utils.clip_grad_norm_(model.parameters(), STEPS["clip"], foreach=False))
        rate = schedule.get_last_lr()[0]
        optimizer.step()
        schedule.step()
        history.append(dict(batch=batch, learning_rate=rate, loss=float(loss.detach()), gradient_norm=norm))
    return history, {name: p.detach().clone() for name, p in model.named_parameters()}


def write_steps(out, name, waveforms) -> dict:
    """With the data of the case of the model's name."""
    model = make_model(name).double()
    config = model.hubert.config
    utterances = make_utterances(name, name, config, MODELS[name][2], {}, waveforms)
    before = {key: p.detach().clone() for key, p in model.named_parameters()}
    history, after = run_steps(model, utterances)
    single_history, single = run_steps(make_model(name), utterances)
    off = {key: float((single[key].double() - after[key]).abs().max()) for key in after if not is_zero(key, config)}
    worst = max(off, key=off.get)
    save_file({key: value.float().contiguous() for key, value in after.items()}, out / f"{name}.steps.safetensors", {"model": name})
    return dict(
        case=name,
        **STEPS,
        objective=HUBERT,
        history=history,
        decayed=[key for key, p in model.named_parameters() if p.ndim > 1 and p.shape[0] > 1],
        largest_change=short(max(float((after[key] - before[key]).abs().max()) for key in after)),
        float32=dict(
            loss=short(max(abs(a["loss"] - b["loss"]) / b["loss"] for a, b in zip(single_history, history))),
            gradient_norm=short(
                max(abs(a["gradient_norm"] - b["gradient_norm"]) / b["gradient_norm"] for a, b in zip(single_history, history))
            ),
            weight=short(off[worst]),
            worst=worst,
        ),
    )


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--goldens", type=pathlib.Path, required=True, help="what forward.py wrote; the goldens go below it")
    options = parser.parse_args()
    torch.set_num_threads(1)
    torch.use_deterministic_algorithms(True)
    transformers.logging.set_verbosity_error()
    out = options.goldens / "pretraining"
    out.mkdir(exist_ok=True)
    waveforms = load_file(options.goldens / "waveforms.safetensors")
    result = dict(
        versions=dict(
            transformers=transformers.__version__, torch=torch.__version__, torchaudio=torchaudio.__version__, numpy=np.__version__,
            safetensors=safetensors.__version__,
        ),
        models={}, cases={}, steps={},
    )  # fmt: skip
    for name, (why, _, classes, width) in MODELS.items():
        model = make_model(name)
        model.hubert.config.to_json_file(out / f"{name}.model.json")
        save_file({key: p.detach().contiguous() for key, p in model.named_parameters()}, out / f"{name}.model.safetensors")
        result["models"][name] = dict(why=why, classes=classes, projection_width=width)
    for name in CASES:
        facts = result["cases"][name] = write_case(out, name, waveforms)
        print(name, facts["figures"]["loss"], facts["float32"], facts["agreement"], facts["contrasts"], flush=True)
    for name in STEP_MODELS:
        facts = result["steps"][name] = write_steps(out, name, waveforms)
        print(name, facts["float32"], [round(step["loss"], 3) for step in facts["history"]], facts["largest_change"], flush=True)
    (out / "pretraining.json").write_text(json.dumps(result, indent=1) + "\n")


if __name__ == "__main__":
    main()
