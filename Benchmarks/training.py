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
EQUAL, MIXED = [10] * 4, list(range(2, 17, 2))
CASES = {"equal": (EQUAL, 0.1), "equal-0": (EQUAL, 0.0), "mixed": (MIXED, 0.1), "mixed-0": (MIXED, 0.0)}
LABELS_A_SECOND = 14
SIDES = ["PyTorch", "Warbler"]


def peak_bytes():
    """The most memory this process has had resident."""
    for line in pathlib.Path("/proc/self/status").read_text().splitlines():
        if line.startswith("VmHWM:"):
            return int(line.split()[1]) * 1024


def time_pytorch(lengths, dropout, threads, runs):
    """In a process of its own: prints a JSON line."""
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
        **dict(zip(["seconds", "forward", "backward", "optimizer"], medians)), "peak_bytes": peak_bytes(),
        "version": f"{torch.__version__}, transformers {transformers.__version__}",
    }))  # fmt: skip


def measure(side, case, options):
    lengths, dropout = CASES[case]
    if side == "PyTorch":
        command = [sys.executable, HERE, "--peer", "--work", str(options.work), "--cases", case, "--threads", str(options.threads),
                   "--runs", str(options.runs)]  # fmt: skip
    else:
        command = [WARBLER, "bench", "train", "--json", "--init", options.work / "hubert-base.json", "--lengths",
                   ",".join(map(str, lengths)), "--dropout", str(dropout), "--threads", str(options.threads), "--runs",
                   str(options.runs)]  # fmt: skip
    output = subprocess.run(command, capture_output=True, text=True)
    if output.returncode != 0:
        message = (output.stderr.strip().splitlines() or ["no message"])[-1]
        raise SystemExit(f"{side}, {case}: exit {output.returncode}: {message}")
    return json.loads([line for line in output.stdout.splitlines() if line.startswith("{")][-1])


def write_config(work):
    """HubertConfig() as Warbler reads it."""
    from transformers import HubertConfig

    (work / "hubert-base.json").write_text(
        json.dumps({**HubertConfig(layerdrop=0.0).to_dict(), "architectures": ["HubertForCTC"]}, indent=2)
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
    print("\n| a step of | dropout | " + " | ".join(f"{side} (forward + backward + optimizer) | memory" for side in sides), end="")
    print(" | time, PyTorch / Warbler | memory, Warbler / PyTorch | of fp32 peak |" if len(sides) == 2 else " |")
    print("|---|---|" + "---|---|" * len(sides) + ("---|---|---|" if len(sides) == 2 else ""))
    for case in cases:
        lengths, dropout = CASES[case]
        what = "4 x 10 s" if lengths == EQUAL else "2, 4, ... 16 s"
        by_side = {side: [row for row in rows if row["case"] == case and row["side"] == side] for side in sides}
        line = f"| {what} | {dropout:g} | " + " | ".join(cell(by_side[side]) for side in sides)
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
