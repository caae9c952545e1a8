#!/usr/bin/env python3
"""Goldens of the CTC loss: what torch.nn.functional makes of seeded batches, in float64 from float32 logits.

    python3 scripts/goldens/ctc_loss.py --out Tests/CTCTests/Goldens

Needs torch and safetensors; their versions stand in the file's metadata.

    OUT/ctc_loss.safetensors, for every case:
      CASE.logits (T, B, V) float32; CASE.frames (B), CASE.label_counts (B), CASE.labels (B, U, padded with 0) float32
      CASE.blank (1) float32
      CASE.REDUCTION.{plain,zeroed}.loss (B, or 1) float32, without and with zero_infinity
      CASE.REDUCTION.gradient (T, B, V) float32, of the logits, with zero_infinity: without it PyTorch's gradient of an
      infinite loss is NaN, and the same elsewhere. REDUCTION is none, sum, mean (PyTorch's, which is Hugging Face's) or
      sentence (sum / B).
"""

import argparse
import pathlib

import safetensors
import torch
from safetensors.torch import save_file

REDUCTIONS = ["none", "sum", "mean", "sentence"]


def case(seed, frames, vocabulary, targets, blank=0, spread=1.0):
    """`frames` and `targets` (a list of label lists) of each utterance."""
    generator = torch.Generator().manual_seed(seed)
    logits = spread * torch.randn(max(frames), len(frames), vocabulary, generator=generator)
    labels = torch.zeros(len(targets), max(1, *map(len, targets)), dtype=torch.long)
    for row, target in zip(labels, targets):
        row[: len(target)] = torch.tensor(target, dtype=torch.long)
    return logits, labels, torch.tensor(frames), torch.tensor(list(map(len, targets))), blank


def random_targets(seed, lengths, vocabulary):
    generator = torch.Generator().manual_seed(seed)
    return [torch.randint(1, vocabulary, (length,), generator=generator).tolist() for length in lengths]


def evaluate(logits, labels, frames, counts, blank, reduction, zero_infinity):
    x = logits.double().requires_grad_()
    loss = torch.nn.functional.ctc_loss(
        x.log_softmax(-1), labels, frames, counts, blank=blank, zero_infinity=zero_infinity,
        reduction="sum" if reduction == "sentence" else reduction,
    )  # fmt: skip
    if reduction == "sentence":
        loss = loss / len(counts)
    loss.sum().backward()
    return loss.detach(), x.grad


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=pathlib.Path, required=True)
    options = parser.parse_args()
    lengths = torch.randint(10, 31, (16,), generator=torch.Generator().manual_seed(1)).tolist()
    cases = {
        # The example of torch.nn.CTCLoss.
        "documented": case(2, [50] * 16, 20, random_targets(3, lengths, 20)),
        # Empty, one frame, repeats that just fit, repeats that do not, too long, a blank that is not 0.
        "edges": case(4, [7, 1, 5, 4, 2], 5, [[], [2], [3, 3, 3], [3, 3, 3], [0, 1, 2]], blank=4),
        "peaky": case(5, [40, 31, 17], 8, random_targets(6, [12, 9, 3], 8), spread=20.0),
    }
    tensors = {}
    for name, (logits, labels, frames, counts, blank) in cases.items():
        tensors[f"{name}.logits"] = logits
        values = {"labels": labels, "frames": frames, "label_counts": counts, "blank": torch.tensor([blank])}
        tensors |= {f"{name}.{key}": value.float() for key, value in values.items()}
        for reduction in REDUCTIONS:
            for zeroed in (False, True):
                loss, gradient = evaluate(logits, labels, frames, counts, blank, reduction, zeroed)
                key = f"{name}.{reduction}"
                tensors[f"{key}.{'zeroed' if zeroed else 'plain'}.loss"] = loss.reshape(-1).float()
            tensors[f"{key}.gradient"] = gradient.float()
    options.out.mkdir(parents=True, exist_ok=True)
    versions = {"torch": torch.__version__, "safetensors": safetensors.__version__}
    save_file({k: v.contiguous() for k, v in tensors.items()}, options.out / "ctc_loss.safetensors", metadata=versions)


if __name__ == "__main__":
    main()
