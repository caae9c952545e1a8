#!/usr/bin/env python3
"""The recipe of a `warbler finetune` run in transformers: what it reaches there, over several seeds.

    python3 Benchmarks/compare_training.py Docs/recipes/yesno.yaml --train CORPUS/train.jsonl --dev CORPUS/dev.jsonl \\
        --seeds 1 2 3 --json Benchmarks/results/yesno.json

The recipe is the YAML file of `warbler finetune` (or a run's OUT/config.yaml): init or model, steps or epochs,
learning-rate, schedule, warmup-steps, hold-ratio, decay-ratio, final-scale, betas, epsilon, weight-decay, decay-all, clip,
loss-reduction, zero-infinity, dropouts, layerdrop, masks, batch-size, no-shuffle, eval-steps, seed. An option that this
script does not know is refused unless it cannot change the result. Flags given here beat the file.

What is transformers' own: the model with its initial weights, dropouts, LayerDrop, the span masks' generator, the loss,
autograd, AdamW and clipping of PyTorch. What is done as Warbler does it: the feature encoder is frozen and sees every
utterance alone, once; masks are drawn by each utterance's own length (none where it is shorter than a span); batches are N
utterances in a seeded order, new in each epoch, or with no-shuffle the manifest's; weight decay spares vectors and gains.
Random numbers are not Warbler's, so the two agree in distribution, not bit by bit. With `--model DIR` both sides start from the
same weights (`--save-initial DIR` writes such a checkpoint), and with no-shuffle, dropouts, layerdrop and masks at 0 the
steps themselves are the same.

An evaluation's loss is the mean over utterances of loss / max(labels, 1); text is greedy, WER and CER are total edit
distance over total reference. Prints a line an evaluation, then mean and spread (sample standard deviation) over the
seeds of the last values.
"""

import argparse
import json
import math
import pathlib
import platform
import statistics
import time

import numpy as np
import soundfile
import torch
import transformers
import yaml
from transformers import AutoConfig, AutoModelForCTC, Wav2Vec2CTCTokenizer, Wav2Vec2FeatureExtractor
from transformers.models.hubert.modeling_hubert import _compute_mask_indices

DEFAULTS = {
    "learning-rate": 5e-5, "schedule": "tri-stage", "final-scale": 0.05, "betas": [0.9, 0.98], "epsilon": 1e-8,
    "weight-decay": 0.0, "decay-all": False, "clip": 1.0, "loss-reduction": "mean", "zero-infinity": True, "no-shuffle": False,
    "eval-steps": 250, "seed": 1,
}  # fmt: skip
OTHERS = {"init", "model", "train", "dev", "steps", "epochs", "warmup-steps", "hold-ratio", "decay-ratio", "batch-size", "dropout"}
# Fields of config.json by option.
FIELDS = {
    "hidden-dropout": "hidden_dropout", "activation-dropout": "activation_dropout", "attention-dropout": "attention_dropout",
    "feat-proj-dropout": "feat_proj_dropout", "final-dropout": "final_dropout", "layerdrop": "layerdrop",
    "mask-time-prob": "mask_time_prob", "mask-time-length": "mask_time_length", "mask-time-min-masks": "mask_time_min_masks",
    "mask-feature-prob": "mask_feature_prob", "mask-feature-length": "mask_feature_length",
    "mask-feature-min-masks": "mask_feature_min_masks",
}  # fmt: skip
# Options without influence on what is learnt, and values of others that have none.
WITHOUT_EFFECT = {
    "out", "save-steps", "keep", "threads", "feature-cache", "cache-size", "cache-precision", "checkpoint-activations", "store",
    "no-store", "tensorboard", "quiet", "best-metric", "bad-rows", "vocab-from-data",
}  # fmt: skip
NEUTRAL = {
    "optimizer": "adamw", "precision": "fp32", "accumulate": 1, "freeze-steps": 0, "freeze-layers": 0, "ema-decay": 0, "lora-rank": 0,
    "speed-perturb": [], "gain-db": 0, "early-stopping": 0, "average-checkpoints": 0, "noise-snr": None, "noise-prob": None,
    "lora-targets": None, "lora-save": None, "average-by": None, "lora-alpha": None,
}  # fmt: skip
SPECIALS = ["<pad>", "<s>", "</s>", "<unk>", "|"]


