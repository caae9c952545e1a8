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

import argparse
import json
import os
import pathlib
import statistics
import subprocess
import sys
import time

HERE = pathlib.Path(__file__).resolve()
WARBLER = HERE.parent.parent / ".build/release/warbler"
LENGTHS = [10] * 4
# case -> clusters, dropout
CASES = {"100": (100, 0.1), "100-0": (100, 0.0), "500": (500, 0.1), "500-0": (500, 0.0)}
SIDES = ["PyTorch", "Warbler"]
PROJECTION, TEMPERATURE, PENALTY, ENCODER_SCALE = 256, 0.1, 10.0, 0.1


def peak_bytes():
    """The most memory this process has had resident."""
    for line in pathlib.Path("/proc/self/status").read_text().splitlines():
        if line.startswith("VmHWM:"):
            return int(line.split()[1]) * 1024


def time_pytorch(clusters, dropout, threads, runs):
    """In a process of its own: prints a JSON line."""
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
        **dict(zip(["seconds", "forward", "backward", "optimizer"], medians)), "peak_bytes": peak_bytes(),
        "version": f"{torch.__version__}, transformers {transformers.__version__}",
    }))  # fmt: skip


def measure(side, case, options):
    clusters, dropout = CASES[case]
    if side == "PyTorch":
        command = [sys.executable, HERE, "--peer", "--work", str(options.work), "--cases", case, "--threads", str(options.threads),
                   "--runs", str(options.runs)]  # fmt: skip
    else:
        command = [options.warbler, "bench", "pretrain", "--json", "--init", options.work / "hubert-base.json", "--lengths",
                   ",".join(map(str, LENGTHS)), "--dropout", str(dropout), "--clusters", str(clusters), "--threads",
                   str(options.threads), "--runs", str(options.runs)]  # fmt: skip
    output = subprocess.run(command, capture_output=True, text=True)
    if output.returncode != 0:
        message = (output.stderr.strip().splitlines() or ["no message"])[-1]
        raise SystemExit(f"{side}, {case}: exit {output.returncode}: {message}")
    return json.loads([line for line in output.stdout.splitlines() if line.startswith("{")][-1])


def write_config(work):
    """HubertConfig() as Warbler reads it."""
    from transformers import HubertConfig

    (work / "hubert-base.json").write_text(
        json.dumps({**HubertConfig(layerdrop=0.0).to_dict(), "architectures": ["HubertModel"]}, indent=2)
    )


def cpu_name():
    for line in pathlib.Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            return line.split(":", 1)[1].strip()


def cell(rows):
    seconds, forward, backward, optimizer, peak = (
        statistics.median(row[key] for row in rows) for key in ("seconds", "forward", "backward", "optimizer", "peak_bytes")
    )
    return f"{seconds:.2f} s ({forward:.2f} + {backward:.2f} + {optimizer:.2f}) | {peak / 2**30:.2f} GiB"


def print_table(rows, cases, sides):
    print("\n| clusters | dropout | " + " | ".join(f"{side} (forward + backward + optimizer) | memory" for side in sides), end="")
    print(" | time, PyTorch / Warbler | memory, Warbler / PyTorch | of fp32 peak |" if len(sides) == 2 else " |")
    print("|---|---|" + "---|---|" * len(sides) + ("---|---|---|" if len(sides) == 2 else ""))
    for case in cases:
        clusters, dropout = CASES[case]
        by_side = {side: [row for row in rows if row["case"] == case and row["side"] == side] for side in sides}
        line = f"| {clusters} | {dropout:g} | " + " | ".join(cell(by_side[side]) for side in sides)
        if len(sides) == 2:
            pairs = list(zip(by_side["PyTorch"], by_side["Warbler"]))
            time_ratio = statistics.median(peer["seconds"] / ours["seconds"] for peer, ours in pairs)
            memory_ratio = statistics.median(ours["peak_bytes"] / peer["peak_bytes"] for peer, ours in pairs)
            peak = statistics.median(row["fraction_of_peak"] for row in by_side["Warbler"])
            line += f" | {time_ratio:.2f} | {memory_ratio:.2f} | {100 * peak:.0f} %"
        print(line + " |")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--work", type=pathlib.Path, required=True, help="where the configuration is written")
    parser.add_argument("--warbler", type=pathlib.Path, default=WARBLER, help="the program (default: this package's release build)")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--runs", type=int, default=3, help="steps timed by each process")
    parser.add_argument("--cases", nargs="+", choices=CASES, default=list(CASES))
    parser.add_argument("--sides", nargs="+", choices=SIDES, default=SIDES)
    parser.add_argument("--peer", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.peer:
        return time_pytorch(*CASES[options.cases[0]], options.threads, options.runs)
    options.work.mkdir(parents=True, exist_ok=True)
    write_config(options.work)

    rows = []
    for round_number in range(options.rounds):
        for case in options.cases:
            for side in options.sides if round_number % 2 == 0 else options.sides[::-1]:
                rows.append({**measure(side, case, options), "side": side, "case": case, "round": round_number})
                print(json.dumps(rows[-1]), file=sys.stderr, flush=True)
    version = next((row["version"] for row in rows if row["side"] == "PyTorch"), None)
    print(f"{cpu_name()}, {os.cpu_count()} cores, {options.threads} threads" + (f"; PyTorch {version}" if version else ""))
    print_table(rows, options.cases, options.sides)


if __name__ == "__main__":
    main()
