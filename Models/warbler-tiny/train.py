#!/usr/bin/env python3
"""Trains warbler-tiny: a small HubertForCTC from random weights on an hour of speech, with PyTorch and transformers.

    python3 train.py --train A/train.jsonl --train B/train.jsonl --dev A/dev.jsonl --test A/test.jsonl \
        --work WORK --out Models/warbler-tiny

Manifests are JSON lines with `id`, `audio_filepath` (relative to the manifest) and `text`. An id may stand in several training manifests:
one utterance in several recordings, say at 8 and at 16 kHz. Half the time, what stands in one only is cut to telephone bandwidth.

WORK keeps the state of the run, written every few minutes and after SIGTERM; the same command goes on from there. Stopping is safe
at any time, and options may change from one sitting to the next. --evaluate measures the checkpoint in OUT instead of training.
"""

import argparse
import json
import math
import os
import pathlib
import signal
import time

import numpy as np
import soundfile
import torch
import transformers
from transformers import (
    HubertConfig,
    HubertForCTC,
    Wav2Vec2CTCTokenizer,
    Wav2Vec2FeatureExtractor,
    Wav2Vec2Processor,
)

SAMPLE_RATE = 16000
TOKENS = ["<pad>", "<s>", "</s>", "<unk>", "|", *"ETAONIHSRDLUMWCFGYPBVK'XJQZ"]
IDS = {token: index for index, token in enumerate(TOKENS)}

CONFIG = dict(
    vocab_size=len(TOKENS),
    hidden_size=192,
    num_hidden_layers=4,
    num_attention_heads=4,
    intermediate_size=768,
    conv_dim=[64, 64, 96, 96, 128, 128, 192],
    feat_extract_norm="layer",
    conv_bias=True,
    do_stable_layer_norm=True,
    num_conv_pos_embeddings=64,
    num_conv_pos_embedding_groups=16,
    layerdrop=0.0,
    mask_time_prob=0.10,
    mask_time_length=5,
    mask_feature_prob=0.05,
    mask_feature_length=12,
    ctc_loss_reduction="mean",
    ctc_zero_infinity=True,
    pad_token_id=0,
    bos_token_id=1,
    eos_token_id=2,
)

# ---------------------------------------------------------------------------------------------------------------------
# Data


def read_audio(path: pathlib.Path) -> np.ndarray:
    """Mono, 16 kHz, int16. 8 kHz is doubled in the frequency domain."""
    samples, rate = soundfile.read(path, dtype="float32", always_2d=True)
    samples = samples.mean(1)
    if rate == SAMPLE_RATE // 2:
        spectrum = np.fft.rfft(samples)
        samples = 2 * np.fft.irfft(spectrum, 2 * len(samples))
    elif rate != SAMPLE_RATE:
        raise SystemExit(f"{path}: {rate} Hz; 8000 or 16000 expected")
    return (samples.clip(-1, 1) * 32767).astype(np.int16)


def read_manifests(paths) -> list:
    """Utterances as dicts: id, text, recordings."""
    utterances = {}
    for path in map(pathlib.Path, paths):
        for line in path.read_text().splitlines():
            row = json.loads(line)
            audio = read_audio(path.parent / row["audio_filepath"])
            entry = utterances.setdefault(row["id"], dict(id=row["id"], text=row["text"], recordings=[]))
            assert entry["text"] == row["text"], row["id"]
            entry["recordings"].append(audio)
    return list(utterances.values())


def labels(text: str) -> list:
    return [IDS[character] for character in text.upper().replace(" ", "|")]


def normalized(samples: np.ndarray) -> np.ndarray:
    samples = samples.astype(np.float32) / 32768
    return (samples - samples.mean()) / np.sqrt(samples.var() + 1e-7)


def telephone(samples: np.ndarray) -> np.ndarray:
    """Without what is above 3.4 to 4 kHz."""
    spectrum = np.fft.rfft(samples.astype(np.float32))
    frequency = np.linspace(0, SAMPLE_RATE / 2, len(spectrum))
    spectrum *= np.clip((4000 - frequency) / 600, 0, 1)
    return np.fft.irfft(spectrum, len(samples)).astype(np.float32)


def augmented(recording: np.ndarray, alone: bool, rng) -> np.ndarray:
    if alone and rng.random() < 0.5:
        recording = telephone(recording)
    speed = rng.uniform(0.9, 1.1)
    positions = np.arange(0, len(recording) - 1, speed)
    return np.interp(positions, np.arange(len(recording)), recording)


