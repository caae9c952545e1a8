let languageModelBuildHelp = """
  OVERVIEW: Build a language model from text.

  Interpolated modified Kneser-Ney smoothing, as KenLM's lmplz. A line of the
  text is a sentence, words are what stands between white space; text is taken as
  it is. What does not fit into --memory goes through temporary files in $TMPDIR.
  The same text and options give the same file, whatever the memory.

  USAGE: warbler lm build <text> ... --order <n> --out <file> [--format <format>] [--prune <counts>] [--limit-vocab <file>] [--characters] [--discount-fallback] [--memory <size>] [--quiet]

  ARGUMENTS:
    <text>                  Texts in UTF-8, plain or gzip'd; - is standard input.

  OPTIONS:
    --order <n>             The longest n-grams, in words.
    --out <file>            The file to write; ARPA is gzip'd if it ends in .gz.
    --format <format>       arpa, or binary, which opens at once. (values: arpa,
                            binary; default: arpa)
    --prune <counts>        Leave out n-grams that were seen so often or less,
                            for order 1, 2, ...; the last number holds for all
                            higher orders, and none may be below the one before.
    --limit-vocab <file>    Take all words but those in this file for <unk>.
    --characters            Every character is a word, and white space the word |.
    --discount-fallback     Where the text gives no discounts, as a tiny one does
                            not, take 0.5, 1 and 1.5 for counts of 1, 2, and 3 or
                            more.
    --memory <size>         For counting and sorting: bytes, or a number with K,
                            M or G. The vocabulary comes on top of it. (default:
                            1G)
    --quiet                 Write nothing to stderr but failures.
    -h, --help              Show help information.


  """
