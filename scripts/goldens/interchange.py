#!/usr/bin/env python3
"""What Warbler writes, loaded by transformers and peft: the same logits as from what it read.

    mkdir OUT; WARBLER_KEEP_MODELS=OUT swift test -c release --filter ModelWriterTests
    python3 scripts/goldens/interchange.py OUT [--sources Tests/AcousticModelTests/Goldens]

Needs torch, transformers and, for the adapter, peft (0.21.2 was used). Prints a line a model; fails where logits differ by
more than 1e-6 of the largest, a tensor is missing or left over, or a processor reads something else.
"""

import argparse
import pathlib

import torch
import transformers
from transformers import AutoModelForCTC, AutoProcessor, Wav2Vec2Processor


def load(path):
    model, info = AutoModelForCTC.from_pretrained(path, output_loading_info=True, dtype=torch.float32)
    assert not info["missing_keys"] and not info["mismatched_keys"], (path, info)
    # Kept on purpose: a mask embedding that this configuration does not use.
    left = {key for key in info["unexpected_keys"] if not key.endswith("masked_spec_embed")}
    assert not left, (path, left)
    return model.eval()


@torch.no_grad()
def logits(model, waveform):
    return model(waveform).logits


def check_processor(out, source):
    ours, theirs = AutoProcessor.from_pretrained(out), AutoProcessor.from_pretrained(source)
    assert type(ours) is type(theirs) is Wav2Vec2Processor, (type(ours), type(theirs))
    Wav2Vec2Processor.from_pretrained(out)
    a, b = ours.feature_extractor.to_dict(), theirs.feature_extractor.to_dict()
    for key in ("do_normalize", "return_attention_mask", "sampling_rate", "padding_value", "feature_size"):
        assert a[key] == b[key], (out, key, a[key], b[key])
    vocabulary = theirs.tokenizer.get_vocab()
    assert ours.tokenizer.get_vocab() == vocabulary, (out, ours.tokenizer.get_vocab(), vocabulary)
    for token in ("pad", "unk", "bos", "eos", "word_delimiter"):
        name = f"{token}_token"
        assert getattr(ours.tokenizer, name) == getattr(theirs.tokenizer, name), (out, name)
    ids = list(range(len(vocabulary))) * 2
    assert ours.tokenizer.decode(ids) == theirs.tokenizer.decode(ids), out


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("models", type=pathlib.Path)
    here = pathlib.Path(__file__).resolve().parents[2]
    parser.add_argument("--sources", type=pathlib.Path, default=here / "Tests/AcousticModelTests/Goldens")
    options = parser.parse_args()
    transformers.logging.set_verbosity_error()
    transformers.logging.disable_progress_bar()
    waveform = torch.randn(1, 8000, generator=torch.Generator().manual_seed(3))
    for out in sorted(options.models.iterdir()):
        source = options.sources / out.name
        if source.is_dir():
            found, expected = logits(load(out), waveform), logits(load(source), waveform)
            difference = ((found - expected).abs().max() / expected.abs().max()).item()
            print(f"{out.name}\t{difference:.1e}")
            assert difference <= 1e-6, out
            check_processor(out, source)
        elif out.name != "lora-adapter":
            assert logits(load(out), waveform).isfinite().all(), out
            processor = AutoProcessor.from_pretrained(out)
            print(f"{out.name}\tloads, {len(processor.tokenizer)} tokens")
    if (adapter := options.models / "lora-adapter").is_dir():
        from peft import AutoPeftModel, PeftModel

        expected = logits(load(options.models / "lora-merged"), waveform)
        model = PeftModel.from_pretrained(load(options.sources / "hubert-base"), adapter)
        difference = ((logits(model, waveform) - expected).abs().max() / expected.abs().max()).item()
        print(f"lora-adapter\t{difference:.1e} from the merged weights")
        assert difference <= 1e-5
        assert isinstance(AutoPeftModel.from_pretrained(adapter), PeftModel)


if __name__ == "__main__":
    main()
