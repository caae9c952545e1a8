#!/usr/bin/env python3
"""Goldens of the forward pass: tiny seeded HubertForCTC and Wav2Vec2ForCTC models and what transformers makes of them.

    python3 scripts/goldens/forward.py --out Tests/AcousticModelTests/Goldens

Needs torch, transformers, safetensors and numpy; the versions used stand in OUT/goldens.json. The reference is
transformers run in float64 on the weights of the file, rounded to float32 at the end: transformers in float32 gives another
last digit from one run to the next (`float32_difference` says how far it is from the reference).

    OUT/waveforms.safetensors      raw.NAME, normalized.NAME: (samples) float32, 16 kHz, shared by all variants;
                                   `normalized` is what Wav2Vec2FeatureExtractor(do_normalize=True) makes of `raw`
    OUT/activations.safetensors    x, and NAME for every activation without parameters: NAME(x), float32
    OUT/VARIANT/                   a model directory as save_pretrained writes it
    OUT/VARIANT/golden.safetensors log_posteriors.NAME: (T, V) float32, natural log, of utterance NAME alone (batch 1, eager
                                   attention). Variants with `trace` also hold, for one utterance,
                                   conv.{i}.NAME (C, T_i), extract_features.NAME (T, C), projected.NAME (T, D),
                                   hidden_states.{k}.NAME (T, D), encoded.NAME (T', D'): the input of lm_head
                                   LANG.log_posteriors.NAME: with adapter.LANG.safetensors (wav2vec2-mms)
    OUT/goldens.json               versions, seeds, and per variant: why it is there, which waveforms it takes
                                   (`input`: raw or normalized), frames per utterance, and what was checked

Checked for every variant, so that a wrong implementation cannot pass by luck:
  - the frame-wise argmax varies within an utterance;
  - perturbing any one parameter tensor by a tenth of its size moves some log-posterior by more than 0.01, save those
    that cannot matter (the key bias, which softmax cancels; a convolution bias that group norm subtracts again;
    masked_spec_embed; num_batches_tracked);
  - every field the variant is about matters: with the other value, or with the mistake one would make, the result moves by more
    than 0.002 (`contrasts`), twice the tolerance of the parity tests;
  - transformers in float32 agrees to well below the tolerance of the parity tests (`float32_difference`).
"""

import argparse
import copy
import json
import pathlib
import shutil
import tempfile
import zlib

import numpy as np
import safetensors
import torch
import transformers
from safetensors.torch import load_file, save_file
from transformers import (
    HubertConfig,
    HubertForCTC,
    Wav2Vec2Config,
    Wav2Vec2CTCTokenizer,
    Wav2Vec2FeatureExtractor,
    Wav2Vec2ForCTC,
    Wav2Vec2Processor,
)
from transformers.activations import ACT2CLS, ACT2FN

SAMPLE_RATE = 16000
LEAST_PARAMETER_EFFECT = 1e-2
LEAST_CONTRAST = 2e-3
MOST_FLOAT32_DIFFERENCE = 2e-4

# ---------------------------------------------------------------------------------------------------------------------
# Waveforms


def waveform(samples: int, seed: int, amplitude: float = 0.3, offset: float = 0.02) -> np.ndarray:
    """Two chirps and noise, each coming and going, on an offset: no two frames alike."""
    rng = np.random.default_rng(seed)
    t = np.arange(samples) / SAMPLE_RATE
    rise = rng.uniform(1500, 4000)
    chirp = np.sin(2 * np.pi * (rng.uniform(80, 300) * t + 0.5 * rise * t * t))
    fall = np.sin(2 * np.pi * (rng.uniform(3000, 6000) * t - 0.5 * rng.uniform(500, 2000) * t * t))
    noise = rng.standard_normal(samples)
    gates = [0.5 + 0.5 * np.sin(2 * np.pi * (rng.uniform(2, 9) * t + rng.uniform())) for _ in range(3)]
    mixed = 0.6 * gates[0] * chirp + 0.4 * gates[1] ** 2 * fall + 0.25 * gates[2] ** 3 * noise
    return (amplitude * mixed + offset).astype(np.float32)


WAVEFORMS = {
    "s400": waveform(400, 11),  # one frame: the receptive field of the standard stack
    "s719": waveform(719, 12),  # the longest that still gives one frame
    "s720": waveform(720, 13),  # the shortest that gives two
    "quiet": waveform(2345, 14, amplitude=4e-4, offset=1e-4),  # variance about 1e-8: the 1e-7 under the root decides
    "silence": np.zeros(1600, np.float32),
    "second": waveform(16000, 15),  # 49 frames
    "odd": waveform(21937, 16),  # 1.37 s, 68 frames
}

# ---------------------------------------------------------------------------------------------------------------------
# Vocabularies

ENGLISH = {
    token: index for index, token in enumerate(["<pad>", "<s>", "</s>", "<unk>", "|", *"ETAONIHSRDLUMWCFGYPBVK'XJQZ"])
}


