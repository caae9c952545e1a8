#!/usr/bin/env python3
"""Goldens of pre-trained checkpoints: what transformers saves of a network without a CTC head.

    python3 scripts/goldens/pretrained.py --goldens Tests/AcousticModelTests/Goldens --out Tests/TrainingTests/Goldens

Writes two tiny models with seeded random weights, as `save_pretrained` does:

    OUT/hubert-pretrained     HubertModel: names without the prefix `hubert.`; config.json and weights alone, as nothing
                              stands beside facebook/hubert-base-ls960's that a head would need
    OUT/wav2vec2-pretrained   Wav2Vec2ForPreTraining: with the prefix, a quantizer and projections beside the network,
                              and with the files of a processor, as facebook/wav2vec2-base has them

each with features.safetensors: `features` (T, C), float32, what the feature encoder makes of the waveform
`normalized.second` of GOLDENS/waveforms.safetensors in float64. Needs what forward.py needs.
"""

import argparse
import json
import pathlib

import torch
import transformers
from safetensors.torch import load_file, save_file
from transformers import (
    HubertConfig,
    HubertModel,
    Wav2Vec2Config,
    Wav2Vec2FeatureExtractor,
    Wav2Vec2ForPreTraining,
)

SIZES = dict(
    hidden_size=16,
    num_hidden_layers=2,
    num_attention_heads=2,
    intermediate_size=24,
    conv_dim=[8] * 7,
    num_conv_pos_embeddings=4,
    num_conv_pos_embedding_groups=2,
)


@torch.no_grad()
def write(model, folder, waveform):
    folder.mkdir(parents=True, exist_ok=True)
    model = model.eval()
    model.save_pretrained(folder)
    encoder = getattr(model, "wav2vec2", model).feature_extractor.double()
    features = encoder(waveform.double()[None])[0].T.float().contiguous()
    save_file({"features": features}, folder / "features.safetensors")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--goldens", type=pathlib.Path, required=True)
    parser.add_argument("--out", type=pathlib.Path, required=True)
    options = parser.parse_args()
    torch.set_num_threads(1)
    transformers.logging.set_verbosity_error()
    transformers.logging.disable_progress_bar()
    waveform = load_file(options.goldens / "waveforms.safetensors")["normalized.second"]
    torch.manual_seed(7)
    write(HubertModel(HubertConfig(**SIZES)), options.out / "hubert-pretrained", waveform)
    quantizer = dict(codevector_dim=8, proj_codevector_dim=8, num_codevectors_per_group=4)
    folder = options.out / "wav2vec2-pretrained"
    write(
        Wav2Vec2ForPreTraining(
            Wav2Vec2Config(**SIZES, **quantizer, feat_extract_norm="layer", do_stable_layer_norm=True, conv_bias=True)
        ),
        folder,
        waveform,
    )
    Wav2Vec2FeatureExtractor(do_normalize=False, return_attention_mask=True).save_pretrained(folder)
    tokens = ["<pad>", "<s>", "</s>", "<unk>", "|", "A", "B"]
    (folder / "vocab.json").write_text(json.dumps({token: id for id, token in enumerate(tokens)}) + "\n")


if __name__ == "__main__":
    main()
