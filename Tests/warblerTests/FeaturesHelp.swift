let featuresHelp = """
  OVERVIEW: Write a model's hidden states for recordings.

  Hidden states are numbered as transformers numbers them: 0 is the input of the
  first layer, k the output of layer k; fairseq's "layer k" is hidden_states[k].
  last is last_hidden_state: behind the final norm and the adapter, where a model
  has them. An input that gives none is named on stderr, and the others are
  written.

  USAGE: warbler features <input> ... --model <directory> [--layer <n>] --out <path> [--dtype <type>] [--threads <n>] [--chunk-seconds <s>] [--pcm <rate>] [--quiet]

  ARGUMENTS:
    <input>                 Audio files, directories (of recordings, Kaldi's,
                            LibriSpeech's), manifests (JSON lines with
                            audio_filepath, metadata.csv, Common Voice's or
                            fairseq's .tsv), or - for standard input.

  OPTIONS:
    --model <directory>     The model's directory, in Hugging Face's layout; it
                            needs no head.
    --layer <n>             0 to the number of layers, or last. (default: last)
    --out <path>            A directory for ID.npy, (frames, width), an utterance
                            each; or FILE.safetensors for one file of them all.
    --dtype <type>          fp32 or fp16. (default: fp32)
    --threads <n>           Threads that compute (default: the number of cores).
    --chunk-seconds <s>     Compute recordings longer than this in windows of
                            this length (default: those over 120 s, in windows of
                            60 s).
    --pcm <rate>            Standard input is raw 16-bit little-endian mono
                            samples at this rate, in Hz.
    --quiet                 Write nothing to stderr but a line for each failure.
    -h, --help              Show help information.


  """