def letters(count: int) -> dict:
    """The first `count` entries of the English vocabulary."""
    return {token: index for token, index in ENGLISH.items() if index < count}


def pad_last(count: int) -> dict:
    """The order of most community models: letters and `|` first, `[UNK]` and `[PAD]` at the end."""
    tokens = ["|", "'", *"abcdefghijklmnopqrstuvwxyz"][: count - 2] + ["[UNK]", "[PAD]"]
    return {token: index for index, token in enumerate(tokens)}


# ---------------------------------------------------------------------------------------------------------------------
# Variants

CONV = dict(conv_dim=[16] * 7, conv_stride=[5, 2, 2, 2, 2, 2, 2], conv_kernel=[10, 3, 3, 3, 3, 2, 2])
SHORT_CONV = dict(conv_dim=[16, 16, 16], conv_stride=[10, 8, 4], conv_kernel=[10, 16, 4])  # 400 and 320 again
BASE = dict(
    hidden_size=32,
    num_hidden_layers=2,
    num_attention_heads=4,
    intermediate_size=48,
    num_conv_pos_embeddings=16,
    num_conv_pos_embedding_groups=8,
    vocab_size=16,
    **CONV,
)
SMALL = {**BASE, **SHORT_CONV, "num_hidden_layers": 1, "num_conv_pos_embeddings": 6}
LARGE = dict(feat_extract_norm="layer", conv_bias=True, do_stable_layer_norm=True)

VARIANTS = {}


def variant(name: str, why: str, config: dict, **options):
    """Options: `cls`, `do_normalize`, `dtype`, `mixed`, `shard`, `legacy` (4.x files and weight_g/weight_v), `vocab`,
    `trace`, `gains` (parameter name ending -> factor), `contrasts` (name -> config dict or function on the model),
    `languages` (language -> vocabulary size)."""
    kind = "wav2vec2" if name.startswith("wav2vec2") else "hubert"
    VARIANTS[name] = dict(why=why, kind=kind, config=config, **options)


def conv_norm_eps(eps):
    def change(model):
        for layer in body(model).feature_extractor.conv_layers:
            if hasattr(layer, "layer_norm"):
                layer.layer_norm.eps = eps

    return change


def position_activation(name):
    def change(model):
        body(model).encoder.pos_conv_embed.activation = ACT2FN[name]

    return change


def trim_first(model):
    class Trim(torch.nn.Module):
        def forward(self, x):
            return x[:, :, 1:]

    body(model).encoder.pos_conv_embed.padding = Trim()


def adapter_norm_eps(eps):
    def change(model):
        if getattr(body(model), "adapter", None) is not None and body(model).adapter.proj_layer_norm is not None:
            body(model).adapter.proj_layer_norm.eps = eps
        for layer in body(model).encoder.layers:
            if getattr(layer, "adapter_layer", None) is not None:
                layer.adapter_layer.norm.eps = eps

    return change


def glu_swapped(model):
    for layer in body(model).adapter.layers:
        weight, bias = layer.conv.weight.data, layer.conv.bias.data
        half = len(bias) // 2
        weight.copy_(torch.cat([weight[half:], weight[:half]]))
        bias.copy_(torch.cat([bias[half:], bias[:half]]))


def weight_norm_over(dims):
    """The positional convolution's weight with |v| taken over other dimensions."""

    def change(model):
        conv = body(model).encoder.pos_conv_embed.conv
        g, v = conv.parametrizations.weight.original0.data, conv.parametrizations.weight.original1.data
        weight = g * v / v.square().sum(dim=dims, keepdim=True).sqrt()
        v.copy_(weight)
        g.copy_(weight.square().sum(dim=(0, 1), keepdim=True).sqrt())

    return change


def body(model):
    return model.hubert if hasattr(model, "hubert") else model.wav2vec2


