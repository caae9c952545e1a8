#!/usr/bin/env python3
"""The forward pass once more, in numpy and by the formulas of Docs/config-fields.md alone, against the goldens.

    python3 scripts/goldens/check.py Tests/AcousticModelTests/Goldens

Neither torch nor transformers is imported: agreement shows that the formulas are complete. float64, so what remains is the
rounding of the goldens to float32.
"""

import json
import math
import pathlib
import sys

import numpy as np

erf = np.vectorize(math.erf)


def sigmoid(x):
    return 1 / (1 + np.exp(-x))


def softplus(x):
    return np.logaddexp(0, x)


def gelu(x):
    return x / 2 * (1 + erf(x / math.sqrt(2)))


def gelu_tanh(x, root=math.sqrt(2 / math.pi)):
    return x / 2 * (1 + np.tanh(root * x * (1 + 0.044715 * x * x)))


ACTIVATIONS = {
    "gelu": gelu,
    "gelu_python": gelu,
    "gelu_new": gelu_tanh,
    "gelu_pytorch_tanh": gelu_tanh,
    "gelu_python_tanh": gelu_tanh,
    "gelu_accurate": gelu_tanh,
    "gelu_fast": lambda x: gelu_tanh(x, 0.7978845608),
    "gelu_10": lambda x: np.clip(gelu(x), -10, 10),
    "quick_gelu": lambda x: x * sigmoid(1.702 * x),
    "relu": lambda x: np.maximum(x, 0),
    "relu6": lambda x: np.clip(x, 0, 6),
    "relu2": lambda x: np.maximum(x, 0) ** 2,
    "leaky_relu": lambda x: np.where(x >= 0, x, 0.01 * x),
    "silu": lambda x: x * sigmoid(x),
    "swish": lambda x: x * sigmoid(x),
    "tanh": np.tanh,
    "sigmoid": sigmoid,
    "linear": lambda x: x,
    "mish": lambda x: x * np.tanh(softplus(x)),
    "hardswish": lambda x: x * np.clip(x + 3, 0, 6) / 6,
    "laplace": lambda x: (1 + erf((x - 0.707107) / (0.282095 * math.sqrt(2)))) / 2,
    "sqrtsoftplus": lambda x: np.sqrt(softplus(x)),
}


def read_safetensors(path: pathlib.Path) -> dict:
    data = path.read_bytes()
    length = int.from_bytes(data[:8], "little")
    tensors = {}
    for name, entry in json.loads(data[8 : 8 + length]).items():
        if name == "__metadata__":
            continue
        start, end = entry["data_offsets"]
        raw = data[8 + length + start : 8 + length + end]
        if entry["dtype"] == "BF16":
            values = (np.frombuffer(raw, "<u2").astype("<u4") << 16).view("<f4")
        else:
            values = np.frombuffer(raw, {"F32": "<f4", "F16": "<f2", "I64": "<i8"}[entry["dtype"]])
        tensors[name] = values.astype(np.float64).reshape(entry["shape"])
    return tensors


def read_model(directory: pathlib.Path) -> dict:
    index = directory / "model.safetensors.index.json"
    files = set(json.loads(index.read_text())["weight_map"].values()) if index.exists() else {"model.safetensors"}
    return {name: value for file in files for name, value in read_safetensors(directory / file).items()}


