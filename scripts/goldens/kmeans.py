#!/usr/bin/env python3
"""Golden of mini-batch k-means: what scikit-learn's MiniBatchKMeans reaches on MFCC of real speech.

    python3 scripts/goldens/kmeans.py AUDIO... --out Tests/ClusteringTests/Goldens

AUDIO are recordings at 16 kHz; the committed golden is of the first 20 of the corpus kathleen-en. Needs scikit-learn, torch,
torchaudio (pip install --no-deps), soundfile and safetensors; their versions stand in the file's metadata.

The file, kmeans.safetensors:
  features           (frames, 39): MFCC, deltas and delta-deltas as HuBERT's, rounded to float16, in which the golden was
                     computed too (as float32)
  inertia.K          (SEEDS): inertia per frame of all frames after a fit of K clusters, one for each seed

The settings of the fits are in the metadata: HuBERT's, with a smaller batch and fewer starts.
"""

import argparse
import json
import pathlib
import sys
import types

import numpy as np
import safetensors
import sklearn
import soundfile
import torch
from safetensors.torch import save_file
from sklearn.cluster import MiniBatchKMeans

extension = types.ModuleType("torchaudio._extension")
extension._IS_TORCHAUDIO_EXT_AVAILABLE = False
extension.fail_if_no_align = lambda function: function
sys.modules["torchaudio._extension"] = extension

import torchaudio  # noqa: E402
from torchaudio.compliance import kaldi  # noqa: E402
from torchaudio.functional import compute_deltas  # noqa: E402

CLUSTERS = [20, 100]
SEEDS = 8
SETTINGS = {"batch_size": 500, "max_iter": 100, "n_init": 5, "max_no_improvement": 100, "tol": 0.0, "reassignment_ratio": 0.0}


def mfcc(path):
    """As simple_kmeans/dump_mfcc_feature.py of HuBERT in fairseq."""
    samples, rate = soundfile.read(path, dtype="float32")
    if rate != 16000 or samples.ndim != 1:
        raise SystemExit(f"{path}: expected 16 kHz, mono")
    cepstra = kaldi.mfcc(torch.from_numpy(samples)[None], sample_frequency=16000, use_energy=False).T
    deltas = compute_deltas(cepstra)
    return torch.cat([cepstra, deltas, compute_deltas(deltas)]).T


def inertia(frames, centroids):
    """Per frame, in double precision."""
    frames, centroids = frames.astype(np.float64), centroids.astype(np.float64)
    return sum(((frames[i : i + 500, None] - centroids) ** 2).sum(-1).min(1).sum() for i in range(0, len(frames), 500)) / len(frames)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("audio", nargs="+", type=pathlib.Path)
    parser.add_argument("--out", type=pathlib.Path, required=True)
    options = parser.parse_args()
    features = torch.cat([mfcc(path) for path in options.audio]).half()
    frames = features.float().numpy()
    tensors = {"features": features.contiguous()}
    for clusters in CLUSTERS:
        inertias = []
        for seed in range(SEEDS):
            fit = MiniBatchKMeans(n_clusters=clusters, init="k-means++", random_state=seed, compute_labels=False, **SETTINGS)
            inertias.append(inertia(frames, fit.fit(frames).cluster_centers_))
        tensors[f"inertia.{clusters}"] = torch.tensor(inertias, dtype=torch.float64)
        print(clusters, "clusters:", " ".join(f"{value:.2f}" for value in inertias))
    metadata = {
        "settings": json.dumps(SETTINGS), "torch": torch.__version__, "torchaudio": torchaudio.__version__,
        "scikit-learn": sklearn.__version__, "safetensors": safetensors.__version__, "recordings": str(len(options.audio)),
    }  # fmt: skip
    options.out.mkdir(parents=True, exist_ok=True)
    save_file(tensors, options.out / "kmeans.safetensors", metadata=metadata)
    print(tuple(features.shape))


if __name__ == "__main__":
    main()
