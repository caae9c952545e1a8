let alignHelp = """
  OVERVIEW: Align known texts to their recordings: words and characters in time.

  Recordings of any length, in the order of the inputs; a line of a text is a
  segment with a confidence of its own. A * by itself stands for sound that the
  text does not have. What the vocabulary cannot write, as digits, becomes a
  wildcard and is named on stderr; punctuation is not said.

  USAGE: warbler align [<options>] <input> ...

  ARGUMENTS:
    <input>                 An audio file, - for standard input, or manifests
                            with texts, as decode reads them; with --vocab
                            emissions: .npy files, .safetensors files,
                            directories of them.

  OPTIONS:
    --text <text>           The text of the one recording: a file of it, or the
                            words themselves.
    --model <directory>     The model's directory, in Hugging Face's layout.
    --vocab <file>          Align emissions, whose classes this vocab.json names.
    --blank <token>         The blank's entry in --vocab (default: <pad>).
    --ref <manifest>        The texts of several emissions: JSON lines with their
                            ids and texts.
    --format <format>       json, jsonl, textgrid, ctm, srt or vtt. (default:
                            json)
    --out <path>            Write to this file instead of stdout; a directory of
                            ID.json, ID.TextGrid, ID.srt, ID.vtt for several
                            inputs.
    --word-ends <rule>      sound: words reach to where their sound ends
                            (default); spike: to the ends of their tokens, as
                            decode's do, and those of emissions always.
    --max-extension <ms>    How far a word may reach beyond its tokens, in
                            milliseconds (default: 300).
    --partial               Sound before the first word and behind the last may
                            be missing from the text.
    --untranscribed <where> Where sound may be missing from the text: marked
                            (only at a *), ends (as --partial) or words (between
                            any two, too).
    --no-wildcards          Refuse a text with characters that the vocabulary has
                            not, but punctuation.
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
