"""What the benchmarks of training steps share: rounds of both sides, one process each, and their table."""

import argparse
import json
import os
import pathlib
import statistics
import subprocess
import sys

WARBLER = pathlib.Path(__file__).resolve().parent.parent / ".build/release/warbler"
SIDES = ["PyTorch", "Warbler"]


def peak_bytes():
    """The most memory this process has had resident."""
    for line in pathlib.Path("/proc/self/status").read_text().splitlines():
        if line.startswith("VmHWM:"):
            return int(line.split()[1]) * 1024


def cpu_name():
    for line in pathlib.Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            return line.split(":", 1)[1].strip()


def measure(side, case, script, bench, options):
    """One side of a case, in a process of its own: the JSON line that it prints."""
    if side == "PyTorch":
        command = [sys.executable, script, "--peer", "--work", str(options.work), "--cases", case]
    else:
        command = [options.warbler, "bench", *bench(case), "--json", "--init", options.work / "hubert-base.json"]
    command += ["--threads", str(options.threads), "--runs", str(options.runs)]
    output = subprocess.run(command, capture_output=True, text=True)
    if output.returncode != 0:
        message = (output.stderr.strip().splitlines() or ["no message"])[-1]
        raise SystemExit(f"{side}, {case}: exit {output.returncode}: {message}")
    return json.loads([line for line in output.stdout.splitlines() if line.startswith("{")][-1])


def write_config(work, model_class):
    """HubertConfig() as Warbler reads it."""
    from transformers import HubertConfig

    fields = {**HubertConfig(layerdrop=0.0).to_dict(), "architectures": [model_class]}
    (work / "hubert-base.json").write_text(json.dumps(fields, indent=2))


def cell(rows):
    seconds, forward, backward, optimizer, peak = (
        statistics.median(row[key] for row in rows) for key in ("seconds", "forward", "backward", "optimizer", "peak_bytes")
    )
    return f"{seconds:.2f} s ({forward:.2f} + {backward:.2f} + {optimizer:.2f}) | {peak / 2**30:.2f} GiB"


def print_table(rows, cases, sides, first_column):
    """`first_column`: its title, and what it holds of a case (its text and the dropout)."""
    title, describe = first_column
    print(f"\n| {title} | dropout | " + " | ".join(f"{side} (forward + backward + optimizer) | memory" for side in sides), end="")
    print(" | time, PyTorch / Warbler | memory, Warbler / PyTorch | of fp32 peak |" if len(sides) == 2 else " |")
    print("|---|---|" + "---|---|" * len(sides) + ("---|---|---|" if len(sides) == 2 else ""))
    for case in cases:
        what, dropout = describe(case)
        by_side = {side: [row for row in rows if row["case"] == case and row["side"] == side] for side in sides}
        line = f"| {what} | {dropout:g} | " + " | ".join(cell(by_side[side]) for side in sides)
        if len(sides) == 2:
            pairs = list(zip(by_side["PyTorch"], by_side["Warbler"]))
            time_ratio = statistics.median(peer["seconds"] / ours["seconds"] for peer, ours in pairs)
            memory_ratio = statistics.median(ours["peak_bytes"] / peer["peak_bytes"] for peer, ours in pairs)
            peak = statistics.median(row["fraction_of_peak"] for row in by_side["Warbler"])
            line += f" | {time_ratio:.2f} | {memory_ratio:.2f} | {100 * peak:.0f} %"
        print(line + " |")


def main(description, script, cases, model_class, bench, first_column, time_pytorch):
    """The command line of a benchmark.

    `cases`: name -> anything; `bench(case)`: the arguments of `warbler bench`; `time_pytorch(case, threads, runs)` runs in a
    process of its own and prints a JSON line.
    """
    parser = argparse.ArgumentParser(description=description, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--work", type=pathlib.Path, required=True, help="where the configuration is written")
    parser.add_argument("--warbler", type=pathlib.Path, default=WARBLER, help="the program (default: this package's release build)")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--runs", type=int, default=3, help="steps timed by each process")
    parser.add_argument("--cases", nargs="+", choices=cases, default=list(cases))
    parser.add_argument("--sides", nargs="+", choices=SIDES, default=SIDES)
    parser.add_argument("--peer", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.peer:
        return time_pytorch(options.cases[0], options.threads, options.runs)
    options.work.mkdir(parents=True, exist_ok=True)
    write_config(options.work, model_class)

    rows = []
    for round_number in range(options.rounds):
        for case in options.cases:
            for side in options.sides if round_number % 2 == 0 else options.sides[::-1]:
                row = measure(side, case, script, bench, options)
                rows.append({**row, "side": side, "case": case, "round": round_number})
                print(json.dumps(rows[-1]), file=sys.stderr, flush=True)
    version = next((row["version"] for row in rows if row["side"] == "PyTorch"), None)
    print(f"{cpu_name()}, {os.cpu_count()} cores, {options.threads} threads" + (f"; PyTorch {version}" if version else ""))
    print_table(rows, options.cases, options.sides, first_column)