class Model:
    def __init__(self, config: dict, weights: dict):
        self.config = config
        self.prefix = config["model_type"] + "."
        self.weights = weights

    def weight(self, name):
        return self.weights[self.prefix + name]

    def has(self, name):
        return self.prefix + name in self.weights

    def norm(self, x, name, eps):
        """Layer norm over the last dimension."""
        x = (x - x.mean(-1, keepdims=True)) / np.sqrt(x.var(-1, keepdims=True) + eps)
        return x * self.weight(name + ".weight") + self.weight(name + ".bias")

    def linear(self, x, name):
        return x @ self.weight(name + ".weight").T + self.weight(name + ".bias")

    @staticmethod
    def convolution(x, weight, bias, stride=1, padding=0, groups=1):
        """x (T, C) -> (T', C'); weight (C', C / groups, K)."""
        x = np.pad(x, ((padding, padding), (0, 0)))
        outputs, inputs, kernel = weight.shape
        if len(x) < kernel:
            return np.zeros((0, outputs))
        windows = np.lib.stride_tricks.sliding_window_view(x, kernel, axis=0)[::stride]  # (T', C, K)
        windows = windows.reshape(len(windows), groups, inputs, kernel)
        weight = weight.reshape(groups, outputs // groups, inputs, kernel)
        return np.einsum("tgik,goik->tgo", windows, weight).reshape(len(windows), outputs) + bias

    def features(self, samples):
        activation = ACTIVATIONS[self.config["feat_extract_activation"]]
        x = samples[:, None]
        for i, stride in enumerate(self.config["conv_stride"]):
            name = f"feature_extractor.conv_layers.{i}."
            bias = self.weight(name + "conv.bias") if self.config["conv_bias"] else 0
            x = self.convolution(x, self.weight(name + "conv.weight"), bias, stride)
            if self.config["feat_extract_norm"] == "layer":
                x = self.norm(x, name + "layer_norm", 1e-5)
            elif i == 0:
                x = (x - x.mean(0)) / np.sqrt(x.var(0) + 1e-5)
                x = x * self.weight(name + "layer_norm.weight") + self.weight(name + "layer_norm.bias")
            x = activation(x)
        return x

    def position(self, x):
        name, kernel = "encoder.pos_conv_embed.", self.config["num_conv_pos_embeddings"]
        if self.has(name + "conv.weight"):
            norm = name + "batch_norm."
            x = (x - self.weight(norm + "running_mean")) / np.sqrt(self.weight(norm + "running_var") + 1e-5)
            x = x * self.weight(norm + "weight") + self.weight(norm + "bias")
            weight = self.weight(name + "conv.weight")
        else:
            old = self.has(name + "conv.weight_g")
            g = self.weight(name + ("conv.weight_g" if old else "conv.parametrizations.weight.original0"))
            v = self.weight(name + ("conv.weight_v" if old else "conv.parametrizations.weight.original1"))
            weight = g * v / np.sqrt((v * v).sum((0, 1), keepdims=True))
        groups = self.config["num_conv_pos_embedding_groups"]
        length = len(x)
        x = self.convolution(x, weight, self.weight(name + "conv.bias"), 1, kernel // 2, groups)
        return ACTIVATIONS[self.config["feat_extract_activation"]](x[:length])

    def attention(self, x, name):
        heads = self.config["num_attention_heads"]
        q, k, v = (self.linear(x, f"{name}{p}_proj").reshape(len(x), heads, -1) for p in "qkv")
        scores = np.einsum("thc,shc->hts", q, k) / math.sqrt(q.shape[-1])
        scores = np.exp(scores - scores.max(-1, keepdims=True))
        mixed = np.einsum("hts,shc->thc", scores / scores.sum(-1, keepdims=True), v)
        return self.linear(mixed.reshape(len(x), -1), name + "out_proj")

    def feed_forward(self, x, name):
        x = ACTIVATIONS[self.config["hidden_act"]](self.linear(x, name + "intermediate_dense"))
        return self.linear(x, name + "output_dense")

    def log_posteriors(self, samples):
        config, eps = self.config, self.config["layer_norm_eps"]
        x = self.features(samples)
        if len(x) == 0:
            return None
        if config.get("feat_proj_layer_norm", True) or config["model_type"] == "wav2vec2":
            x = self.norm(x, "feature_projection.layer_norm", eps)
        x = self.linear(x, "feature_projection.projection")
        x = x + self.position(x)
        stable = config["do_stable_layer_norm"]
        if not stable:
            x = self.norm(x, "encoder.layer_norm", eps)
        for n in range(config["num_hidden_layers"]):
            name = f"encoder.layers.{n}."
            if stable:
                x = x + self.attention(self.norm(x, name + "layer_norm", eps), name + "attention.")
                x = x + self.feed_forward(self.norm(x, name + "final_layer_norm", eps), name + "feed_forward.")
                if config.get("adapter_attn_dim") is not None:
                    y = self.norm(x, name + "adapter_layer.norm", 1e-5)
                    y = np.maximum(self.linear(y, name + "adapter_layer.linear_1"), 0)
                    x = x + self.linear(y, name + "adapter_layer.linear_2")
            else:
                x = self.norm(x + self.attention(x, name + "attention."), name + "layer_norm", eps)
                x = self.norm(x + self.feed_forward(x, name + "feed_forward."), name + "final_layer_norm", eps)
        if stable:
            x = self.norm(x, "encoder.layer_norm", eps)
        if config["model_type"] == "wav2vec2" and config.get("add_adapter"):
            if (config.get("output_hidden_size") or config["hidden_size"]) != config["hidden_size"]:
                x = self.norm(self.linear(x, "adapter.proj"), "adapter.proj_layer_norm", 1e-5)
            for n in range(config["num_adapter_layers"]):
                name = f"adapter.layers.{n}.conv."
                x = self.convolution(
                    x, self.weight(name + "weight"), self.weight(name + "bias"), config["adapter_stride"], 1
                )
                if len(x) == 0:
                    return None
                first, second = np.split(x, 2, axis=1)
                x = first * sigmoid(second)
        logits = x @ self.weights["lm_head.weight"].T + self.weights["lm_head.bias"]
        logits = logits - logits.max(-1, keepdims=True)
        return logits - np.log(np.exp(logits).sum(-1, keepdims=True))


def main():
    goldens = pathlib.Path(sys.argv[1])
    record = json.loads((goldens / "goldens.json").read_text())
    waveforms = read_safetensors(goldens / "waveforms.safetensors")
    worst = 0.0

    for name in record["samples"]:
        raw, normalized = waveforms["raw." + name], waveforms["normalized." + name]
        ours = (raw - raw.mean()) / np.sqrt(raw.var() + 1e-7)
        assert np.allclose(ours, normalized, atol=1e-5), name

    tables = read_safetensors(goldens / "activations.safetensors")
    for name in record["activations"]:
        with np.errstate(over="ignore", invalid="ignore"):
            ours = ACTIVATIONS[name](tables["x"])
        assert np.allclose(ours, tables[name], rtol=1e-5, atol=1e-5), name

    for variant, facts in record["variants"].items():
        directory = goldens / variant
        config = json.loads((directory / "config.json").read_text())
        weights = read_model(directory)
        golden = read_safetensors(directory / "golden.safetensors")
        largest = 0.0
        for language in list(facts.get("languages", {"": 0})):
            own, prefix = weights, ""
            if language:
                own = {**weights, **read_safetensors(directory / f"adapter.{language}.safetensors")}
                prefix = "" if language == next(iter(facts["languages"])) else language + "."
            model = Model(config, own)
            for name in record["samples"]:
                with np.errstate(over="ignore"):
                    ours = model.log_posteriors(waveforms[f"{facts['input']}.{name}"])
                theirs = golden.get(f"{prefix}log_posteriors.{name}")
                assert (ours is None) == (theirs is None), (variant, name)
                if ours is not None:
                    assert ours.shape == theirs.shape, (variant, name, ours.shape, theirs.shape)
                    largest = max(largest, np.abs(ours - theirs).max())
        print(f"{variant:32} {largest:.1e}")
        assert largest < 1e-5, variant
        worst = max(worst, largest)
    print(f"{len(record['variants'])} variants, {len(record['activations'])} activations agree; worst {worst:.1e}")


if __name__ == "__main__":
    main()
