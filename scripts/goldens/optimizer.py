#!/usr/bin/env python3
"""Goldens of the optimizer: what PyTorch and transformers make of seeded tensors.

    python3 scripts/goldens/optimizer.py --out Tests/TrainingTests/Goldens

Needs torch, transformers and safetensors; their versions stand in both files.

    OUT/adamw.safetensors, float32:
      ENTRY.start, and for STEP in 0..9 STEP.ENTRY.gradient (absent where the entry has none), STEP.ENTRY.value,
      STEP.ENTRY.first and STEP.ENTRY.second (the moments; absent before its first gradient), STEP.norm (1): what
      clip_grad_norm_ returned. The settings stand in the metadata.
    OUT/optimizer.json:
      schedules: a list of {kind, steps, warmup (null for tri-stage's own), rates: by step, as parts of the peak}
      initialisation: for each configuration, its config.json and by tensor [mean, standard deviation, largest magnitude]
"""

import argparse
import json
import math
import pathlib

import safetensors
import torch
import transformers
from safetensors.torch import save_file

ADAMW = {"lr": 3e-3, "beta1": 0.9, "beta2": 0.98, "eps": 1e-8, "weight_decay": 0.1, "clip": 1.5}
# Entry: shape, and the steps in which it has a gradient.
ENTRIES = {
    "linear.weight": ((7, 19), range(10)),
    "linear.bias": ((19,), range(10)),
    "late.weight": ((5, 33), range(4, 10)),
    "rare.weight": ((3, 16), (0, 1, 5, 9)),
    "never.weight": ((2, 8), ()),
}


def adamw():
    generator = torch.Generator().manual_seed(11)
    parameters = {name: torch.nn.Parameter(torch.randn(shape, generator=generator)) for name, (shape, _) in ENTRIES.items()}
    optimizer = torch.optim.AdamW(
        [
            {"params": [p for n, p in parameters.items() if n.endswith("weight")], "weight_decay": ADAMW["weight_decay"]},
            {"params": [p for n, p in parameters.items() if n.endswith("bias")], "weight_decay": 0.0},
        ],
        lr=ADAMW["lr"], betas=(ADAMW["beta1"], ADAMW["beta2"]), eps=ADAMW["eps"],
    )  # fmt: skip
    tensors = {f"{name}.start": p.detach().clone() for name, p in parameters.items()}
    for step in range(10):
        for name, p in parameters.items():
            # Some steps are clipped, some are not.
            size = 0.02 if step % 3 == 2 else 0.4
            gradient = size * torch.randn(p.shape, generator=generator)
            p.grad = gradient if step in ENTRIES[name][1] else None
            if p.grad is not None:
                tensors[f"{step}.{name}.gradient"] = gradient.clone()
        norm = torch.nn.utils.clip_grad_norm_(parameters.values(), ADAMW["clip"])
        tensors[f"{step}.norm"] = norm.reshape(1)
        optimizer.step()
        for name, p in parameters.items():
            tensors[f"{step}.{name}.value"] = p.detach().clone()
            if state := optimizer.state.get(p):
                tensors[f"{step}.{name}.first"] = state["exp_avg"].clone()
                tensors[f"{step}.{name}.second"] = state["exp_avg_sq"].clone()
    return tensors


def tri_stage(steps, warmup=None, initial=0.01, final=0.05):
    """fairseq's TriStageLRSchedule with a peak of 1 and phase_ratio (0.1, 0.4, 0.5); our split beside a given warm-up."""
    if warmup is None:
        warmup, hold, decay = (int(steps * ratio) for ratio in (0.1, 0.4, 0.5))
    else:
        hold = (steps - warmup) * 4 // 9
        decay = steps - warmup - hold
    rate = (1 - initial) / warmup if warmup else 0
    factor = -math.log(final) / decay

    def at(update):
        if update < warmup:
            return initial + rate * update
        update -= warmup
        if update < hold:
            return 1.0
        update -= hold
        return math.exp(-factor * update) if update <= decay else final

    return [at(step) for step in range(steps + 4)]


def schedules():
    found = []
    for steps, warmup in ((40, 7), (30, 0), (12, 12)):
        for kind in ("constant", "linear", "cosine"):
            optimizer = torch.optim.SGD([torch.nn.Parameter(torch.zeros(1))], lr=1.0)
            arguments = (warmup,) if kind == "constant" else (warmup, steps)
            schedule = getattr(transformers, f"get_{kind}_schedule_with_warmup")(optimizer, *arguments)
            rates = []
            for _ in range(steps + 4):
                rates.append(schedule.get_last_lr()[0])
                optimizer.step()
                schedule.step()
            found.append({"kind": kind, "steps": steps, "warmup": warmup, "rates": rates})
    for steps, warmup in ((40, None), (97, None), (40, 9), (30, 0)):
        found.append({"kind": "tri-stage", "steps": steps, "warmup": warmup, "rates": tri_stage(steps, warmup)})
    return found


def initialisation():
    tiny = {
        "conv_dim": [16] * 3, "conv_kernel": [10, 3, 2], "conv_stride": [5, 2, 2], "hidden_size": 32,
        "num_hidden_layers": 1, "num_attention_heads": 4, "intermediate_size": 48, "num_conv_pos_embeddings": 16,
        "num_conv_pos_embedding_groups": 8, "vocab_size": 40, "initializer_range": 0.03,
    }  # fmt: skip
    large = tiny | {"do_stable_layer_norm": True, "feat_extract_norm": "layer", "conv_bias": True, "adapter_attn_dim": 16}
    hubert = ("hubert", transformers.HubertConfig, transformers.HubertForCTC)
    wav2vec2 = ("wav2vec2", transformers.Wav2Vec2Config, transformers.Wav2Vec2ForCTC)
    found = []
    for (_, configuration, model), fields in (
        (hubert, tiny), (hubert, large), (hubert, tiny | {"conv_pos_batch_norm": True}), (wav2vec2, tiny),
        (wav2vec2, large | {"add_adapter": True, "output_hidden_size": 24}),
    ):  # fmt: skip
        torch.manual_seed(5)
        config = configuration(**fields)
        config.architectures = [model.__name__]
        tensors = {
            name: [t.mean().item(), t.std(correction=0).item(), t.abs().max().item()]
            for name, t in model(config).state_dict().items()
            if t.is_floating_point()
        }
        found.append({"config": config.to_dict(), "tensors": tensors})
    return found


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=pathlib.Path, required=True)
    options = parser.parse_args()
    options.out.mkdir(parents=True, exist_ok=True)
    versions = {module.__name__: module.__version__ for module in (torch, transformers, safetensors)}
    metadata = versions | {key: repr(value) for key, value in ADAMW.items()} | {"seed": "11"}
    save_file({k: v.contiguous() for k, v in adamw().items()}, options.out / "adamw.safetensors", metadata=metadata)
    document = {"versions": versions, "schedules": schedules(), "initialisation": initialisation()}
    (options.out / "optimizer.json").write_text(json.dumps(document, indent=1) + "\n")


if __name__ == "__main__":
    main()