variant(
    "hubert-base",
    "group-norm encoder, post-norm transformer: the shape of hubert-base-ls960",
    {**BASE, "vocab_size": 32},
    trace="s720",
    contrasts={
        "trimming the first frame": trim_first,
        "weight norm over (1, 2)": weight_norm_over((1, 2)),
        "weight norm over all": weight_norm_over((0, 1, 2)),
        "do_stable_layer_norm": dict(do_stable_layer_norm=True),
    },
)
variant(
    "hubert-large",
    "layer-norm encoder with conv bias, stable transformer: the shape of hubert-large-ls960-ft",
    {**BASE, **LARGE, "vocab_size": 32},
    trace="s720",
    contrasts={"do_stable_layer_norm": dict(do_stable_layer_norm=False)},
)
variant(
    "hubert-layer-post",
    "feat_extract_norm layer with the post-norm transformer",
    {**BASE, "feat_extract_norm": "layer", "conv_bias": True},
)
variant(
    "hubert-group-stable", "feat_extract_norm group with the stable transformer", {**BASE, "do_stable_layer_norm": True}
)
variant(
    "hubert-group-bias",
    "conv_bias with the group norm (layer 0's bias cannot matter, the others' do)",
    {**BASE, "conv_bias": True},
)
variant("hubert-layer-unbiased", "feat_extract_norm layer without conv_bias", {**SMALL, "feat_extract_norm": "layer"})
variant("hubert-no-projection-norm", "feat_proj_layer_norm false", {**SMALL, "feat_proj_layer_norm": False})
variant(
    "hubert-batch-norm",
    "conv_pos_batch_norm: batch norm before an un-normed positional convolution",
    {**SMALL, "conv_pos_batch_norm": True, "num_conv_pos_embeddings": 16},
    trace="s720",
)
variant(
    "hubert-batch-norm-odd",
    "conv_pos_batch_norm with an odd kernel, stable",
    {**SMALL, **LARGE, "conv_pos_batch_norm": True, "num_conv_pos_embeddings": 7},
)
variant(
    "hubert-position-odd",
    "num_conv_pos_embeddings odd (no trimming), one group",
    {**BASE, "num_conv_pos_embeddings": 15, "num_conv_pos_embedding_groups": 1, "hidden_size": 24},
)
variant(
    "hubert-position-128",
    "num_conv_pos_embeddings 128 in 16 groups as published, longer than the utterance",
    {**SMALL, "num_conv_pos_embeddings": 128, "num_conv_pos_embedding_groups": 16},
    dtype=torch.float16,
    contrasts={"trimming the first frame": trim_first},
)
variant(
    "hubert-position-depthwise",
    "num_conv_pos_embedding_groups equal to hidden_size, stable",
    {**SMALL, **LARGE, "num_conv_pos_embeddings": 6, "num_conv_pos_embedding_groups": 32},
)
variant("hubert-position-1", "num_conv_pos_embeddings 1", {**SMALL, "num_conv_pos_embeddings": 1})
variant(
    "hubert-eps-group",
    "layer_norm_eps 0.05 while the group norm keeps 1e-5, on a quiet first convolution",
    {**SMALL, "layer_norm_eps": 0.05},
    gains={"conv_layers.0.conv.weight": 0.005},
    contrasts={
        "layer_norm_eps": dict(layer_norm_eps=1e-5),
        "conv norm with layer_norm_eps": conv_norm_eps(0.05),
        "conv norm with 1e-12": conv_norm_eps(1e-12),
    },
)
variant(
    "hubert-eps-layer",
    "layer_norm_eps 0.05 while the conv layer norms keep 1e-5, on quiet convolutions",
    {**BASE, **LARGE, "layer_norm_eps": 0.05},
    gains={"conv.weight": 0.01, "conv_layers.0.conv.bias": 0.01, "conv.bias": 0.02},
    contrasts={
        "layer_norm_eps": dict(layer_norm_eps=1e-5),
        "conv norm with layer_norm_eps": conv_norm_eps(0.05),
        "conv norm with 1e-12": conv_norm_eps(1e-12),
    },
)
variant(
    "hubert-conv-dims", "conv_dim not uniform, layer norm", {**BASE, **LARGE, "conv_dim": [16, 20, 24, 18, 22, 17, 19]}
)
variant(
    "hubert-conv-stack",
    "five convolutions, kernels not multiples of strides, one narrower than its stride, one of width 1",
    {**BASE, "conv_dim": [24, 16, 20, 18, 22], "conv_stride": [4, 3, 5, 1, 2], "conv_kernel": [9, 2, 7, 1, 3]},
)
variant(
    "hubert-conv-one",
    "a single convolution (with the layer norm: torch refuses a group norm over one frame)",
    {**SMALL, "feat_extract_norm": "layer", "conv_dim": [20], "conv_stride": [320], "conv_kernel": [400]},
)
variant(
    "hubert-odd-sizes",
    "nothing divisible by 8: hidden 35, head_dim 7, intermediate 53, V 13",
    {
        **BASE,
        "conv_dim": [17, 19, 23, 21, 17, 19, 23],
        "hidden_size": 35,
        "num_attention_heads": 5,
        "intermediate_size": 53,
        "num_conv_pos_embeddings": 9,
        "num_conv_pos_embedding_groups": 5,
        "vocab_size": 13,
    },
)
variant(
    "hubert-head-12",
    "num_attention_heads 3 of head_dim 12",
    {**BASE, "hidden_size": 36, "num_attention_heads": 3, "num_conv_pos_embedding_groups": 6},
)
variant(
    "hubert-head-40",
    "one head of head_dim 40, three layers, stable",
    {**SMALL, **LARGE, "hidden_size": 40, "num_attention_heads": 1, "num_hidden_layers": 3, "intermediate_size": 48},
    dtype=torch.float16,
)
variant(
    "hubert-head-64",
    "a head of head_dim 64 as hubert-base and hubert-large have",
    {**SMALL, "hidden_size": 64, "num_attention_heads": 1, "num_conv_pos_embedding_groups": 16},
    dtype=torch.float16,
)
variant(
    "hubert-head-80",
    "a head of head_dim 80 as hubert-xlarge has",
    {**SMALL, **LARGE, "hidden_size": 80, "num_attention_heads": 1, "num_conv_pos_embedding_groups": 40},
    dtype=torch.float16,
)
for hidden, conv in [
    ("relu", "gelu_new"),
    ("gelu_new", "relu"),
    ("gelu_pytorch_tanh", "silu"),
    ("silu", "tanh"),
    ("quick_gelu", "gelu_fast"),
    ("gelu_fast", "quick_gelu"),
    ("tanh", "leaky_relu"),
    ("gelu_10", "swish"),
    ("mish", "gelu_python"),
]:
    variant(
        f"hubert-act-{hidden.replace('_', '-')}",
        f"hidden_act {hidden} in the feed-forward, feat_extract_activation {conv} in the encoder and after the positional convolution",
        {**SMALL, "hidden_act": hidden, "feat_extract_activation": conv},
        dtype=torch.float16,  # to keep them small
        gains={"intermediate_dense.weight": 4.0 if hidden == "gelu_10" else 1.5},
        contrasts={
            "hidden_act": dict(hidden_act="relu" if hidden == "gelu_10" else "gelu"),
            # The tables of activations.safetensors tell the erf forms apart; a model cannot.
            **({} if conv == "gelu_python" else {"feat_extract_activation": dict(feat_extract_activation="gelu")}),
            "positional convolution with hidden_act": position_activation(hidden),
            **({"gelu_10 without its limits": dict(hidden_act="gelu")} if hidden == "gelu_10" else {}),
        },
    )
