#!/usr/bin/env python3
"""What pre-training is worth: fine-tuning from a pre-trained checkpoint beside random weights of the same network.

    python3 Benchmarks/pretrained.py --corpora CORPORA --model Models/warbler-small --runs RUNS [--tasks fsdd yesno-he ...]
        [--conditions frozen trained random] [--seeds 1 2 3] [--results FILE]

CORPORA holds a folder with manifests for each corpus (`fsdd`, `yesno-he`, `asterisk-en`, `kathleen-en`, `kerstin-de`). Each
task has a recipe, Docs/recipes/small-TASK.yaml; a left-out speaker's is small-fsdd-speaker.yaml. Conditions:

    frozen    from the checkpoint, its feature encoder frozen
    trained   from the checkpoint, its feature encoder trained too (--train-feature-encoder)
    random    from random weights of the same config.json, the feature encoder frozen noise

`fsdd-SPEAKER` (fsdd-jackson, unless others are named) leaves one speaker of fsdd out of the labelled training data and tests
on all of that speaker's clips; pre-training may have heard the speaker, without labels. `fsdd-SPEAKER+asterisk-en` trains on the
prompts of asterisk-en besides. Nothing is chosen on what is tested: the checkpoint of the last step counts. Decoded greedily, and
by a beam with a 3-gram that `warbler lm build` makes of the task's training texts, with the same weights for every task.

Runs are kept below RUNS, one folder each, and their numbers in FILE (results/pretrained.json beside this script), which is
written after each run: what it holds, of this checkpoint and recipe, is not repeated, so that a table can be made in several
sittings and on several machines. Prints the table of Docs/recipes.md, a line a task, split and condition: WER for each seed, mean
and sample deviation, mean CER, and WER with the language model. `--print` prints what FILE holds and trains nothing. Needs Python
alone, nothing installed, and `.build/release/warbler`, or the program that $WARBLER names.
"""

import argparse
import fcntl
import hashlib
import json
import os
import pathlib
import statistics
import subprocess
import sys
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent
WARBLER = pathlib.Path(os.environ.get("WARBLER", ROOT / ".build/release/warbler"))
SPEAKERS = ["george", "jackson", "lucas", "nicolas", "yweweler"]
# What a task is called behind that trains on these prompts besides.
MORE = "+asterisk-en"
# Splits to test on, the first of them what a run evaluates on its way. None of these numbers decides anything.
TASKS = {
    "fsdd": ["test"], **{f"fsdd-{speaker}{more}": ["test"] for speaker in SPEAKERS for more in ("", MORE)}, "yesno-he": ["test", "dev"],
    "asterisk-en": ["dev", "test"], "kathleen-en": ["dev"], "kerstin-de": ["dev", "test"],
}  # fmt: skip
# What each condition starts from, and what is frozen of it.
CONDITIONS = {
    "frozen": "the checkpoint, encoder frozen", "trained": "the checkpoint, encoder trained", "random": "random weights, encoder frozen",
}  # fmt: skip
# Weights of the beam with a language model, for all tasks alike. A word that the training texts do not have costs as much as its
# letters suggest (`unk-token-score`).
BEAM = "lm-weight=1,word-score=2,unk-token-score=-1"
# One speaker is left out unless others are named.
DEFAULT_TASKS = [task for task in TASKS if not task.startswith("fsdd-") or task.removesuffix(MORE) == "fsdd-jackson"]


def parts(task: str) -> tuple[str, str, bool]:
    """A task's corpus, the speaker who is left out, if one is, and whether it trains on more prompts."""
    corpus, _, speaker = task.removesuffix(MORE).partition("-") if task.startswith("fsdd-") else (task, "", "")
    return corpus, speaker, task.endswith(MORE)


