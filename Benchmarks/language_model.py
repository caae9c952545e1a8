#!/usr/bin/env python3
"""Queries of an n-gram model: KenLM's probing and trie models and Warbler's binary form, in turn, one thread.

    pip download kenlm==0.3.0 --no-deps --no-binary kenlm && tar xf kenlm-0.3.0.tar.gz
    language_model.py MODEL.arpa TEXT --kenlm kenlm-0.3.0 --work DIR

KenLM is built from its sources with g++ -O3 -march=native, so that its C++ is timed and no Python; its models are its own
binaries, read into memory. Without --kenlm its Python package is timed instead, a call a sentence, text alone. Every
round runs each side once; a cell is the median of rounds of (the median of runs). Scores must agree to 1e-6 of their sum.
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


def build_kenlm(source, work):
    """Returns the timing program and build_binary."""
    programs = {"query": HERE.with_name("kenlm_query.cc"), "build_binary": source / "lm/build_binary_main.cc"}
    flags = [f"-I{source}", "-O3", "-march=native", "-DNDEBUG", "-DHAVE_ZLIB", "-DKENLM_MAX_ORDER=6"]
    objects = []
    for folder in ["util/double-conversion", "util", "lm"]:
        for file in sorted((source / folder).glob("*.cc")):
            if not file.stem.endswith(("test", "main")):
                objects.append(work / f"{file.parent.name}_{file.stem}.o")
                if not objects[-1].exists():
                    subprocess.run(["g++", *flags, "-w", "-c", file, "-o", objects[-1]], check=True)
    for name, file in programs.items():
        if not (work / name).exists():
            subprocess.run(["g++", *flags, "-w", file, *objects, "-lz", "-lpthread", "-o", work / name], check=True)
    return work / "query", work / "build_binary"


def run(*command):
    output = subprocess.run(list(map(str, command)), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    if output.returncode:
        sys.exit(output.stderr)
    return output.stdout


def time_python(model, text, runs):
    import kenlm

    model = kenlm.Model(str(model))
    lines = pathlib.Path(text).read_text().splitlines()
    tokens = sum(len(line.split()) + 1 for line in lines)
    seconds = []
    for _ in range(runs + 1):
        start = time.perf_counter()
        probability = sum(model.score(line) for line in lines)
        seconds.append(time.perf_counter() - start)
    return {"text_nanoseconds": statistics.median(seconds[1:]) / tokens * 1e9, "log10_probability": probability}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("model", type=pathlib.Path)
    parser.add_argument("text", type=pathlib.Path)
    parser.add_argument("--kenlm", type=pathlib.Path, help="KenLM's sources")
    parser.add_argument("--work", type=pathlib.Path, required=True)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--quantize", type=int, default=8)
    parser.add_argument("--warbler", type=pathlib.Path, default=HERE.parent.parent / ".build/release/warbler")
    options = parser.parse_args()
    options.work.mkdir(parents=True, exist_ok=True)
    name = options.model.name
    sides, files = {}, {}
    if options.kenlm:
        query, build_binary = build_kenlm(options.kenlm, options.work)
        for kind in ["probing", "trie"]:
            side = f"KenLM {kind}"
            files[side] = options.work / f"{name}.{kind}"
            run(build_binary, kind, options.model, files[side])
            sides[side] = (query, kind, files[side], options.text, options.runs)
    quantized = f"Warbler, {options.quantize} bits"
    files["Warbler"], files[quantized] = options.work / f"{name}.warbler", options.work / f"{name}.warbler{options.quantize}"
    run(options.warbler, "lm", "convert", options.model, files["Warbler"])
    run(options.warbler, "lm", "convert", options.model, files[quantized], "--quantize", options.quantize)
    for side in ["Warbler", quantized]:
        sides[side] = (options.warbler, "bench", "lm", files[side], options.text, "--json", "--runs", options.runs)

    rows = {side: [] for side in sides}
    if not options.kenlm:
        rows = {"KenLM, Python": [], **rows}
    for number in range(options.rounds):
        for side in list(rows) if number % 2 == 0 else list(rows)[::-1]:
            row = json.loads(run(*sides[side])) if side in sides else time_python(options.model, options.text, options.runs)
            rows[side].append(row)
            print(json.dumps({"side": side, **row}), file=sys.stderr, flush=True)
    first = next(iter(rows.values()))[0]["log10_probability"]
    assert abs(rows["Warbler"][0]["log10_probability"] - first) < 1e-6 * abs(first), "the scores differ"

    print(f"{os.cpu_count()} cores, one used; {options.model.stat().st_size / 1e6:.0f} MB of ARPA\n")
    print("| | from ids | from text | open | file | log10 P |")
    print("|---|---|---|---|---|---|")
    for side, measured in rows.items():

        def cell(key, scale, unit):
            values = [row[key] for row in measured if key in row]
            return f"{statistics.median(values) * scale:.3g} {unit}" if values else "-"

        size = f"{files[side].stat().st_size / 1e6:.1f} MB" if side in files else "-"
        print(
            f"| {side} | {cell('query_nanoseconds', 1, 'ns')} | {cell('text_nanoseconds', 1, 'ns')} | "
            f"{cell('open_seconds', 1e3, 'ms')} | {size} | {measured[0]['log10_probability']:.1f} |"
        )


if __name__ == "__main__":
    main()