def read_recipe(path: pathlib.Path) -> dict:
    given = yaml.safe_load(path.read_text()) or {}
    for key, value in given.items():
        if key in NEUTRAL and (NEUTRAL[key] is None or value == NEUTRAL[key]):
            continue
        if key not in DEFAULTS and key not in OTHERS and key not in FIELDS and key not in WITHOUT_EFFECT:
            raise SystemExit(f"{path}: {key}: {value}: this script does not do that; leave it out of a comparison")
    recipe = {**DEFAULTS, **given}
    for key in ("learning-rate", "epsilon", "weight-decay", "clip"):  # YAML 1.1 takes 1e-3 for text
        recipe[key] = float(recipe[key])
    if isinstance(recipe["betas"], str):
        recipe["betas"] = [float(x) for x in recipe["betas"].split(",")]
    if "dropout" in recipe:
        for key in list(FIELDS)[:5]:
            recipe.setdefault(key, recipe["dropout"])
    if "batch-size" not in recipe:
        raise SystemExit(f"{path}: batch-size: expected a number of utterances; batch-seconds depends on the bucketing")
    return recipe


# ---------------------------------------------------------------------------------------------------------------------
# Data


def read_manifest(path: pathlib.Path) -> list:
    rows = []
    for line in path.read_text().splitlines():
        row = json.loads(line)
        samples, rate = soundfile.read(path.parent / row["audio_filepath"], dtype="float32")
        assert rate == 16000 and samples.ndim == 1, row
        rows.append((row.get("id", row["audio_filepath"]), " ".join(row["text"].split()), samples))
    return rows


def vocabulary_of(texts: list) -> dict:
    letters = sorted(set("".join(texts)) - {" "})
    return {token: index for index, token in enumerate(SPECIALS + letters)}


def encode(text: str, vocabulary: dict) -> list:
    return [vocabulary["|" if letter == " " else letter] for letter in text]


def decode(path: list, vocabulary: dict, blank: int) -> str:
    tokens = {index: token for token, index in vocabulary.items()}
    merged = [token for token, before in zip(path, [None, *path]) if token != before]
    text = "".join(tokens[token] for token in merged if token != blank)
    return " ".join(text.replace("|", " ").split())


def edit_distance(a: list, b: list) -> int:
    row = list(range(len(b) + 1))
    for i, x in enumerate(a, 1):
        diagonal, row[0] = row[0], i
        for j, y in enumerate(b, 1):
            diagonal, row[j] = row[j], min(diagonal + (x != y), row[j] + 1, row[j - 1] + 1)
    return row[-1]


class Given(torch.nn.Module):
    """Stands where the feature encoder stood: its input is the features, (B, C, T)."""

    def forward(self, features):
        return features


def body(model):
    return getattr(model, model.base_model_prefix)


@torch.no_grad()
def prepare(model, rows: list, vocabulary: dict, normalize: bool, what: str) -> list:
    """(features (T, C), labels, text) of each row that can be learnt."""
    utterances, left_out = [], []
    for name, text, samples in rows:
        if normalize:
            samples = (samples - samples.mean()) / np.sqrt(samples.var() + 1e-7)
        labels = encode(text, vocabulary)
        try:
            x = body(model).feature_extractor(torch.from_numpy(samples)[None])[0].T.contiguous()
        except RuntimeError:  # too short for a frame
            x = torch.zeros(0, 1)
        if len(x) < len(labels) + sum(a == b for a, b in zip(labels, labels[1:])):
            left_out.append(name)
        else:
            utterances.append((x, torch.tensor(labels), text))
    if left_out:
        print(f"{what}: {len(left_out)} of {len(rows)} left out, text longer than frames: {' '.join(left_out[:5])} ...")
    return utterances


def batch_of(utterances: list) -> tuple:
    """Features (B, C, T), frames that are there (B, T) and labels (B, U), padded."""
    x = torch.nn.utils.rnn.pad_sequence([u[0] for u in utterances], batch_first=True).transpose(1, 2)
    labels = torch.nn.utils.rnn.pad_sequence([u[1] for u in utterances], batch_first=True, padding_value=-100)
    mask = torch.zeros(len(utterances), x.shape[2], dtype=torch.long)
    for row, utterance in zip(mask, utterances):
        row[: len(utterance[0])] = 1
    return x, mask, labels


# ---------------------------------------------------------------------------------------------------------------------
# Model and steps


def make_model(recipe: dict, vocabulary: dict):
    settings = {field: recipe[option] for option, field in FIELDS.items() if option in recipe}
    settings.update(ctc_loss_reduction="sum", ctc_zero_infinity=recipe["zero-infinity"])
    if recipe.get("model"):
        return AutoModelForCTC.from_pretrained(recipe["model"], **settings)
    config = AutoConfig.from_pretrained(recipe["init"], vocab_size=len(vocabulary), pad_token_id=0, **settings)
    return AutoModelForCTC.from_config(config)


def save_checkpoint(directory: pathlib.Path, model, vocabulary: dict):
    model.save_pretrained(directory)
    (directory / "vocab.json").write_text(json.dumps(vocabulary, ensure_ascii=False))
    Wav2Vec2CTCTokenizer(str(directory / "vocab.json")).save_pretrained(directory)
    Wav2Vec2FeatureExtractor(do_normalize=True).save_pretrained(directory)


