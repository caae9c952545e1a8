#!/usr/bin/env python3
"""Warbler beside PyTorch: one step of CTC fine-tuning of HubertForCTC(HubertConfig()), fp32, feature encoder frozen, AdamW.

    python3 -m venv venv && venv/bin/pip install -r Benchmarks/requirements.txt
    swift build -c release --product warbler
    venv/bin/python Benchmarks/training.py --work DIR [--threads 2] [--rounds 3] [--runs 3] [--cases equal equal-0 ...]

Cases: four utterances of 10 s, and eight of 2, 4, ... 16 s, each with dropout 0.1 and 0. A step is forward, loss, backward and
optimizer on one batch of noise with 14 random labels a second. PyTorch runs transformers' model with sdpa attention, pads
to the longest (with an attention mask where lengths differ) and computes the frozen feature encoder in every step, as
transformers does; Warbler takes it from its cache, as `warbler finetune` does. On both sides LayerDrop is off, and `dropout` is
that of hidden, activation, attention and final; PyTorch also draws time masks (mask_time_prob 0.05).

A round times both sides, one process each, one after the other, first PyTorch, then Warbler, and the other way round in
the next. Each process warms up by one step and reports the median of RUNS steps and the most memory it had resident. The
table gives medians over rounds, and as ratios the medians over rounds of PyTorch / Warbler. JSON lines to stderr as it
goes, Markdown to stdout.
"""

import json
import os
import pathlib
import statistics
import time

import training_steps

EQUAL, MIXED = [10] * 4, list(range(2, 17, 2))
CASES = {"equal": (EQUAL, 0.1), "equal-0": (EQUAL, 0.0), "mixed": (MIXED, 0.1), "mixed-0": (MIXED, 0.0)}
LABELS_A_SECOND = 14


def time_pytorch(case, threads, runs):
    """In a process of its own: prints a JSON line."""
    lengths, dropout = CASES[case]
    for variable in ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS"):
        os.environ[variable] = str(threads)
    import torch
    import transformers
    from transformers import HubertConfig, HubertForCTC

    torch.set_num_threads(threads)
    torch.manual_seed(0)
    config = HubertConfig(
        hidden_dropout=dropout, activation_dropout=dropout, attention_dropout=dropout, final_dropout=dropout, layerdrop=0.0,
        mask_time_prob=0.05, ctc_loss_reduction="mean", ctc_zero_infinity=True, attn_implementation="sdpa",
    )  # fmt: skip
    model = HubertForCTC(config)
    model.freeze_feature_encoder()
    model.train()
    optimizer = torch.optim.AdamW([p for p in model.parameters() if p.requires_grad], lr=1e-5)

    samples = [16000 * length for length in lengths]
    x = torch.zeros(len(samples), max(samples))
    mask = torch.zeros(x.shape, dtype=torch.long)
    labels = torch.full((len(samples), LABELS_A_SECOND * max(lengths)), -100)
    for row, (length, count) in enumerate(zip(lengths, samples)):
        x[row, :count] = torch.randn(count)
        mask[row, :count] = 1
        labels[row, : LABELS_A_SECOND * length] = torch.randint(5, 32, (LABELS_A_SECOND * length,))
    if len(set(samples)) == 1:
        mask = None

    def step():
        times = [time.perf_counter()]
        loss = model(x, attention_mask=mask, labels=labels).loss
        times.append(time.perf_counter())
        loss.backward()
        times.append(time.perf_counter())
        optimizer.step()
        optimizer.zero_grad(set_to_none=True)
        times.append(time.perf_counter())
        assert loss.isfinite()
        return [times[3] - times[0], *(b - a for a, b in zip(times, times[1:]))]

    step()
    medians = [statistics.median(column) for column in zip(*(step() for _ in range(runs)))]
    print(json.dumps({
        **dict(zip(["seconds", "forward", "backward", "optimizer"], medians)), "peak_bytes": training_steps.peak_bytes(),
        "version": f"{torch.__version__}, transformers {transformers.__version__}",
    }))  # fmt: skip


def bench(case):
    lengths, dropout = CASES[case]
    return ["train", "--lengths", ",".join(map(str, lengths)), "--dropout", str(dropout)]


def describe(case):
    lengths, dropout = CASES[case]
    return "4 x 10 s" if lengths == EQUAL else "2, 4, ... 16 s", dropout


if __name__ == "__main__":
    training_steps.main(__doc__, __file__, CASES, "HubertForCTC", bench, ("a step of", describe), time_pytorch)
