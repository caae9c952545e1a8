#!/usr/bin/env python3
"""Writes the small golden files of the Checkpoints and Vocabulary tests with the reference implementations.

    python scripts/goldens/formats.py            # from the top of the repository

Needs numpy, torch, safetensors and transformers; the versions used are kept in Tests/*/Goldens/versions.json.
The expected values of the tensors follow from formulas that the tests repeat; the expected texts are kept in
cases.json beside each tokenizer.
"""

import json
import os
import random
import shutil
import tempfile

import numpy as np
import safetensors
import torch
import transformers
from safetensors.numpy import save_file as save_numpy
from safetensors.torch import save_file
from transformers import Wav2Vec2CTCTokenizer, Wav2Vec2FeatureExtractor, Wav2Vec2Processor

TESTS = os.path.join(os.path.dirname(__file__), "..", "..", "Tests")


def versions(*modules):
    return {module.__name__: module.__version__.split("+")[0] for module in modules}


def write_json(path, value, **options):
    with open(path, "w", encoding="utf-8") as file:
        json.dump(value, file, ensure_ascii=False, **options)
        file.write("\n")


def checkpoints(folder):
    ramp = torch.arange(-12, 12, dtype=torch.float64).reshape(2, 3, 4) / 8
    mixed = {
        "double": ramp,
        "single": ramp.float(),
        "half": ramp.half(),
        "brain": ramp.bfloat16(),
        "scalar": torch.tensor(0.15625),
        "empty": torch.zeros(0, 5),
        "counter": torch.tensor(7, dtype=torch.int64),
        "mask": torch.tensor([True, False, True]),
        "größe": torch.ones(1, dtype=torch.float32),
    }
    save_file(mixed, f"{folder}/mixed.safetensors", metadata={"format": "pt", "note": "a \"note\"\n"})
    specials = torch.tensor([0.0, -0.0, 6e-8, 6.1e-5, 65504.0, float("inf"), float("-inf"), float("nan")])
    save_file({"half": specials.half(), "brain": specials.bfloat16()}, f"{folder}/specials.safetensors")

    shards = f"{folder}/sharded"
    os.makedirs(shards)
    save_file({"a": torch.tensor([1.0, 2.0]), "b": torch.tensor([3.0])},
              f"{shards}/model-00001-of-00002.safetensors", metadata={"format": "pt"})
    save_file({"c": torch.tensor([[4.0], [5.0]])},
              f"{shards}/model-00002-of-00002.safetensors", metadata={"format": "pt"})
    write_json(f"{shards}/model.safetensors.index.json", {
        "metadata": {"total_size": 20},
        "weight_map": {"a": "model-00001-of-00002.safetensors", "b": "model-00001-of-00002.safetensors",
                       "c": "model-00002-of-00002.safetensors"}}, indent=2)

    pickles(folder, mixed)

    ramp = (np.arange(15) / 4 - 2).reshape(5, 3)
    np.save(f"{folder}/single.npy", ramp.astype("<f4"))
    np.save(f"{folder}/double.npy", ramp.astype("<f8"))
    np.save(f"{folder}/half.npy", ramp.astype("<f2"))
    np.save(f"{folder}/vector.npy", ramp.astype("<f4").ravel())
    np.save(f"{folder}/scalar.npy", np.float32(0.5))
    np.save(f"{folder}/none.npy", np.zeros((0, 3), "<f4"))
    np.save(f"{folder}/fortran.npy", np.asfortranarray(ramp.astype("<f4")))
    np.save(f"{folder}/big-endian.npy", ramp.astype(">f4"))
    np.save(f"{folder}/integer.npy", np.arange(3))
    np.save(f"{folder}/structured.npy", np.zeros(2, dtype=[("x", "<f4"), ("y", "<i2")]))
    for version in [(2, 0), (3, 0)]:
        with open(f"{folder}/version-{version[0]}.npy", "wb") as file:
            np.lib.format.write_array(file, ramp.astype("<f4"), version=version)
    write_json(f"{folder}/versions.json", versions(np, torch, safetensors), indent=2)


def pickles(folder, mixed):
    """What torch.save makes of the same tensors, in both of its layouts."""
    torch.save(mixed, f"{folder}/mixed.bin")
    torch.save(mixed, f"{folder}/mixed-legacy.bin", _use_new_zipfile_serialization=False)
    torch.save(mixed, f"{folder}/mixed-protocol-4.bin", pickle_protocol=4)
    ramp = torch.arange(12, dtype=torch.float32).reshape(4, 3)
    layer = torch.nn.Linear(3, 2)
    with torch.no_grad():
        layer.weight.copy_(ramp[:2])
        layer.bias.copy_(torch.tensor([0.5, -0.5]))
    views = layer.state_dict()  # an OrderedDict with attributes
    views.update({"rows": ramp[1:3], "tied": ramp, "parameter": torch.nn.Parameter(ramp[3]),
                  "column": ramp[:, 1:2].contiguous().T, "step": 7, "note": {"text": [1.5, None, "ä"]}})
    torch.save(views, f"{folder}/views.bin")
    torch.save({"a": ramp.T}, f"{folder}/transposed.bin")
    torch.save({"model": views, "args": torch.device("cpu")}, f"{folder}/nested.bin")

    shards = f"{folder}/sharded-pickles"
    os.makedirs(shards)
    torch.save({"a": torch.tensor([1.0, 2.0]), "b": torch.tensor([3.0])},
               f"{shards}/pytorch_model-00001-of-00002.bin")
    torch.save({"c": torch.tensor([[4.0], [5.0]])}, f"{shards}/pytorch_model-00002-of-00002.bin")
    write_json(f"{shards}/pytorch_model.bin.index.json", {
        "metadata": {"total_size": 20},
        "weight_map": {"a": "pytorch_model-00001-of-00002.bin", "b": "pytorch_model-00001-of-00002.bin",
                       "c": "pytorch_model-00002-of-00002.bin"}}, indent=2)