def start_behind_encoder(model):
    """Features in, frames as the attention mask."""
    body(model).feature_extractor = Given()
    body(model)._get_feature_vector_attention_mask = lambda _, mask, **__: mask.bool()
    model._get_feat_extract_output_lengths = lambda frames, *_: frames


def time_masks(config, mask):
    """By every utterance's own length; None where they are off."""
    if config.mask_time_prob == 0:
        return None
    result = torch.zeros(mask.shape, dtype=torch.bool)
    for row, frames in zip(result, mask.sum(-1).tolist()):
        if frames >= config.mask_time_length:
            drawn = _compute_mask_indices(
                (1, frames), config.mask_time_prob, config.mask_time_length, min_masks=config.mask_time_min_masks
            )
            row[:frames] = torch.from_numpy(drawn[0])
    return result


def rate_factor(recipe: dict, steps: int, step: int) -> float:
    """Of step `step` = 0, 1, ...: transformers' schedules; tri-stage is fairseq's."""
    warmup = min(int(recipe.get("warmup-steps", round(0.1 * steps))), steps)
    left = steps - warmup
    if step < warmup:
        return step / warmup
    if recipe["schedule"] == "constant":
        return 1.0
    if recipe["schedule"] == "linear":
        return (steps - step) / max(left, 1)
    if recipe["schedule"] == "cosine":
        return 0.5 * (1 + math.cos(math.pi * (step - warmup) / max(left, 1)))
    hold = round(recipe["hold-ratio"] * steps) if "hold-ratio" in recipe else round(left * 4 / 9)
    hold = min(hold, left)
    decay = left - hold
    if step < warmup + hold:
        return 1.0
    return float(recipe["final-scale"]) ** ((step - warmup - hold) / max(decay, 1))


def reduced(model, losses: torch.Tensor, labels, reduction: str) -> torch.Tensor:
    if reduction == "sum":
        return losses.sum()
    if reduction == "sentence":
        return losses.mean()
    return (losses / (labels >= 0).sum(-1).clamp(min=1)).mean()


def losses_of(model, logits, mask, labels) -> torch.Tensor:
    """(B) nats."""
    return model.loss_function(
        logits=logits, labels=labels, logit_lengths=mask.sum(-1), blank_token_id=model.config.pad_token_id, reduction="none",
        zero_infinity=model.config.ctc_zero_infinity,
    )  # fmt: skip


@torch.no_grad()
def evaluate(model, utterances: list, vocabulary: dict) -> dict:
    model.eval()
    loss, words, characters = [], [0, 0], [0, 0]
    order = sorted(range(len(utterances)), key=lambda i: len(utterances[i][0]))
    for start in range(0, len(order), 32):
        part = [utterances[i] for i in order[start : start + 32]]
        x, mask, labels = batch_of(part)
        logits = model(x, attention_mask=mask).logits
        loss += (losses_of(model, logits, mask, labels) / (labels >= 0).sum(-1).clamp(min=1)).tolist()
        for row, frames, (_, _, text) in zip(logits.argmax(-1), mask.sum(-1), part):
            found = decode(row[:frames].tolist(), vocabulary, model.config.pad_token_id)
            words[0] += edit_distance(text.split(), found.split())
            words[1] += len(text.split())
            characters[0] += edit_distance(list(text), list(found))
            characters[1] += len(text)
    model.train()
    return dict(loss=statistics.fmean(loss), wer=words[0] / words[1], cer=characters[0] / characters[1])


def batches(count: int, size: int, shuffle: bool, seed: int):
    """Indices of a step's utterances, epoch after epoch; an epoch's last batch may be smaller."""
    rng = np.random.default_rng(seed)
    while True:
        order = rng.permutation(count) if shuffle else np.arange(count)
        for start in range(0, count, size):
            yield order[start : start + size].tolist()


