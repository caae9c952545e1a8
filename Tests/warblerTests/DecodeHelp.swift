let decodeHelp = """
  OVERVIEW: Decode recordings to text with times.

  Results go to stdout in the order of the inputs, each as soon as it is ready:
  one line an input, with the id before the text when there are several. An input
  that cannot be decoded is named on stderr, and the others are decoded.

  USAGE: warbler decode [<options>] <input> ...

  ARGUMENTS:
    <input>                 Audio files, directories (of recordings, Kaldi's,
                            LibriSpeech's), manifests (JSON lines with
                            audio_filepath, metadata.csv, Common Voice's or
                            fairseq's .tsv), - for standard input; with --vocab
                            emissions: .npy files, .safetensors files,
                            directories of them.

  OPTIONS:
    --model <directory>     The model's directory, in Hugging Face's layout.
    --vocab <file>          Decode emissions, whose classes this vocab.json names.
    --blank <token>         The blank's entry in --vocab (default: <pad>).
    --decoder <decoder>     greedy, or beam:key=value,... with width, lm,
                            lm-weight, word-score, unk-score, unk-token-score,
                            sentence-end, unit, lexicon, hotwords, case, tokens,
                            token-threshold, beam-threshold, nbest, rescore-lm,
                            rescore-weight, mbr, posterior-scale, confidence.
                            (default: greedy)
    --format <format>       text, jsonl, srt, vtt, ctm or textgrid. (default:
                            text)
    --out <path>            Write to this file instead of stdout; a directory of
                            ID.srt, ID.vtt, ID.TextGrid for several inputs.
    --emissions <dir>       Keep the emissions: DIR/ID.npy, (frames, classes)
                            float32, natural-log posteriors.
    --store <file>          The store that the run and its transcripts are kept
                            in (default: warbler.db).
    --no-store              Keep no transcripts in a store.
    --precision <precision> fp32. (default: fp32)
    --threads <n>           Threads that compute (default: the number of cores).
    --chunk-seconds <s>     Compute recordings longer than this in windows of
                            this length (default: those over 120 s, in windows of
                            60 s).
    --pcm <rate>            Standard input is raw 16-bit little-endian mono
                            samples at this rate, in Hz.
    --language <language>   The language of a model that has several (default:
                            the one its tokenizer names).
    --quiet                 Write nothing to stderr but a line for each failure.
    -h, --help              Show help information.


  """