def batches(recordings: list, seconds: float, rng, sort: bool) -> list:
    """Index lists of alike lengths, `seconds` of audio each with padding, in random order (or shortest first)."""
    lengths = np.array([len(audio) / SAMPLE_RATE for audio, _, _ in recordings])
    order = np.argsort(lengths * rng.uniform(0.9, 1.1, len(lengths)))
    groups, group, longest = [], [], 0.0
    for index in order:
        if group and max(longest, lengths[index]) * (len(group) + 1) > seconds:
            groups.append(group)
            group, longest = [], 0.0
        group.append(int(index))
        longest = max(longest, lengths[index])
    groups.append(group)
    return groups if sort else [groups[i] for i in rng.permutation(len(groups))]


def collate(waveforms: list, texts: list) -> dict:
    longest = max(map(len, waveforms))
    inputs = torch.zeros(len(waveforms), longest)
    mask = torch.zeros(len(waveforms), longest, dtype=torch.long)
    targets = torch.full((len(texts), max(map(len, texts))), -100)
    for row, (waveform, text) in enumerate(zip(waveforms, texts)):
        inputs[row, : len(waveform)] = torch.from_numpy(waveform)
        mask[row, : len(waveform)] = 1
        targets[row, : len(text)] = torch.tensor(text)
    return dict(input_values=inputs, attention_mask=mask, labels=targets)


# ---------------------------------------------------------------------------------------------------------------------
# Measuring


def greedy(log_posteriors: torch.Tensor) -> str:
    path = torch.unique_consecutive(log_posteriors.argmax(-1)).tolist()
    return " ".join("".join(TOKENS[i] for i in path if i != 0).replace("|", " ").lower().split())


def edits(reference, hypothesis) -> int:
    row = list(range(len(hypothesis) + 1))
    for i, r in enumerate(reference, 1):
        previous, row[0] = row[0], i
        for j, h in enumerate(hypothesis, 1):
            previous, row[j] = row[j], min(row[j] + 1, row[j - 1] + 1, previous + (r != h))
    return row[-1]


@torch.no_grad()
def evaluate(model, utterances: list, recording: int = 0) -> dict:
    """Word and character error rate of greedy decoding, utterance by utterance at batch 1."""
    model.eval()
    words = word_errors = characters = character_errors = 0
    lines = []
    for utterance in utterances:
        samples = utterance["recordings"][min(recording, len(utterance["recordings"]) - 1)]
        text = greedy(model(torch.from_numpy(normalized(samples))[None]).logits[0])
        reference = utterance["text"]
        word_errors += edits(reference.split(), text.split())
        words += len(reference.split())
        character_errors += edits(reference, text)
        characters += len(reference)
        lines.append((utterance["id"], reference, text))
    return dict(utterances=len(utterances), wer=word_errors / words, cer=character_errors / characters, lines=lines)


# ---------------------------------------------------------------------------------------------------------------------
# Training


def save_model(model, directory: pathlib.Path):
    """The Hugging Face layout, float16."""
    directory.mkdir(parents=True, exist_ok=True)
    half = HubertForCTC(model.config)
    half.load_state_dict(model.state_dict())
    half.half().save_pretrained(directory)
    vocabulary = directory / "vocab.json"
    vocabulary.write_text(json.dumps(IDS, ensure_ascii=False))
    tokenizer = Wav2Vec2CTCTokenizer(str(vocabulary))
    extractor = Wav2Vec2FeatureExtractor(return_attention_mask=True)
    Wav2Vec2Processor(extractor, tokenizer).save_pretrained(directory)
    extractor.save_pretrained(directory)  # preprocessor_config.json beside processor_config.json


def load_model(directory: pathlib.Path):
    return HubertForCTC.from_pretrained(directory, dtype=torch.float32).eval()