variant("hubert-raw", "do_normalize false: the waveform goes in as it is", {**SMALL, **LARGE}, do_normalize=False)
variant("hubert-raw-group", "do_normalize false with the group norm", {**SMALL}, do_normalize=False)
variant(
    "hubert-no-mask",
    "mask probabilities 0: no masked_spec_embed in the file",
    {**SMALL, "mask_time_prob": 0.0, "mask_feature_prob": 0.0},
)
variant(
    "hubert-legacy",
    "a 4.x checkpoint: weight_g / weight_v, legacy configuration keys, preprocessor_config.json",
    {**BASE, **LARGE},
    legacy=True,
)
variant("hubert-fp16", "float16 storage", {**BASE}, dtype=torch.float16)
variant("hubert-bf16", "bfloat16 storage", {**BASE, **LARGE}, dtype=torch.bfloat16)
variant("hubert-mixed", "float32, float16 and bfloat16 tensors in one file", {**SMALL}, mixed=True)
variant("hubert-sharded", "model.safetensors.index.json and shards", {**SMALL}, shard="40KB")
variant("hubert-sharded-fp16", "shards of float16", {**BASE, **LARGE}, dtype=torch.float16, shard="20KB")
variant(
    "hubert-pad-last",
    "lower-case vocabulary with [UNK] and [PAD] last, as most community models have",
    {**SMALL, "vocab_size": 30, "pad_token_id": 29, "bos_token_id": None, "eos_token_id": None},
    vocab=pad_last(30),
)
variant(
    "hubert-adapter-attention",
    "adapter_attn_dim, which HubertConfig does not declare but HubertForCTC obeys",
    {**SMALL, **LARGE, "adapter_attn_dim": 8, "layer_norm_eps": 0.05},
    gains={"adapter_layer.linear_1.weight": 1.5},
    contrasts={"adapter norm with layer_norm_eps": adapter_norm_eps(0.05)},
)
variant(
    "wav2vec2-base",
    "group-norm encoder, post-norm transformer: the shape of wav2vec2-base-960h",
    {**BASE, "vocab_size": 32},
)
variant(
    "wav2vec2-large",
    "layer-norm encoder with conv bias, stable transformer: the shape of wav2vec2-large-960h-lv60-self",
    {**BASE, **LARGE, "vocab_size": 32},
    trace="s720",
)
variant("wav2vec2-sharded-bf16", "shards of bfloat16", {**SMALL}, dtype=torch.bfloat16, shard="20KB")
variant(
    "wav2vec2-legacy",
    "a 4.x checkpoint: weight_g / weight_v, legacy configuration keys, preprocessor_config.json",
    {**BASE, "mask_time_prob": 0.0},
    legacy=True,
    dtype=torch.float16,
)
ADAPTER = dict(add_adapter=True, layer_norm_eps=0.05)
variant(
    "wav2vec2-adapter",
    "add_adapter: convolutions of kernel 3 and stride 2 with GLU behind the transformer",
    {**SMALL, **ADAPTER, "num_adapter_layers": 2},
    dtype=torch.float16,
    trace="s720",
    contrasts={"GLU with its halves swapped": glu_swapped},
)
variant(
    "wav2vec2-adapter-projected",
    "add_adapter with output_hidden_size, adapter_kernel_size 5, adapter_stride 3; padding stays 1, short inputs give no frame",
    {
        **SMALL,
        **LARGE,
        **ADAPTER,
        "num_adapter_layers": 1,
        "output_hidden_size": 24,
        "adapter_kernel_size": 5,
        "adapter_stride": 3,
    },
    trace="quiet",
    contrasts={"proj_layer_norm with layer_norm_eps": adapter_norm_eps(0.05)},
)
variant(
    "wav2vec2-adapter-even",
    "add_adapter with adapter_kernel_size 4 and adapter_stride 1: each layer loses a frame",
    {**SMALL, **ADAPTER, "num_adapter_layers": 2, "adapter_kernel_size": 4, "adapter_stride": 1},
    dtype=torch.float16,
)
variant(
    "wav2vec2-adapter-narrow",
    "add_adapter with adapter_kernel_size 1: padding 1 all the same, so each layer gains two frames",
    {**SMALL, **ADAPTER, "num_adapter_layers": 1, "adapter_kernel_size": 1, "adapter_stride": 1},
    dtype=torch.float16,
)
variant(
    "wav2vec2-adapter-empty",
    "add_adapter with num_adapter_layers 0 and output_hidden_size: the projection alone",
    {**SMALL, **ADAPTER, "num_adapter_layers": 0, "output_hidden_size": 20},
)
variant(
    "wav2vec2-mms",
    "adapter_attn_dim as MMS has it: vocabulary nested by language, adapter.<lang>.safetensors with its own lm_head",
    {**BASE, **LARGE, "adapter_attn_dim": 8, "layer_norm_eps": 0.05, "vocab_size": 14},
    gains={"adapter_layer.linear_1.weight": 1.5, "k_proj.weight": 1.5},
    languages={"eng": 14, "fra": 19, "swh": 14},
    trace="s720",
    contrasts={"adapter norm with layer_norm_eps": adapter_norm_eps(0.05)},
)

