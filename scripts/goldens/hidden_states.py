#!/usr/bin/env python3
"""Goldens of hidden states: what transformers' models without a head give, layer by layer.

    python3 scripts/goldens/hidden_states.py --goldens Tests/AcousticModelTests/Goldens

Takes the models that forward.py wrote, so run that first; needs what it needs. Writes

    GOLDENS/hidden-states/VARIANT.safetensors    of GOLDENS/VARIANT, a HubertForCTC or Wav2Vec2ForCTC, loaded as HubertModel or
                                                 Wav2Vec2Model
    GOLDENS/hidden-states/MODEL/                 the same weights as HubertModel or Wav2Vec2Model saves them: names without a
                                                 prefix, no head, no preprocessor; float16. golden.safetensors beside them

with UTTERANCE.K (T, D) for hidden_states[K] and UTTERANCE.last (T', D') for last_hidden_state, of the waveforms
`normalized.UTTERANCE` of GOLDENS/waveforms.safetensors, each alone (batch 1, eager attention), computed in float64 on
the weights of the file and rounded to float32.

Checked for each: there are as many states as layers and one more, and neighbours differ by more than 0.1; the last hidden
state is the last of them in a post-norm model without an adapter, and otherwise differs from it by more than 0.1 (or in
shape).
"""

import argparse
import pathlib
import shutil

import torch
import transformers
from safetensors.torch import load_file, save_file
from transformers import HubertModel, Wav2Vec2Model

UTTERANCES = ["quiet", "second"]
VARIANTS = [
    "hubert-base",
    "hubert-large",
    "hubert-batch-norm",
    "hubert-head-40",
    "wav2vec2-large",
    "wav2vec2-adapter",
    "wav2vec2-adapter-projected",
    "wav2vec2-mms",
]
MODELS = {"hubert-model": "hubert-base", "wav2vec2-model": "wav2vec2-adapter-projected"}


def different(a, b) -> bool:
    return a.shape != b.shape or float((a - b).abs().max()) > 0.1


@torch.no_grad()
def states(directory: pathlib.Path, waveforms: dict) -> dict:
    kind = HubertModel if directory.name.startswith("hubert") else Wav2Vec2Model
    model, info = kind.from_pretrained(
        directory, dtype=torch.float32, attn_implementation="eager", output_loading_info=True
    )
    assert not info["missing_keys"], (directory, info)
    model.eval().double()
    tensors = {}
    for name in UTTERANCES:
        output = model(waveforms[f"normalized.{name}"].double()[None], output_hidden_states=True)
        hidden, last = output.hidden_states, output.last_hidden_state
        assert len(hidden) == model.config.num_hidden_layers + 1
        assert all(different(a, b) for a, b in zip(hidden, hidden[1:])), directory
        tied = not model.config.do_stable_layer_norm and not getattr(model.config, "add_adapter", False)
        assert torch.equal(last, hidden[-1]) if tied else different(last, hidden[-1]), directory
        tensors.update({f"{name}.{k}": state[0] for k, state in enumerate(hidden)})
        tensors[f"{name}.last"] = last[0]
    return {key: value.float().contiguous() for key, value in tensors.items()}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--goldens", type=pathlib.Path, required=True)
    options = parser.parse_args()
    torch.set_num_threads(1)
    transformers.logging.set_verbosity_error()
    transformers.logging.disable_progress_bar()
    waveforms = load_file(options.goldens / "waveforms.safetensors")
    out = options.goldens / "hidden-states"
    shutil.rmtree(out, ignore_errors=True)
    out.mkdir()
    metadata = {"transformers": transformers.__version__, "torch": torch.__version__}
    for name in VARIANTS:
        save_file(states(options.goldens / name, waveforms), out / f"{name}.safetensors", metadata)
    for name, variant in MODELS.items():
        kind = HubertModel if name.startswith("hubert") else Wav2Vec2Model
        kind.from_pretrained(options.goldens / variant, dtype=torch.float16).save_pretrained(out / name)
        save_file(states(out / name, waveforms), out / name / "golden.safetensors", metadata)


if __name__ == "__main__":
    main()