def train(recipe: dict, seed: int, train_rows: list, dev_rows: list, options) -> dict:
    torch.manual_seed(seed)
    np.random.seed(seed)
    started = time.perf_counter()
    if recipe.get("model"):
        vocabulary = json.loads((pathlib.Path(recipe["model"]) / "vocab.json").read_text())
    else:
        vocabulary = vocabulary_of([text for _, text, _ in train_rows])
    model = make_model(recipe, vocabulary)
    if options.save_initial:
        save_checkpoint(options.save_initial, model, vocabulary)
    model.freeze_feature_encoder()
    model.eval()
    learnt = prepare(model, train_rows, vocabulary, True, "train")
    held_out = prepare(model, dev_rows, vocabulary, True, "dev")
    start_behind_encoder(model)
    model.train()

    parameters = [p for p in model.parameters() if p.requires_grad]

    def decays(p):
        return recipe["decay-all"] or (p.ndim > 1 and p.shape[0] > 1)

    optimizer = torch.optim.AdamW(
        [
            dict(params=[p for p in parameters if decays(p)], weight_decay=recipe["weight-decay"]),
            dict(params=[p for p in parameters if not decays(p)], weight_decay=0.0),
        ],
        lr=recipe["learning-rate"], betas=tuple(recipe["betas"]), eps=recipe["epsilon"],
    )  # fmt: skip
    size = recipe["batch-size"]
    steps = recipe.get("steps") or recipe.get("epochs", 30) * math.ceil(len(learnt) / size)
    order = batches(len(learnt), size, not recipe["no-shuffle"], seed)
    history, losses = [], []
    for step in range(steps):
        rate = recipe["learning-rate"] * rate_factor(recipe, steps, step)
        for group in optimizer.param_groups:
            group["lr"] = rate
        x, mask, labels = batch_of([learnt[i] for i in next(order)])
        logits = model(x, attention_mask=mask, mask_time_indices=time_masks(model.config, mask)).logits
        loss = reduced(model, losses_of(model, logits, mask, labels), labels, recipe["loss-reduction"])
        optimizer.zero_grad(set_to_none=True)
        loss.backward()
        if recipe["clip"] > 0:
            torch.nn.utils.clip_grad_norm_(parameters, recipe["clip"])
        optimizer.step()
        losses.append(float(loss.detach()))
        if (step + 1) % recipe["eval-steps"] == 0 or step + 1 == steps:
            found = dict(step=step + 1, train_loss=statistics.fmean(losses), dev=evaluate(model, held_out, vocabulary))
            losses = []
            history.append(found)
            print(f"seed {seed} {time.perf_counter() - started:5.0f} s {json.dumps(found)}", flush=True)
    result = dict(
        seed=seed, steps=steps, utterances=[len(learnt), len(held_out)], parameters=sum(p.numel() for p in parameters),
        seconds=round(time.perf_counter() - started, 1), train=evaluate(model, learnt, vocabulary), dev=history[-1]["dev"],
        history=history,
    )  # fmt: skip
    print(f"seed {seed}: train {result['train']} dev {result['dev']} {result['seconds']} s", flush=True)
    return result


def rounded(value):
    if isinstance(value, dict):
        return {key: rounded(x) for key, x in value.items()}
    if isinstance(value, list):
        return [rounded(x) for x in value]
    return float(f"{value:.5g}") if isinstance(value, float) else value


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("recipe", type=pathlib.Path)
    parser.add_argument("--train", type=pathlib.Path, required=True, help="JSON lines")
    parser.add_argument("--dev", type=pathlib.Path, required=True, help="JSON lines")
    parser.add_argument("--model", type=pathlib.Path, help="start from this checkpoint instead of the recipe's")
    parser.add_argument("--save-initial", type=pathlib.Path, help="write the weights that a run starts from here (the last seed's)")
    parser.add_argument("--seeds", type=int, nargs="+")
    parser.add_argument("--steps", type=int)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--json", type=pathlib.Path)
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    transformers.logging.set_verbosity_error()
    transformers.logging.disable_progress_bar()
    recipe = read_recipe(options.recipe)
    if options.model:
        recipe.update(model=str(options.model), init=None)
    if options.steps:
        recipe["steps"] = options.steps
    train_rows, dev_rows = read_manifest(options.train), read_manifest(options.dev)
    runs = [train(recipe, seed, train_rows, dev_rows, options) for seed in options.seeds or [recipe["seed"]]]

    summary = {}
    print("\n| | mean | spread | runs |\n|---|---|---|---|")
    for what, key in [("train", "loss"), ("train", "wer"), ("dev", "loss"), ("dev", "wer"), ("dev", "cer")]:
        values = [run[what][key] for run in runs]
        spread = statistics.stdev(values) if len(values) > 1 else 0.0
        summary[f"{what} {key}"] = dict(mean=statistics.fmean(values), spread=spread, low=min(values), high=max(values))
        listed = ", ".join(f"{value:.4f}" for value in values)
        print(f"| {what} {key} | {statistics.fmean(values):.4f} | {spread:.4f} | {listed} |")
    if options.json:
        versions = dict(transformers=transformers.__version__, torch=torch.__version__, python=platform.python_version())
        named = {key: value for key, value in recipe.items() if key not in ("init", "model", "train", "dev", "out")}
        record = dict(recipe=options.recipe.name, options=named, versions=versions, summary=summary, runs=runs)
        options.json.parent.mkdir(parents=True, exist_ok=True)
        options.json.write_text(json.dumps(rounded(record), indent=1) + "\n")


if __name__ == "__main__":
    main()