# ---------------------------------------------------------------------------------------------------------------------
# Weights


def fill(model, seed: int, gains: dict):
    """Every parameter and statistic away from its neutral value, so scaled that frames and tokens stay apart."""
    generator = torch.Generator().manual_seed(seed)

    def normal(like, scale):
        return torch.randn(like.shape, generator=generator, dtype=torch.float32) * scale

    def uniform(like, low, high):
        return torch.rand(like.shape, generator=generator, dtype=torch.float32) * (high - low) + low

    hidden = model.config.hidden_size
    for name, tensor in model.state_dict().items():
        if name.endswith("num_batches_tracked"):
            tensor.fill_(1234)
            continue
        if name.endswith("running_var"):
            value = uniform(tensor, 0.4, 2.5)
        elif name.endswith("running_mean"):
            value = normal(tensor, 0.5)
        elif name.endswith("original0"):
            value = uniform(tensor, 0.6, 1.8) * (hidden / tensor.shape[-1]) ** 0.5
        elif name.endswith("original1"):
            value = normal(tensor, 1.0)
        elif ("norm" in name) and name.endswith(".weight"):
            value = uniform(tensor, 0.5, 1.6)
        elif name.endswith("lm_head.weight"):
            value = normal(tensor, 2.0 / tensor.shape[1] ** 0.5)
        elif name.endswith(("q_proj.weight", "k_proj.weight")):
            value = normal(tensor, 1.5 / tensor.shape[1] ** 0.5)
        elif name.endswith(("out_proj.weight", "output_dense.weight", "linear_2.weight")):
            value = normal(tensor, 1.6 / tensor.shape[1] ** 0.5)
        elif name.endswith(".weight"):
            value = normal(tensor, 1.4 / (tensor[0].numel()) ** 0.5)
        elif name.endswith("lm_head.bias"):
            value = normal(tensor, 0.3)
        elif name.endswith("q_proj.bias"):
            value = normal(tensor, 1.2)
        else:
            value = normal(tensor, 0.4)
        for ending, factor in gains.items():
            if name.endswith(ending):
                value = value * factor
                break
        tensor.copy_(value)


@torch.no_grad()
def spread(model, inputs: dict):
    """Centre the logits over time and give them a spread of 2: what differs between frames, not what they share,
    then decides the argmax."""
    double = copy.deepcopy(model).double()
    logits = torch.cat([double(torch.from_numpy(inputs[name]).double()[None]).logits[0] for name in ("second", "odd")])
    factor = 2.0 / (logits - logits.mean(0)).square().mean().sqrt()
    bias = double.lm_head.bias
    model.lm_head.bias.copy_(0.5 * bias - factor * (logits - bias).mean(0))
    model.lm_head.weight.copy_(factor * double.lm_head.weight)


def inert(name: str, config) -> bool:
    """Whether a tensor cannot change the result, whatever the model."""
    return name.endswith(("masked_spec_embed", "num_batches_tracked", "k_proj.bias")) or (
        config.feat_extract_norm == "group" and name.endswith("conv_layers.0.conv.bias")
    )


# ---------------------------------------------------------------------------------------------------------------------
# Reference