def manifests(task: str, corpora: pathlib.Path, runs: pathlib.Path) -> dict[str, pathlib.Path]:
    """Manifests by split; those of a left-out speaker are written below `runs`."""
    corpus, speaker, has_more = parts(task)
    if not speaker:
        return {split: corpora / corpus / f"{split}.jsonl" for split in ["train", *TASKS[task]]}
    rows = [row for split in ("train", "test") for row in rows_of(corpora / corpus / f"{split}.jsonl")]
    sets = {"train": [r for r in rows if r["speaker"] != speaker], "test": [r for r in rows if r["speaker"] == speaker]}
    if not sets["test"]:
        sys.exit(f"{task}: {corpora / corpus} has no speaker {speaker}")
    if has_more:
        sets["train"] += rows_of(corpora / "asterisk-en" / "train.jsonl")
    paths = {split: runs / "manifests" / f"{task}-{split}.jsonl" for split in sets}
    for split, path in paths.items():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in sets[split]), encoding="utf-8")
    return paths


def rows_of(manifest: pathlib.Path) -> list[dict]:
    """A manifest's rows, with absolute paths."""
    rows = [json.loads(line) for line in open(manifest, encoding="utf-8")]
    return [row | {"audio_filepath": str((manifest.parent / row["audio_filepath"]).resolve())} for row in rows]


def edit_distance(a: list[str], b: list[str]) -> int:
    row = list(range(len(b) + 1))
    for i, x in enumerate(a, 1):
        diagonal, row[0] = row[0], i
        for j, y in enumerate(b, 1):
            diagonal, row[j] = row[j], min(row[j] + 1, row[j - 1] + 1, diagonal + (x != y))
    return row[-1]


def language_model(train: pathlib.Path, folder: pathlib.Path) -> pathlib.Path:
    """A 3-gram of a manifest's texts."""
    texts, path = folder / "train.txt", folder / "train.arpa"
    texts.write_text("".join(json.loads(line)["text"] + "\n" for line in open(train, encoding="utf-8")), encoding="utf-8")
    subprocess.run([WARBLER, "lm", "build", texts, "--order", "3", "--discount-fallback", "--out", path, "--quiet"], check=True)
    return path


def score(manifest: pathlib.Path, model: pathlib.Path, decoder: str, threads: int) -> dict[str, float]:
    """WER and CER of what a decoder makes of a manifest."""
    command = [WARBLER, "decode", manifest, "--model", model, "--decoder", decoder]
    command += ["--no-store", "--format", "jsonl", "--quiet", "--threads", str(threads)]
    output = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    heard = {row["id"]: row["text"] for row in map(json.loads, output.splitlines())}
    totals = {"wer": [0, 0], "cer": [0, 0]}
    for line in open(manifest, encoding="utf-8"):
        row = json.loads(line)
        for name, split in (("wer", str.split), ("cer", list)):
            said = split(row["text"])
            totals[name][0] += edit_distance(said, split(heard[row["id"]]))
            totals[name][1] += len(said)
    return {name: errors / count for name, (errors, count) in totals.items()}


def recipe(task: str) -> pathlib.Path:
    return ROOT / f"Docs/recipes/small-{'fsdd-speaker' if task.startswith('fsdd-') else task}.yaml"


def inputs(task: str, condition: str, model: pathlib.Path) -> str:
    """Names what a result rests on: the checkpoint's weights, or its architecture where they are random, and the recipe."""
    start = model / ("config.json" if condition == "random" else "model.safetensors")
    return hashlib.sha256(start.read_bytes() + recipe(task).read_bytes()).hexdigest()[:12]


def run(task: str, condition: str, seed: int, arguments: argparse.Namespace) -> dict:
    rests_on = inputs(task, condition, arguments.model)
    out = arguments.runs / task / f"{condition}-{seed}-{rests_on}"
    paths = manifests(task, arguments.corpora, arguments.runs)
    first = TASKS[task][0]
    command = [WARBLER, "finetune"]
    if (out / "config.yaml").exists():
        command += ["--resume", "--out", out]
    else:
        start = ["--init", arguments.model / "config.json"] if condition == "random" else ["--model", arguments.model]
        command += [*start, "--config", recipe(task), "--train", paths["train"], "--dev", paths[first], "--out", out, "--no-store"]
        command += ["--seed", str(seed)] + (["--train-feature-encoder"] if condition == "trained" else [])
    began = time.monotonic()
    subprocess.run([*map(str, command), "--quiet", "--threads", str(arguments.threads)], check=True)
    seconds = time.monotonic() - began
    decoders = {"greedy": "greedy", "lm": f"beam:lm={language_model(paths['train'], out)},{BEAM}"}
    splits = {
        split: {name: score(paths[split], out / "last", decoder, arguments.threads) for name, decoder in decoders.items()}
        for split in TASKS[task]
    }
    return {"task": task, "condition": condition, "seed": seed, "inputs": rests_on, "seconds": round(seconds), "splits": splits}


