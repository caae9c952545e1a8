#!/usr/bin/env python3
"""Warbler beside PyTorch, ONNX Runtime and OpenVINO: the forward pass of HubertForCTC(HubertConfig()), fp32, batch 1.

    python3 -m venv venv && venv/bin/pip install -r Benchmarks/requirements.txt
    swift build -c release --product warbler
    venv/bin/python Benchmarks/inference.py --work DIR [--seconds 2 10 30] [--threads 1 2] [--rounds 3]

All sides run the same random weights. A round times every side once, one process each and one after the other, so that what
the machine does meanwhile falls on all of them alike; the table gives medians over rounds and, as the ratio, the median over
rounds of fastest peer / Warbler. Prints JSON lines to stderr as it goes and the table, in Markdown, to stdout.
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
PEERS = ["PyTorch", "ONNX Runtime", "OpenVINO"]
RUNS = 5


def build_model():
    import torch
    from transformers import HubertConfig, HubertForCTC

    torch.manual_seed(0)
    return HubertForCTC(HubertConfig()).eval()


def prepare(work):
    """The checkpoint and its ONNX export, made once."""
    checkpoint, onnx = work / "hubert-base-random", work / "hubert-base-random.onnx"
    if onnx.exists():
        return checkpoint, onnx
    import torch

    model = build_model()
    model.save_pretrained(checkpoint)
    (checkpoint / "preprocessor_config.json").write_text(
        json.dumps({"feature_extractor_type": "Wav2Vec2FeatureExtractor", "sampling_rate": 16000, "do_normalize": True})
    )
    tokens = ["<pad>", "<s>", "</s>", "<unk>", "|", *"ETAONIHSRDLUMWCFGYPBVK'XJQZ"]
    (checkpoint / "vocab.json").write_text(json.dumps({t: i for i, t in enumerate(tokens)}))

    class Logits(torch.nn.Module):
        def __init__(self):
            super().__init__()
            # The weight norm becomes a plain weight, as an exporter of a finished model would have it.
            torch.nn.utils.parametrize.remove_parametrizations(model.hubert.encoder.pos_conv_embed.conv, "weight")
            self.model = model

        def forward(self, x):
            return self.model(x).logits

    model.config._attn_implementation = "eager"
    with torch.no_grad():
        torch.onnx.export(
            Logits().eval(), (torch.randn(1, 32000),), onnx, opset_version=17, dynamo=False, input_names=["x"],
            output_names=["logits"], dynamic_axes={"x": {1: "samples"}, "logits": {1: "frames"}},
        )  # fmt: skip
    return checkpoint, onnx


def peak_mib():
    """The most memory this process has had resident."""
    for line in pathlib.Path("/proc/self/status").read_text().splitlines():
        if line.startswith("VmHWM:"):
            return int(line.split()[1]) / 1024


def time_peer(name, threads, lengths, onnx):
    """In a process of its own: prints a JSON line for each length."""
    for variable in ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS"):
        os.environ[variable] = str(threads)
    import numpy as np

    generator = np.random.default_rng(1)
    if name == "PyTorch":
        import torch

        torch.set_num_threads(threads)
        model = build_model()
        version = torch.__version__

        def run(x):
            with torch.inference_mode():
                model(torch.from_numpy(x)).logits
    elif name == "ONNX Runtime":
        import onnxruntime

        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads, options.inter_op_num_threads = threads, 1
        session = onnxruntime.InferenceSession(str(onnx), options, providers=["CPUExecutionProvider"])
        version = onnxruntime.__version__

        def run(x):
            session.run(None, {"x": x})
    else:
        import openvino

        core = openvino.Core()
        settings = {"INFERENCE_NUM_THREADS": threads, "INFERENCE_PRECISION_HINT": "f32", "NUM_STREAMS": 1,
                    "PERFORMANCE_HINT": "LATENCY"}  # fmt: skip
        request = core.compile_model(core.read_model(onnx), "CPU", settings).create_infer_request()
        version = openvino.__version__.split("-")[0]

        def run(x):
            request.infer({0: x})

    for length in lengths:
        x = generator.standard_normal((1, int(length * 16000)), dtype=np.float32)
        run(x)
        times = []
        for _ in range(RUNS):
            start = time.perf_counter()
            run(x)
            times.append(time.perf_counter() - start)
        peak = peak_mib()
        print(json.dumps({"side": name, "version": version, "threads": threads, "audio_seconds": length,
                          "seconds": statistics.median(times), "peak_mib": peak}), flush=True)  # fmt: skip


def measure_peer(name, threads, lengths, onnx):
    command = [sys.executable, HERE, "--peer", name, "--work", onnx.parent, "--threads", str(threads), "--seconds"]
    output = subprocess.run([*command, *map(str, lengths)], capture_output=True, text=True)
    if output.returncode != 0:
        print(f"{name} failed: {output.stderr.strip().splitlines()[-1]}", file=sys.stderr)
    return [json.loads(line) for line in output.stdout.splitlines() if line.startswith("{")]


def measure_warbler(threads, lengths, checkpoint):
    command = [WARBLER, "bench", "model", "--json", "--model", checkpoint, "--threads", str(threads), "--runs", str(RUNS)]
    output = subprocess.run(
        [*command, "--audio-seconds", ",".join(map(str, lengths))], capture_output=True, text=True, check=True
    )
    for line in output.stdout.splitlines():
        row = json.loads(line)
        yield {"side": "Warbler", "threads": threads, "audio_seconds": row["audio_seconds"], "seconds": row["seconds"],
               "peak_mib": row["peak_bytes"] / 2**20, "fraction_of_peak": row["fraction_of_peak"]}  # fmt: skip


def cpu_name():
    for line in pathlib.Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            return line.split(":", 1)[1].strip()


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--work", type=pathlib.Path, required=True, help="where checkpoint and export are kept (0.8 GB)")
    parser.add_argument("--seconds", type=float, nargs="+", default=[2, 10, 30])
    parser.add_argument("--threads", type=int, nargs="+", default=[1, 2])
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--peer", choices=PEERS, help=argparse.SUPPRESS)
    options = parser.parse_args()
    options.work.mkdir(parents=True, exist_ok=True)
    checkpoint, onnx = prepare(options.work)
    if options.peer:
        return time_peer(options.peer, options.threads[0], options.seconds, onnx)

    rows = []
    for round_number in range(options.rounds):
        for threads in options.threads:
            for side in [*PEERS, "Warbler"]:
                if side == "Warbler":
                    measured = list(measure_warbler(threads, options.seconds, checkpoint))
                else:
                    measured = measure_peer(side, threads, options.seconds, onnx)
                for row in measured:
                    rows.append({**row, "round": round_number})
                    print(json.dumps(rows[-1]), file=sys.stderr, flush=True)

    versions = {row["side"]: row["version"] for row in rows if "version" in row}
    print(f"{cpu_name()}, {os.cpu_count()} cores; " + ", ".join(f"{side} {v}" for side, v in versions.items()))
    print("\n| threads | audio | " + " | ".join(PEERS) + " | Warbler | fastest peer / Warbler | of fp32 peak |")
    print("|---|---|" + "---|" * (len(PEERS) + 3))
    for threads in options.threads:
        for length in options.seconds:
            def values(side, key="seconds"):
                return [r[key] for r in rows if (r["side"], r["threads"], r["audio_seconds"]) == (side, threads, length)]

            sides = [side for side in PEERS if values(side)]
            fastest = [min(column) for column in zip(*(values(side) for side in sides))]
            ratio = statistics.median(peer / ours for peer, ours in zip(fastest, values("Warbler")))
            cells = [f"{statistics.median(values(s)):.3f} s, {max(values(s, 'peak_mib')):.0f} MiB" if s in [*sides, "Warbler"]
                     else "-" for s in [*PEERS, "Warbler"]]  # fmt: skip
            peak = statistics.median(values("Warbler", "fraction_of_peak"))
            print(f"| {threads} | {length:g} s | " + " | ".join(cells) + f" | {ratio:.2f} | {100 * peak:.0f} % |")


if __name__ == "__main__":
    main()