@torch.no_grad()
def log_posteriors(model, inputs: dict) -> dict:
    """Utterance by utterance, at batch 1. Utterances too short for a frame are left out."""
    results = {}
    for name, samples in inputs.items():
        try:
            logits = model(torch.from_numpy(samples).to(model.dtype)[None]).logits[0]
        except RuntimeError as error:
            if "Kernel size can't be greater than actual input size" not in str(error):
                raise
            continue
        results[name] = torch.log_softmax(logits, dim=-1)
        assert results[name].isfinite().all()
    return results


@torch.no_grad()
def trace(model, samples: np.ndarray) -> dict:
    """What stands between waveform and logits."""
    kept = {}
    hooks = [
        layer.register_forward_hook(lambda _, __, y, key=f"conv.{index}": kept.update({key: y[0]}))
        for index, layer in enumerate(body(model).feature_extractor.conv_layers)
    ]
    hooks.append(
        body(model).feature_projection.projection.register_forward_hook(lambda _, x, y: kept.update(projected=y[0]))
    )
    hooks.append(model.lm_head.register_forward_hook(lambda _, x, y: kept.update(encoded=x[0][0])))
    output = model(torch.from_numpy(samples).double()[None], output_hidden_states=True)
    for hook in hooks:
        hook.remove()
    last = len(body(model).feature_extractor.conv_layers) - 1
    kept["extract_features"] = kept[f"conv.{last}"].T
    for index, state in enumerate(output.hidden_states):
        kept[f"hidden_states.{index}"] = state[0]
    return {key: value.float().contiguous() for key, value in kept.items()}


def largest_share(log_posteriors) -> float:
    """The share of the frames that the commonest argmax has."""
    best = log_posteriors.argmax(-1)
    return float(torch.bincount(best).max()) / len(best)


def difference(a: dict, b: dict) -> float:
    return max(
        float((a[name].double() - b[name].double()).abs().max()) if a[name].shape == b[name].shape else float("inf")
        for name in a
    )


def check(name: str, model, inputs: dict, contrasts: dict) -> dict:
    """The facts that make a golden worth comparing with; raises where one fails."""
    reference = log_posteriors(model, inputs)
    facts = {}

    for utterance in ("second", "odd"):
        best = reference[utterance].argmax(-1)
        tokens, share = len(best.unique()), largest_share(reference[utterance])
        assert tokens >= 3 and share < 0.65, (name, utterance, best.tolist())
        facts.setdefault("argmax_tokens", {})[utterance] = tokens
        facts.setdefault("argmax_largest_share", {})[utterance] = round(share, 3)

    single = log_posteriors(copy.deepcopy(model).float(), inputs)
    facts["float32_difference"] = float(f"{difference(reference, single):.1g}")
    assert facts["float32_difference"] < MOST_FLOAT32_DIFFERENCE, (name, facts)

    few = {key: inputs[key] for key in ("s400", "s720", "second")}
    before = log_posteriors(model, few)
    generator = torch.Generator().manual_seed(1)
    effects = {}
    for key, tensor in model.state_dict(keep_vars=True).items():
        if not tensor.is_floating_point():
            continue
        keep = tensor.detach().clone()
        size = keep.square().mean().sqrt()
        noise = torch.randn(keep.shape, generator=generator, dtype=torch.float32)
        tensor.data.add_(0.1 * size * noise)
        if key.endswith("running_var"):
            tensor.data.clamp_(min=0.1)
        effect = difference(before, log_posteriors(model, few))
        tensor.data.copy_(keep)
        if inert(key, model.config):
            assert effect < 1e-3, (name, key, effect)
        else:
            effects[key] = effect
            assert effect > LEAST_PARAMETER_EFFECT, (name, key, effect)
    weakest = min(effects, key=effects.get)
    facts["weakest_parameter"] = [weakest, float(f"{effects[weakest]:.2g}")]
    facts["inert"] = sorted(
        {key.split(".")[-2] + "." + key.split(".")[-1] for key in model.state_dict() if inert(key, model.config)}
    )

    for what, change in contrasts.items():
        if callable(change):
            other = copy.deepcopy(model)
            change(other)
        else:
            other = type(model)(type(model.config)(**{**model.config.to_dict(), **change})).eval().double()
            other.config._attn_implementation = "eager"
            other.load_state_dict(model.state_dict())
        effect = difference(reference, log_posteriors(other, inputs))
        facts.setdefault("contrasts", {})[what] = float(f"{effect:.2g}")
        assert effect > LEAST_CONTRAST, (name, what, effect)
    return facts


# ---------------------------------------------------------------------------------------------------------------------
# Directories