def train(options):
    torch.manual_seed(options.seed)
    dropouts = [f"{place}_dropout" for place in ("hidden", "activation", "attention", "feat_proj", "final")]
    model = HubertForCTC(HubertConfig(**{**CONFIG, **dict.fromkeys(dropouts, options.dropout)}))
    model.config.apply_spec_augment = not options.no_masking
    print(f"{sum(p.numel() for p in model.parameters())} parameters", flush=True)
    utterances = read_manifests(options.train)
    dev = read_manifests(options.dev)
    recordings = [
        (audio, len(u["recordings"]) == 1, labels(u["text"])) for u in utterances for audio in u["recordings"]
    ]
    hours = sum(len(audio) for audio, _, _ in recordings) / SAMPLE_RATE / 3600
    print(f"{len(utterances)} utterances, {len(recordings)} recordings, {hours:.2f} h; dev {len(dev)}", flush=True)

    decayed = [p for p in model.parameters() if p.ndim > 1]
    spared = [p for p in model.parameters() if p.ndim <= 1]
    optimizer = torch.optim.AdamW(
        [dict(params=decayed, weight_decay=0.01), dict(params=spared, weight_decay=0.0)],
        lr=options.learning_rate,
        betas=(0.9, 0.98),
        eps=1e-8,
    )
    state = dict(step=0, epoch=0, seconds=0.0, best=math.inf)
    options.work.mkdir(parents=True, exist_ok=True)
    checkpoint = options.work / "state.pt"
    if checkpoint.exists():
        kept = torch.load(checkpoint, weights_only=False)
        model.load_state_dict(kept["model"])
        optimizer.load_state_dict(kept["optimizer"])
        state = kept["state"]
        torch.set_rng_state(kept["rng"])
        print(f"resumed at step {state['step']}, epoch {state['epoch']}, {state['seconds'] / 60:.1f} min", flush=True)

    stop = []
    signal.signal(signal.SIGTERM, lambda *_: stop.append(True))
    signal.signal(signal.SIGINT, lambda *_: stop.append(True))

    def keep():
        rng = torch.get_rng_state()
        temporary = checkpoint.with_suffix(".tmp")
        torch.save(dict(model=model.state_dict(), optimizer=optimizer.state_dict(), state=state, rng=rng), temporary)
        os.replace(temporary, checkpoint)

    def rate() -> float:
        """Warm-up by steps, then a cosine by time down to 2 %: the budget is minutes, not steps."""
        warm = min(1.0, (state["step"] + 1) / options.warmup)
        done = min(1.0, state["seconds"] / (60 * options.minutes))
        return options.learning_rate * warm * (0.02 + 0.98 * 0.5 * (1 + math.cos(math.pi * done)))

    last_kept, recent = time.monotonic(), []
    while state["seconds"] < 60 * options.minutes and not stop:
        rng = np.random.default_rng([options.seed, state["epoch"]])
        np.random.seed(options.seed * 1000 + state["epoch"])  # SpecAugment draws from here
        for group in batches(recordings, options.batch_seconds, rng, sort=state["epoch"] < options.sorted_epochs):
            start = time.process_time()
            model.train()
            for entry in optimizer.param_groups:
                entry["lr"] = rate()
            chosen = [recordings[i] for i in group]
            waveforms = [normalized(augmented(audio, alone, rng)) for audio, alone, _ in chosen]
            batch = collate(waveforms, [text for _, _, text in chosen])
            with torch.autocast("cpu", torch.bfloat16, enabled=options.bf16):
                loss = model(**batch).loss
            optimizer.zero_grad(set_to_none=True)
            loss.backward()
            norm = torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
            if torch.isfinite(norm):
                optimizer.step()
            state["step"] += 1
            # Processor time of the one thread: a stopped or crowded run is not cut short.
            state["seconds"] += time.process_time() - start
            recent.append(loss.item())
            if state["step"] % 20 == 0:
                print(
                    f"epoch {state['epoch']} step {state['step']} loss {np.mean(recent):.3f} norm {norm:.2f} "
                    f"lr {rate():.2e} {state['seconds'] / 60:.1f} min",
                    flush=True,
                )
                recent = []
            if time.monotonic() - last_kept > 180:
                keep()
                last_kept = time.monotonic()
            if stop or state["seconds"] >= 60 * options.minutes:
                break
        else:
            state["epoch"] += 1
            if state["epoch"] % options.evaluate_epochs == 0:
                result = evaluate(model, dev)
                print(f"dev WER {result['wer']:.3f} CER {result['cer']:.3f}", flush=True)
                for line in result["lines"][:4]:
                    print("   ", *line, sep=" | ", flush=True)
            keep()
    keep()
    save_model(model, options.out)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--train", action="append", default=[])
    parser.add_argument("--dev", action="append", default=[])
    parser.add_argument("--test", action="append", default=[])
    parser.add_argument("--work", type=pathlib.Path, required=True)
    parser.add_argument("--out", type=pathlib.Path, required=True)
    parser.add_argument("--minutes", type=float, default=70, help="of processor time")
    parser.add_argument("--batch-seconds", type=float, default=40)
    parser.add_argument("--learning-rate", type=float, default=1e-3)
    parser.add_argument("--warmup", type=int, default=300)
    parser.add_argument("--sorted-epochs", type=int, default=1)
    parser.add_argument("--evaluate-epochs", type=int, default=3)
    parser.add_argument("--dropout", type=float, default=0.1)
    parser.add_argument("--no-masking", action="store_true")
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--bf16", action="store_true")
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--evaluate", action="store_true")
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    transformers.logging.set_verbosity_error()
    if not options.evaluate:
        train(options)
    model = load_model(options.out)
    for split in ("train", "dev", "test"):
        for path in getattr(options, split):
            result = evaluate(model, read_manifests([path]))
            print(
                f"{split} {path}: {result['utterances']} utterances, WER {result['wer']:.1%}, CER {result['cer']:.1%}"
            )
            if split != "train":
                for line in result["lines"]:
                    print("   ", *line, sep=" | ")


if __name__ == "__main__":
    main()
