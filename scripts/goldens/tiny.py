#!/usr/bin/env python3
"""Goldens of a real checkpoint: what transformers makes of the embedded corpus with Models/warbler-tiny.

    python3 scripts/goldens/tiny.py --out Tests/WorkbenchTests/Goldens/warbler-tiny

    OUT/transcripts.tsv          id, text, margin: greedy, of every utterance of Corpora/espeak-en. The text is as transformers
                                 gives it, runs of spaces and all. (The model does not understand this speech.)
    OUT/posteriors.safetensors   log_posteriors.ID: (T, V) float32, natural log, of the first few; input.ID: the samples after
                                 normalisation of the very first

The weights of the file, computed in float64, an utterance at a time. The margin is the smallest distance between the best and the
second best token of any frame: far above the tolerance of the posteriors, so the texts have to be the same.
"""

import argparse
import json
import pathlib

import soundfile
import torch
import transformers
from safetensors.torch import save_file
from transformers import HubertForCTC, Wav2Vec2Processor

ROOT = pathlib.Path(__file__).resolve().parents[2]


@torch.no_grad()
def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=pathlib.Path, required=True)
    parser.add_argument("--model", type=pathlib.Path, default=ROOT / "Models/warbler-tiny")
    parser.add_argument("--corpus", type=pathlib.Path, default=ROOT / "Corpora/espeak-en")
    parser.add_argument("--posteriors", type=int, default=4, help="utterances whose log-posteriors are kept")
    options = parser.parse_args()
    torch.set_num_threads(1)
    transformers.logging.set_verbosity_error()
    transformers.logging.disable_progress_bar()
    options.out.mkdir(parents=True, exist_ok=True)

    model = (
        HubertForCTC.from_pretrained(options.model, dtype=torch.float32, attn_implementation="eager").eval().double()
    )
    processor = Wav2Vec2Processor.from_pretrained(options.model)
    rows, kept = [], {}
    for line in (options.corpus / "manifest.jsonl").read_text().splitlines():
        row = json.loads(line)
        samples, rate = soundfile.read(options.corpus / row["audio_filepath"], dtype="float32")
        inputs = processor(samples, sampling_rate=rate, return_tensors="pt").input_values
        logits = model(inputs.double()).logits[0]
        best = logits.topk(2).values
        text = processor.batch_decode(logits.argmax(-1)[None])[0]
        rows.append(f"{row['id']}\t{text}\t{float((best[:, 0] - best[:, 1]).min()):.1e}\n")
        if len(rows) <= options.posteriors:
            kept[f"log_posteriors.{row['id']}"] = torch.log_softmax(logits, -1).float()
        if len(rows) == 1:
            kept[f"input.{row['id']}"] = inputs[0]
    (options.out / "transcripts.tsv").write_text("".join(rows))
    save_file(kept, options.out / "posteriors.safetensors")


if __name__ == "__main__":
    main()