def save_processor(directory: pathlib.Path, vocabulary: dict, do_normalize: bool, legacy: bool, language: str | None):
    with tempfile.TemporaryDirectory() as temporary:
        path = pathlib.Path(temporary) / "vocab.json"
        path.write_text(json.dumps(vocabulary, ensure_ascii=False))
        flat = vocabulary[language] if language else vocabulary
        special = dict(unk_token="[UNK]", pad_token="[PAD]", bos_token=None, eos_token=None) if "[PAD]" in flat else {}
        tokenizer = Wav2Vec2CTCTokenizer(str(path), target_lang=language, **special)
    extractor = Wav2Vec2FeatureExtractor(do_normalize=do_normalize, return_attention_mask=not legacy)
    if legacy:  # the separate files that transformers 4 wrote
        extractor.save_pretrained(directory)
        tokenizer.save_pretrained(directory)
        tokens = dict(bos_token="<s>", eos_token="</s>", unk_token="<unk>", pad_token="<pad>")
        write_json(directory / "special_tokens_map.json", tokens)
        write_json(
            directory / "tokenizer_config.json",
            dict(
                **tokens,
                do_lower_case=False,
                return_attention_mask=False,
                do_normalize=do_normalize,
                word_delimiter_token="|",
                tokenizer_class="Wav2Vec2CTCTokenizer",
            ),
        )
    else:
        Wav2Vec2Processor(extractor, tokenizer).save_pretrained(directory)


def write_json(path: pathlib.Path, value):
    path.write_text(json.dumps(value, indent=2, ensure_ascii=False) + "\n")


LEGACY_KEYS = dict(
    # What configurations written by transformers 4 (and before) carry and the forward pass does not read.
    feat_extract_dropout=0.0,
    gradient_checkpointing=False,
    hidden_dropout_prob=0.1,
    torch_dtype="float32",
    tokenizer_class="Wav2Vec2CTCTokenizer",
    transformers_version="4.10.0.dev0",
    _name_or_path="facebook/some-model",
    # Large dropouts: whoever applies them outside training will see it.
    activation_dropout=0.4,
    attention_dropout=0.4,
    feat_proj_dropout=0.4,
    final_dropout=0.4,
    hidden_dropout=0.4,
    layerdrop=0.4,
)


def rewrite_legacy(directory: pathlib.Path):
    path = directory / "config.json"
    config = json.loads(path.read_text())
    dtype = config.pop("dtype", "float32")
    config.update(LEGACY_KEYS, torch_dtype=dtype)
    write_json(path, dict(sorted(config.items())))
    path = directory / "model.safetensors"
    with safetensors.safe_open(path, "pt") as file:
        metadata = file.metadata()
    renamed = {
        key.replace(".parametrizations.weight.original0", ".weight_g").replace(
            ".parametrizations.weight.original1", ".weight_v"
        ): value
        for key, value in load_file(path).items()
    }
    save_file(renamed, path, metadata)


def rewrite_mixed(directory: pathlib.Path):
    path = directory / "model.safetensors"
    dtypes = [torch.float32, torch.float16, torch.bfloat16]
    tensors = load_file(path)
    save_file(
        {key: tensors[key].to(dtypes[index % 3]) for index, key in enumerate(sorted(tensors))}, path, {"format": "pt"}
    )


def write_variant(out: pathlib.Path, name: str, spec: dict, waveforms: dict) -> dict:
    directory = out / name
    shutil.rmtree(directory, ignore_errors=True)
    directory.mkdir(parents=True)
    hubert = spec["kind"] == "hubert"
    model_class, config_class = (HubertForCTC, HubertConfig) if hubert else (Wav2Vec2ForCTC, Wav2Vec2Config)
    languages = spec.get("languages")

    config = config_class(**spec["config"])
    do_normalize = spec.get("do_normalize", True)
    inputs = waveforms["normalized" if do_normalize else "raw"]
    torch.manual_seed(0)
    model = model_class(config).eval()
    for seed in range(zlib.crc32(name.encode()), 2**32):  # the first one under which no token wins most frames
        fill(model, seed, spec.get("gains", {}))
        spread(model, inputs)
        if (
            max(
                largest_share(y)
                for y in log_posteriors(model, {key: inputs[key] for key in ("second", "odd")}).values()
            )
            < 0.6
        ):
            break
    model.to(spec.get("dtype", torch.float32)).save_pretrained(directory, max_shard_size=spec.get("shard", "1GB"))
    if spec.get("legacy"):
        rewrite_legacy(directory)
    if spec.get("mixed"):
        rewrite_mixed(directory)

    if languages:
        vocabulary = {language: letters(count) for language, count in languages.items()}
    else:
        vocabulary = spec.get("vocab") or letters(config.vocab_size)
    save_processor(
        directory, vocabulary, do_normalize, spec.get("legacy", False), next(iter(languages)) if languages else None
    )

    def load(**options):
        """The reference: what stands in the files, widened to float32, computed in float64."""
        with torch.random.fork_rng():
            loaded, info = model_class.from_pretrained(
                directory, dtype=torch.float32, attn_implementation="eager", output_loading_info=True, **options
            )
        assert not info["missing_keys"] and not info["unexpected_keys"], (name, info)
        return loaded.eval().double()

    model = load()
    facts = check(name, model, inputs, spec.get("contrasts", {}))
    results = log_posteriors(model, inputs)
    golden = {f"log_posteriors.{key}": value.float().contiguous() for key, value in results.items()}

    if languages:
        for index, (language, count) in enumerate(languages.items()):
            other = copy.deepcopy(model)
            if index > 0:
                other.lm_head = torch.nn.Linear(config.hidden_size, count, dtype=torch.float64)
                keep = {key: value.clone() for key, value in model.state_dict().items()}
                fill(other, zlib.crc32(f"{name} {language}".encode()), spec.get("gains", {}))
                own = {key for key in other._get_adapters()}
                other.load_state_dict({key: value for key, value in keep.items() if key not in own}, strict=False)
                spread(other, inputs)
            save_file(
                {k: v.detach().float() for k, v in other._get_adapters().items()},
                directory / f"adapter.{language}.safetensors",
                {"format": "pt"},
            )
            if index > 0:
                switched = load(target_lang=language) if count == config.vocab_size else None
                if switched is None:
                    switched = copy.deepcopy(model)
                    switched.config._name_or_path = str(directory)
                    switched.load_adapter(language)
                switched.double()
                switched_results = log_posteriors(switched, inputs)
                golden.update(
                    {f"{language}.log_posteriors.{k}": v.float().contiguous() for k, v in switched_results.items()}
                )
                if count == config.vocab_size:
                    assert difference(results, switched_results) > 0.1
    if spec.get("trace"):
        utterance = spec["trace"]
        golden.update({f"{key}.{utterance}": value for key, value in trace(model, inputs[utterance]).items()})
    save_file(golden, directory / "golden.safetensors", {"input": "normalized" if do_normalize else "raw"})

    size = sum(path.stat().st_size for path in directory.iterdir())
    assert size < 400_000, (name, size)
    return dict(
        why=spec["why"],
        architecture=model_class.__name__,
        seed=seed,
        input="normalized" if do_normalize else "raw",
        parameters=sum(p.numel() for p in model.parameters()),
        frames={key: len(results[key]) if key in results else 0 for key in inputs},
        **({"languages": languages} if languages else {}),
        **({"traced": spec["trace"]} if spec.get("trace") else {}),
        **facts,
    )


