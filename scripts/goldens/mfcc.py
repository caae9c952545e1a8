#!/usr/bin/env python3
"""Goldens of MFCC and log-mel features: what torchaudio.compliance.kaldi and compute_deltas make of real speech.

    python3 scripts/goldens/mfcc.py --kathleen AUDIO --kerstin AUDIO     # from the top of the repository
    python3 scripts/goldens/mfcc.py --speech FOLDER... --each 20 --out FILE

The first form writes Tests/AudioTests/Goldens: features.safetensors and two recordings of people, copied from the
folders `audio` of the corpora kathleen-en and kerstin-de (rhasspy, both CC0 1.0). The second one writes the same kind
of file, to compare far more than is committed: every 20th recording of the folders. Its tests are run by

    WARBLER_FEATURE_REFERENCE=FILE swift test -c release --filter recordings

Needs torch, torchaudio (pip install --no-deps torchaudio==2.11.0), numpy, soundfile and safetensors; their versions
stand in the file's metadata. torchaudio's extension is built for one version of torch and refuses others; nothing
here uses it (kaldi.py and compute_deltas are Python), so a stand-in takes the place of the module that loads it.

    NAME.mfcc (T, 39), NAME.mfcc.double       13 cepstra, deltas, deltas of deltas
    NAME.mel80, NAME.mel80.double (T, 80)     fbank of 80 bins
    NAME.RATE.WINDOW.double (T, 40)           fbank of 40 bins from 60 Hz to 100 Hz below Nyquist, of the first
                                              samples taken as if they were at RATE Hz

all float32. `.double` was computed from float64 samples and rounded; the others are torchaudio's float32, whose own
rounding is up to 5e-3 where a recording has empty bands. The metadata holds the largest difference of the two.
"""

import argparse
import pathlib
import shutil
import sys
import types

import numpy as np
import safetensors
import soundfile
import torch
from safetensors.torch import save_file

extension = types.ModuleType("torchaudio._extension")
extension._IS_TORCHAUDIO_EXT_AVAILABLE = False
extension.fail_if_no_align = lambda function: function
sys.modules["torchaudio._extension"] = extension

import torchaudio  # noqa: E402
from torchaudio.compliance import kaldi  # noqa: E402
from torchaudio.functional import compute_deltas  # noqa: E402

GOLDENS = pathlib.Path("Tests/AudioTests/Goldens")
EMBEDDED = pathlib.Path("Corpora/espeak-en/audio/espeak-f3-12.flac")
RECORDINGS = {"kathleen": "arctic_a0098.flac", "kerstin": "de_rhasspy-0733.flac"}
WINDOWS = {"povey": "povey", "hann": "hanning", "hamming": "hamming", "rectangular": "rectangular"}


def mfcc(samples):
    """As simple_kmeans/dump_mfcc_feature.py of HuBERT in fairseq."""
    cepstra = kaldi.mfcc(samples[None], sample_frequency=16000, use_energy=False).T
    deltas = compute_deltas(cepstra)
    return torch.cat([cepstra, deltas, compute_deltas(deltas)]).T


def mel80(samples):
    return kaldi.fbank(samples[None], sample_frequency=16000, num_mel_bins=80)


def read(path):
    samples, rate = soundfile.read(path, dtype="float32")
    assert rate == 16000 and samples.ndim == 1, f"{path}: expected 16 kHz mono"
    return torch.from_numpy(samples)


def references(name, path, worst, *kinds):
    """Features of a recording in both precisions; nothing if it is shorter than a frame, which torchaudio refuses."""
    samples = read(path)
    result = {}
    if len(samples) < 400:
        return result
    for kind in kinds:
        function = {"mfcc": mfcc, "mel80": mel80}[kind]
        single, double = function(samples), function(samples.double())
        worst[kind] = max(worst[kind], (single - double).abs().max().item())
        result[f"{name}.{kind}"] = single.contiguous()
        result[f"{name}.{kind}.double"] = double.float().contiguous()
    return result


def variants(name, path):
    samples = read(path)[8000:12000].double()
    result = {}
    for rate in [8000, 11025, 16000, 22050, 44100]:
        for ours, theirs in WINDOWS.items():
            features = kaldi.fbank(
                samples[None], sample_frequency=rate, num_mel_bins=40, low_freq=60, high_freq=-100,
                window_type=theirs, remove_dc_offset=ours != "hann",
                preemphasis_coefficient=0 if ours == "hamming" else 0.97)  # fmt: skip
            result[f"{name}.{rate}.{ours}.double"] = features.float().contiguous()
    return result


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--kathleen", type=pathlib.Path, help="the folder of kathleen-en's recordings")
    parser.add_argument("--kerstin", type=pathlib.Path, help="the folder of kerstin-de's recordings")
    parser.add_argument("--speech", type=pathlib.Path, nargs="+", help="folders of 16 kHz FLAC files")
    parser.add_argument("--each", type=int, default=20, help="every how many recordings of a folder")
    parser.add_argument("--out", type=pathlib.Path)
    options = parser.parse_args()
    worst = {"mfcc": 0.0, "mel80": 0.0}
    tensors = {}
    if options.speech:
        for folder in options.speech:
            for path in sorted(folder.resolve().glob("*.flac"))[:: options.each]:
                tensors |= references(str(path), path, worst, "mfcc", "mel80")
        out = options.out or parser.error("--speech wants --out")
    else:
        GOLDENS.mkdir(exist_ok=True)
        for name, file in RECORDINGS.items():
            folder = getattr(options, name) or parser.error(f"--{name} is missing")
            shutil.copyfile(folder / file, GOLDENS / f"{name}.flac")
            tensors |= references(name, GOLDENS / f"{name}.flac", worst, "mfcc")
        tensors |= references("espeak", EMBEDDED, worst, "mfcc")
        tensors |= references("kathleen", GOLDENS / "kathleen.flac", worst, "mel80")
        tensors |= variants("kathleen", GOLDENS / "kathleen.flac")
        assert max(worst.values()) < 5e-4, f"{worst}: choose recordings that float32 suffices for"
        out = GOLDENS / "features.safetensors"
    metadata = {f"largest float32 difference of {kind}": f"{value:.2e}" for kind, value in worst.items()}
    for module in [np, safetensors, soundfile, torch, torchaudio]:
        metadata[module.__name__] = module.__version__
    save_file(tensors, out, metadata=metadata)
    print(out, len(tensors), "tensors", metadata)


if __name__ == "__main__":
    main()
