#!/usr/bin/env python3
"""Warbler's CTC loss beside PyTorch's: forward and gradient with respect to logits, log-softmax included, fp32.

    python3 -m venv venv && venv/bin/pip install -r Benchmarks/requirements.txt
    swift build -c release --product warbler
    venv/bin/python Benchmarks/ctc_loss.py [--shapes T,B,V,S ...] [--threads 1] [--rounds 5] [--runs 5]

Both sides take noise of unit variance as logits and B utterances of T frames and S labels. A round times each side once, one
process each and one after the other, so that what the machine does meanwhile falls on both alike; the table gives medians over
rounds and, as the ratio, the median over rounds of PyTorch / Warbler. Prints JSON lines to stderr as it goes and the table, in
Markdown, to stdout.
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
SHAPES = ["500,16,32,100", "1500,8,32,300", "500,16,5000,60"]


def time_pytorch(shape, threads, runs):
    """In a process of its own: prints a JSON line."""
    for variable in ("OMP_NUM_THREADS", "MKL_NUM_THREADS"):
        os.environ[variable] = str(threads)
    import torch

    torch.set_num_threads(threads)
    torch.manual_seed(1)
    frames, batch, vocabulary, labels = map(int, shape.split(","))
    logits = torch.randn(frames, batch, vocabulary, requires_grad=True)
    targets = torch.randint(1, vocabulary, (batch, labels))
    frame_counts, label_counts = torch.full((batch,), frames), torch.full((batch,), labels)
    times = []
    for _ in range(runs + 1):
        logits.grad = None
        start = time.perf_counter()
        log_posteriors = torch.nn.functional.log_softmax(logits, -1)
        torch.nn.functional.ctc_loss(log_posteriors, targets, frame_counts, label_counts, reduction="sum").backward()
        times.append(time.perf_counter() - start)
    print(json.dumps({"version": torch.__version__, "seconds": statistics.median(times[1:])}))


def measure(command):
    output = subprocess.run(list(map(str, command)), stdout=subprocess.PIPE, text=True, check=True).stdout
    return json.loads(output.splitlines()[-1])


def cpu_name():
    for line in pathlib.Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            return line.split(":", 1)[1].strip()


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--shapes", nargs="+", default=SHAPES, metavar="T,B,V,S")
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--pytorch", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.pytorch:
        return time_pytorch(options.shapes[0], options.threads, options.runs)

    rows = []
    for round_number in range(options.rounds):
        for shape in options.shapes:
            for side in ["PyTorch", "Warbler"]:
                command = [sys.executable, HERE, "--pytorch", "--shapes"] if side == "PyTorch" else \
                    [WARBLER, "bench", "ctc", "--json", "--shape"]  # fmt: skip
                measured = measure([*command, shape, "--threads", options.threads, "--runs", options.runs])
                rows.append({**measured, "side": side, "shape": shape, "round": round_number})
                print(json.dumps(rows[-1]), file=sys.stderr, flush=True)

    version = next(row["version"] for row in rows if "version" in row)
    print(f"{cpu_name()}, {os.cpu_count()} cores, {options.threads} threads used; PyTorch {version}")
    print("\n| T | B | V | S | PyTorch | Warbler | PyTorch / Warbler |")
    print("|---|---|---|---|---|---|---|")
    for shape in options.shapes:
        seconds = {side: [row["seconds"] for row in rows if (row["side"], row["shape"]) == (side, shape)]
                   for side in ("PyTorch", "Warbler")}  # fmt: skip
        ratio = statistics.median(peer / ours for peer, ours in zip(seconds["PyTorch"], seconds["Warbler"]))
        cells = [f"{1000 * statistics.median(values):.2f} ms" for values in seconds.values()]
        print("| " + " | ".join([*shape.split(","), *cells]) + f" | {ratio:.1f} |")


if __name__ == "__main__":
    main()