def write_activations(path: pathlib.Path) -> list:
    """Every activation of transformers that has no parameters, on [-12, 12] and around zero."""
    x = torch.cat(
        [torch.linspace(-12, 12, 481), torch.tensor([-1e3, -50.0, -1e-3, -1e-6, -0.0, 1e-6, 1e-3, 50.0, 1e3])]
    )
    tables = {"x": x}
    for name in sorted(ACT2CLS):
        if name in ("prelu", "xielu"):  # these have parameters
            continue
        tables[name] = ACT2FN[name](x).detach().clone()
    save_file({key: value.contiguous() for key, value in tables.items()}, path)
    return sorted(set(tables) - {"x"})


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=pathlib.Path, required=True)
    parser.add_argument("--only", nargs="*", help="variants to write; goldens.json keeps the others")
    options = parser.parse_args()
    options.out.mkdir(parents=True, exist_ok=True)
    torch.set_num_threads(1)
    torch.use_deterministic_algorithms(True)
    transformers.logging.set_verbosity_error()
    transformers.logging.disable_progress_bar()

    extractor = Wav2Vec2FeatureExtractor(do_normalize=True)
    waveforms = dict(raw=WAVEFORMS, normalized={})
    for name, samples in WAVEFORMS.items():
        waveforms["normalized"][name] = extractor(samples, sampling_rate=SAMPLE_RATE)["input_values"][0].astype(
            np.float32
        )
    save_file(
        {
            f"{kind}.{name}": torch.from_numpy(samples)
            for kind, group in waveforms.items()
            for name, samples in group.items()
        },
        options.out / "waveforms.safetensors",
    )

    record_path = options.out / "goldens.json"
    record = json.loads(record_path.read_text()) if options.only and record_path.exists() else {"variants": {}}
    record = dict(
        versions=dict(
            transformers=transformers.__version__,
            torch=torch.__version__,
            numpy=np.__version__,
            safetensors=safetensors.__version__,
        ),
        attention="eager",
        sample_rate=SAMPLE_RATE,
        samples={name: len(samples) for name, samples in WAVEFORMS.items()},
        activations=write_activations(options.out / "activations.safetensors"),
        variants=record["variants"],
    )
    failed = []
    for name, spec in VARIANTS.items():
        if options.only and name not in options.only:
            continue
        try:
            facts = record["variants"][name] = write_variant(options.out, name, spec, waveforms)
        except AssertionError as error:
            failed.append(name)
            print(f"{name:32} FAILED: {error}", flush=True)
            continue
        print(
            f"{name:32} {facts['parameters']:6} parameters, float32 {facts['float32_difference']:.1e}, weakest {facts['weakest_parameter']}, contrasts {facts.get('contrasts', {})}",
            flush=True,
        )
    record["variants"] = {name: record["variants"][name] for name in VARIANTS if name in record["variants"]}
    write_json(record_path, record)
    if failed:
        raise SystemExit(f"{len(failed)} variants fail their checks: {', '.join(failed)}")


if __name__ == "__main__":
    main()