def title(task: str) -> str:
    """How the table calls a task: its name, and how long it trains."""
    steps = next(int(line.split()[1]) for line in recipe(task).read_text().splitlines() if line.startswith("steps:"))
    corpus, speaker, has_more = parts(task)
    return corpus + " and asterisk-en" * has_more + f", {steps:,} steps" + (f", {speaker} without labels" if speaker else "")


def row(task: str, split: str, condition: str, runs: list[dict], seeds: int) -> str:
    """A line of the table: runs of one task and condition by seed, of which there should be `seeds`."""
    scores = [run["splits"][split] for run in runs]
    greedy, beam = ([100 * score[name]["wer"] for score in scores] for name in ("greedy", "lm"))
    lacking = "" if len(runs) == seeds else f" ({len(runs)} of {seeds} seeds)"
    by_seed = ", ".join(f"{wer:.1f}" for wer in greedy)
    cer = 100 * statistics.mean(score["greedy"]["cer"] for score in scores)
    return (
        f"| {title(task)}, {split} | {CONDITIONS[condition]}{lacking} | {by_seed} % | {spread(greedy)} % | {cer:.1f} % | {spread(beam)} % |"
    )


def spread(values: list[float]) -> str:
    """Mean and sample deviation, if there is one."""
    deviation = f" ± {statistics.stdev(values):.1f}" if len(values) > 1 else ""
    return f"{statistics.mean(values):.1f}{deviation}"


def key(result: dict) -> tuple[str, str, int]:
    return result["task"], result["condition"], result["seed"]


def load(path: pathlib.Path) -> dict[tuple[str, str, int], dict]:
    return {key(result): result for result in json.loads(path.read_text() or "[]")} if path.exists() else {}


def save(result: dict, path: pathlib.Path) -> None:
    """Adds a result to the file, which another call, of other tasks, may have written to meanwhile."""
    with open(path, "a+", encoding="utf-8") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        results = load(path) | {key(result): result}
        lines = ",\n".join(json.dumps(results[k]) for k in sorted(results))
        file.truncate(0)
        file.write(f"[\n{lines}\n]\n")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--corpora", type=pathlib.Path)
    parser.add_argument("--model", type=pathlib.Path, default=ROOT / "Models/warbler-small")
    parser.add_argument("--runs", type=pathlib.Path)
    parser.add_argument("--tasks", nargs="+", choices=TASKS, default=DEFAULT_TASKS)
    parser.add_argument("--conditions", nargs="+", choices=CONDITIONS, default=list(CONDITIONS))
    parser.add_argument("--seeds", nargs="+", type=int, default=[1, 2, 3])
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--results", type=pathlib.Path, default=ROOT / "Benchmarks/results/pretrained.json")
    parser.add_argument("--print", action="store_true", help="print the results there are, train nothing")
    arguments = parser.parse_args()
    if not arguments.print and not (arguments.corpora and arguments.runs):
        parser.error("--corpora and --runs are needed, except with --print")
    if not arguments.print and not arguments.corpora.is_dir():
        parser.error(f"--corpora: {arguments.corpora} is no directory; name the one that holds fsdd, asterisk-en and the others")
    print("| task | from | WER by seed | mean ± deviation | CER | with the 3-gram, mean ± deviation |")
    print("|---|---|---|---|---|---|", flush=True)
    for task in arguments.tasks:
        for condition in arguments.conditions:
            runs = []
            for seed in arguments.seeds:
                result = load(arguments.results).get((task, condition, seed))
                if not arguments.print and (result is None or result["inputs"] != inputs(task, condition, arguments.model)):
                    result = run(task, condition, seed, arguments)
                    save(result, arguments.results)
                runs += [result] if result else []
            for split in TASKS[task] if runs else []:
                print(row(task, split, condition, runs, len(arguments.seeds)), flush=True)


if __name__ == "__main__":
    main()
