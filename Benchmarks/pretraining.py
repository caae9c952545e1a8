#!/usr/bin/env python3
"""Warbler beside PyTorch: one step of HuBERT's pre-training, base configuration, fp32, everything trained, AdamW.

    python3 -m venv venv && venv/bin/pip install -r Benchmarks/requirements.txt
    swift build -c release --product warbler
    venv/bin/python Benchmarks/pretraining.py --work DIR [--threads 2] [--rounds 3] [--runs 3] [--cases 100 100-0 ...]

A step is forward, loss, backward, clipping and optimizer on four crops of 10 s of noise, with 100 or 500 clusters (rounds 1 and 2) and
dropout 0.1 or 0 (hidden, activation, attention and feature projection; LayerDrop is off on both sides). Frames are masked with
probability 0.8 in spans of 10, drawn in each step; the loss is the cross-entropy of the masked frames by cosine over 0.1, plus 10 times
the mean square of the features, whose gradient goes into the feature encoder times 0.1.

PyTorch's side is written over transformers' HubertModel to be fast: sdpa attention, no padding and so no attention mask, only the masked
frames are projected and compared with the clusters, cosines are one product of normalised matrices, and AdamW is the fused one.

A round times both sides, one process each, one after the other, first PyTorch, then Warbler, and the other way round in the next. Each
process warms up by one step and reports the median of RUNS steps and the most memory it had resident. The table gives medians over
rounds, and as ratios the medians over rounds of PyTorch / Warbler. JSON lines to stderr as it goes, Markdown to stdout.
"""

import json
import os
import pathlib
import statistics
import time

import training_steps

LENGTHS = [10] * 4
# case -> clusters, dropout
CASES = {"100": (100, 0.1), "100-0": (100, 0.0), "500": (500, 0.1), "500-0": (500, 0.0)}
PROJECTION, TEMPERATURE, PENALTY, ENCODER_SCALE = 256, 0.1, 10.0, 0.1


def time_pytorch(case, threads, runs):
    """In a process of its own: prints a JSON line."""
    clusters, dropout = CASES[case]
    for variable in ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS"):
        os.environ[variable] = str(threads)
    import torch
    import transformers
    from torch.nn import functional
    from transformers import HubertConfig, HubertModel
    from transformers.models.hubert.modeling_hubert import _compute_mask_indices

    torch.set_num_threads(threads)
    torch.manual_seed(0)
    config = HubertConfig(
        hidden_dropout=dropout, activation_dropout=dropout, attention_dropout=dropout, feat_proj_dropout=dropout, layerdrop=0.0,
        mask_time_prob=0.8, mask_time_length=10, attn_implementation="sdpa",
    )  # fmt: skip
    model = HubertModel(config).train()
    projection = torch.nn.Linear(config.hidden_size, PROJECTION)
    embeddings = torch.nn.Parameter(torch.rand(clusters, PROJECTION))
    parameters = [*model.parameters(), *projection.parameters(), embeddings]
    optimizer = torch.optim.AdamW(parameters, lr=1e-5, betas=(0.9, 0.98), eps=1e-6, weight_decay=0.01, fused=True)

    x = torch.randn(len(LENGTHS), 16000 * LENGTHS[0])
    frames = int(model._get_feat_extract_output_lengths(x.shape[1]))
    targets = torch.randint(clusters, (len(LENGTHS), frames))
    features = []

    def keep(module, inputs, output):
        output.register_hook(lambda gradient: gradient * ENCODER_SCALE)
        features[:] = [output]

    model.feature_extractor.register_forward_hook(keep)

    def step():
        times = [time.perf_counter()]
        masked = torch.from_numpy(_compute_mask_indices((len(LENGTHS), frames), 0.8, 10, min_masks=2))
        hidden = model(x, mask_time_indices=masked).last_hidden_state
        z = functional.normalize(projection(hidden[masked]), dim=-1)
        logits = z @ functional.normalize(embeddings, dim=-1).T / TEMPERATURE
        loss = functional.cross_entropy(logits, targets[masked]) + PENALTY * features[0].square().mean()
        times.append(time.perf_counter())
        loss.backward()
        times.append(time.perf_counter())
        torch.nn.utils.clip_grad_norm_(parameters, 10.0)
        optimizer.step()
        optimizer.zero_grad(set_to_none=True)
        features.clear()
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
    clusters, dropout = CASES[case]
    return ["pretrain", "--lengths", ",".join(map(str, LENGTHS)), "--dropout", str(dropout), "--clusters", str(clusters)]


if __name__ == "__main__":
    training_steps.main(__doc__, __file__, CASES, "HubertModel", bench, ("clusters", lambda case: CASES[case]), time_pytorch)
