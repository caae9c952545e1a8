#!/usr/bin/env python3
"""Goldens of forced alignment: the paths of torchaudio's forced_align, frame by frame.

    python3 scripts/goldens/alignment.py --out Tests/CTCTests/Goldens

Needs torch, torchaudio and safetensors; their versions stand in the file's metadata. Only torchaudio's compiled operator
is loaded, so a torchaudio installed with --no-deps for another CUDA than torch's will do.

    OUT/alignment.safetensors, for every case:
      CASE.log_posteriors (T, V) float32, CASE.labels (U) float32, CASE.blank (1) float32
      CASE.path (T) float32: the token of each frame, computed in float64 from the float32 log-posteriors
"""

import argparse
import importlib.metadata
import importlib.util
import pathlib

import safetensors
import torch
from safetensors.torch import save_file


def load_operator():
    folder = pathlib.Path(importlib.util.find_spec("torchaudio").origin).parent / "lib"
    for library in sorted(folder.glob("libtorchaudio*.so")):
        torch.ops.load_library(library)
    return torch.ops.torchaudio.forced_align


def case(seed, frames, vocabulary, count, spread, blank=0, repeats=False):
    generator = torch.Generator().manual_seed(seed)
    logits = spread * torch.randn(frames, vocabulary, generator=generator)
    others = [v for v in range(vocabulary) if v != blank]
    labels = []
    for _ in range(count):
        choice = others
        if labels and not repeats:
            choice = [v for v in others if v != labels[-1]]
        labels.append(choice[int(torch.randint(len(choice), (1,), generator=generator))])
    return logits.log_softmax(-1), labels, blank


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=pathlib.Path, required=True)
    options = parser.parse_args()
    forced_align = load_operator()
    cases = {
        "one": case(1, 1, 4, 1, 1.0),
        "tight": case(2, 30, 6, 30, 1.0),
        "repeats": case(3, 60, 5, 25, 2.0, repeats=True),
        "loose": case(4, 200, 12, 40, 3.0, repeats=True),
        "peaky": case(5, 150, 32, 60, 12.0, repeats=True),
        "last-blank": case(6, 80, 9, 30, 2.0, blank=8, repeats=True),
        "flat": case(7, 90, 20, 33, 0.2, repeats=True),
    }
    tensors = {}
    for name, (emissions, labels, blank) in cases.items():
        target = torch.tensor([labels], dtype=torch.int32)
        lengths = [torch.tensor([n]) for n in (emissions.shape[0], len(labels))]
        path = forced_align(emissions.double()[None], target, *lengths, blank)[0][0]
        tensors |= {
            f"{name}.log_posteriors": emissions, f"{name}.labels": torch.tensor(labels).float(),
            f"{name}.blank": torch.tensor([blank]).float(), f"{name}.path": path.float(),
        }  # fmt: skip
    options.out.mkdir(parents=True, exist_ok=True)
    versions = {
        "torch": torch.__version__, "torchaudio": importlib.metadata.version("torchaudio"),
        "safetensors": safetensors.__version__,
    }  # fmt: skip
    save_file({k: v.contiguous() for k, v in tensors.items()}, options.out / "alignment.safetensors", metadata=versions)


if __name__ == "__main__":
    main()