ENGLISH = ["<pad>", "<s>", "</s>", "<unk>", "|"] + list("ETAONIHSRDLUMWCFGYPBVK'XJQZ")


def tokenizer(folder, name, tokens, language=None, processor=False, **options):
    """Saves a tokenizer and says what it decodes and encodes."""
    directory = f"{folder}/{name}"
    os.makedirs(directory)
    with tempfile.TemporaryDirectory() as scratch:
        path = f"{scratch}/vocab.json"
        nested = isinstance(tokens, dict)
        number = lambda list_: {token: i for i, token in enumerate(list_)}
        write_json(path, {k: number(v) for k, v in tokens.items()} if nested else number(tokens))
        built = Wav2Vec2CTCTokenizer(path, target_lang=language, **options)
        (Wav2Vec2Processor(Wav2Vec2FeatureExtractor(), built) if processor else built).save_pretrained(directory)
    reloaded = Wav2Vec2CTCTokenizer.from_pretrained(directory)
    count = len(tokens[language] if nested else tokens)
    draw = random.Random(name)
    paths = [[], [reloaded.pad_token_id] * 3]
    for length in [1, 2, 3, 5, 8, 13, 21, 34, 55, 89] * 3:
        path = []
        while len(path) < length:
            # Runs, and more blanks and delimiters than chance would give.
            favoured = draw.choice([reloaded.pad_token_id, reloaded.word_delimiter_token_id, draw.randrange(count)])
            path += [favoured] * draw.randint(1, 3)
        paths.append(path[:length])
    # Ids of added tokens and beyond.
    paths.append([count - 1, count, count + 1, count + 2, count - 1])
    if options.get("clean_up_tokenization_spaces"):
        ids = lambda text: [reloaded.get_vocab()[c] for c in text]
        for text in ["DON|'T", "HE|'S", "SO|.|NO|?|YES|,|AH|!", "A|'|B", "A||'S|", "a|'s", "we|'ve", "aen|n't"]:
            paths.append([i for id in ids(text) for i in (id, reloaded.pad_token_id)])
    write_json(f"{directory}/cases.json", {
        "language": language,
        "pad_token_id": reloaded.pad_token_id,
        "length": len(reloaded),
        "decode": [{"path": path, "text": reloaded.decode(path),
                    "words": [w["word"] for w in reloaded.decode(path, output_word_offsets=True).word_offsets]
                    if path else []} for path in paths],
    })


def vocabularies(folder):
    tokenizer(folder, "english", ENGLISH)
    tokenizer(folder, "english-processor", ENGLISH, processor=True)
    tokenizer(folder, "lower-case", ENGLISH, do_lower_case=True)
    tokenizer(folder, "clean-up", ENGLISH + list(".,?!aenstuvw"), clean_up_tokenization_spaces=True)
    tokenizer(folder, "brackets", list("aáb ") + ["sch", "[UNK]", "|", "[PAD]"], pad_token="[PAD]", unk_token="[UNK]")
    tokenizer(folder, "nested", {"eng": ENGLISH[:5] + ["a", "b", "'"], "ell": ENGLISH[:5] + ["α", "ß", "e\u0301", "é"]},
              language="ell")
    tokenizer(folder, "dash", ENGLISH, replace_word_delimiter_char="-")

    # The files of transformers 4: added_tokens.json and special_tokens_map.json, no added_tokens_decoder.
    legacy = f"{folder}/legacy"
    os.makedirs(legacy)
    write_json(f"{legacy}/vocab.json", {"a": 0, "b": 1, "|": 2, "[UNK]": 3, "[PAD]": 4})
    write_json(f"{legacy}/tokenizer_config.json", {
        "unk_token": "<unk>", "pad_token": "<pad>", "word_delimiter_token": "|", "do_lower_case": False,
        "tokenizer_class": "Wav2Vec2CTCTokenizer", "model_max_length": 10**30})
    write_json(f"{legacy}/special_tokens_map.json", {
        "bos_token": "<s>", "eos_token": "</s>", "unk_token": "[UNK]",
        "pad_token": {"content": "[PAD]", "single_word": False, "lstrip": False, "rstrip": False, "normalized": True}})
    write_json(f"{legacy}/added_tokens.json", {"<s>": 5, "</s>": 6})
    reloaded = Wav2Vec2CTCTokenizer.from_pretrained(legacy)
    paths = [[0, 0, 4, 0, 2, 1, 4, 4], [5, 0, 6], [7, 7, 3, 0], [2, 1, 2]]
    write_json(f"{legacy}/cases.json", {
        "language": None, "pad_token_id": reloaded.pad_token_id, "length": len(reloaded),
        "decode": [{"path": path, "text": reloaded.decode(path), "words": [
            w["word"] for w in reloaded.decode(path, output_word_offsets=True).word_offsets]} for path in paths]})
    write_json(f"{folder}/versions.json", versions(transformers), indent=2)


for target, write in [("CheckpointsTests", checkpoints), ("VocabularyTests", vocabularies)]:
    folder = os.path.join(TESTS, target, "Goldens")
    shutil.rmtree(folder, ignore_errors=True)
    os.makedirs(folder)
    write(folder)
