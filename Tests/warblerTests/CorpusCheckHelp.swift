let corpusCheckHelp = """
  OVERVIEW: Say what training would reject or mislearn, line by line.

  Reads every recording. A finding is one line on stdout: reject (training leaves
  the row out, or stops) or warn (training uses it; look at it), the row, its id,
  what was found and what to do; then a table of rows and hours. Exit codes: 0 if
  nothing is rejected, warnings or not; 3 if some rows are; 1 if none is left to
  train on or a manifest cannot be read.

  USAGE: warbler corpus check <manifest> [--dev <manifest>] [--model <directory>] [--vocab <file>] [--rules <file>] [--language <language>] [--min-seconds <s>] [--max-seconds <s>] [--json] [--threads <n>] [--quiet]

  ARGUMENTS:
    <manifest>              Speech with texts: JSON lines with audio_filepath and
                            text, metadata.csv, Common Voice's or fairseq's .tsv,
                            Kaldi's or LibriSpeech's directory.

  OPTIONS:
    --dev <manifest>        Check this one too, and that they have no audio in
                            common.
    --model <directory>     Check against this model's vocabulary, sample rate
                            and frames: a directory in Hugging Face's layout.
    --vocab <file>          Check against this vocabulary: a vocab.json or a
                            folder with one, and the rules.json beside it.
    --rules <file>          Apply these text rules first: a rules.json, as in
                            Vocab/.
    --language <language>   The language of a model that has several (default:
                            the one its tokenizer names).
    --min-seconds <s>       Reject shorter utterances. (default: 0.1)
    --max-seconds <s>       Reject longer utterances. (default: 30.0)
    --json                  Print one JSON object a line: the findings, then the
                            sums.
    --threads <n>           Threads that compute (default: the number of cores).
    --quiet                 Write nothing to stderr but failures.
    -h, --help              Show help information.


  """
