#!/usr/bin/env python3
"""Warbler's mini-batch k-means beside scikit-learn's MiniBatchKMeans, on the same features.

    python3 -m venv venv && venv/bin/pip install -r Benchmarks/requirements.txt
    swift build -c release --product warbler
    venv/bin/python Benchmarks/clustering.py FEATURES.npy [--clusters 100 500] [--threads 2] [--rounds 3] [--starts 20]

FEATURES.npy is (frames, features) float32, for example MFCC with deltas. Both sides have HuBERT's settings (k-means++, batch
10000, at most 100 passes, no reassignment, no tolerance, 100 batches of patience) and the same number of starts; random numbers
differ. A round times each side once, one process each and one after the other, first scikit-learn, then Warbler, and the other
way round in the next; reading the file is not counted. Inertia is per frame, of all frames, measured after the time, in double
precision by numpy for scikit-learn. Medians over rounds; the ratio is the median over rounds of scikit-learn / Warbler. Prints
JSON lines to stderr as it goes and the table, in Markdown, to stdout.
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
SIDES = ["scikit-learn", "Warbler"]


def time_scikit_learn(features, clusters, starts, seed, threads):
    """In a process of its own: prints a JSON line."""
    for variable in ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS"):
        os.environ[variable] = str(threads)
    import numpy as np
    import sklearn
    from sklearn.cluster import MiniBatchKMeans

    frames = np.load(features)
    fit = MiniBatchKMeans(
        n_clusters=clusters, init="k-means++", max_iter=100, batch_size=10000, compute_labels=False, tol=0.0,
        max_no_improvement=100, n_init=starts, reassignment_ratio=0.0, random_state=seed,
    )  # fmt: skip
    start = time.perf_counter()
    fit.fit(frames)
    seconds = time.perf_counter() - start
    centroids = fit.cluster_centers_.astype(np.float64)
    inertia = 0.0
    for piece in np.array_split(frames.astype(np.float64), max(1, len(frames) // 10000)):
        nearest = ((centroids**2).sum(1) - 2 * piece @ centroids.T).argmin(1)
        inertia += ((piece - centroids[nearest]) ** 2).sum()
    print(json.dumps({
        "version": sklearn.__version__, "seconds": seconds, "batches": int(fit.n_steps_), "inertia": inertia / len(frames),
    }))  # fmt: skip


def measure(side, clusters, seed, options):
    if side == "Warbler":
        command = [options.warbler, "bench", "kmeans", options.features, "--json", "--starts", options.starts]
    else:
        command = [sys.executable, HERE, options.features, "--peer", "--starts", options.starts]
    command += ["--clusters", clusters, "--seed", seed, "--threads", options.threads]
    output = subprocess.run(list(map(str, command)), stdout=subprocess.PIPE, text=True, check=True).stdout
    return json.loads(output.splitlines()[-1])


def cpu_name():
    for line in pathlib.Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            return line.split(":", 1)[1].strip()


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("features", type=pathlib.Path)
    parser.add_argument("--clusters", type=int, nargs="+", default=[100, 500])
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--starts", type=int, default=20)
    parser.add_argument("--warbler", type=pathlib.Path, default=HERE.parent.parent / ".build/release/warbler")
    parser.add_argument("--seed", type=int, default=0, help=argparse.SUPPRESS)
    parser.add_argument("--peer", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.peer:
        return time_scikit_learn(options.features, options.clusters[0], options.starts, options.seed, options.threads)

    rows = []
    for round_number in range(options.rounds):
        for clusters in options.clusters:
            for side in SIDES if round_number % 2 == 0 else SIDES[::-1]:
                row = measure(side, clusters, round_number, options)
                rows.append({**row, "side": side, "clusters": clusters, "round": round_number})
                print(json.dumps(rows[-1]), file=sys.stderr, flush=True)

    version = next(row["version"] for row in rows if "version" in row)
    print(f"{cpu_name()}, {os.cpu_count()} cores, {options.threads} threads used; scikit-learn {version}; {options.starts} starts")
    print("\n| clusters | scikit-learn | Warbler | scikit-learn / Warbler | inertia, Warbler / scikit-learn |")
    print("|---|---|---|---|---|")
    for clusters in options.clusters:
        peer, ours = ([row for row in rows if (row["side"], row["clusters"]) == (side, clusters)] for side in SIDES)
        pairs = sorted(zip(sorted(peer, key=lambda row: row["round"]), sorted(ours, key=lambda row: row["round"])), key=str)
        ratio = statistics.median(a["seconds"] / b["seconds"] for a, b in pairs)
        inertia = statistics.mean(b["inertia"] for _, b in pairs) / statistics.mean(a["inertia"] for a, _ in pairs)
        cells = [f"{statistics.median(row['seconds'] for row in side):.2f} s" for side in (peer, ours)]
        print(f"| {clusters} | {' | '.join(cells)} | {ratio:.1f} | {inertia:.4f} |")


if __name__ == "__main__":
    main()
