let scoreHelp = """
  OVERVIEW: Count the errors of hypotheses, by utterance and group.

  Files are told apart by name and content: trn, JSON lines with id and text (a
  manifest, or what decode writes), id<TAB>text or columns with names, ctm; they
  are matched by id. An stm is matched with a ctm by time. In a trn or stm
  reference { a / b c / @ } is one of these, and (word) may be left out. Words
  are compared as written, unless there are rules. Exit codes: 0; 1 for a
  missing, extra or repeated id, or a file that cannot be read.

  USAGE: warbler score [<options>] --ref <file> --hyp <file>

  OPTIONS:
    --ref <file>            What was said; - is standard input.
    --hyp <file>            What was heard; - is standard input.
    --ref-format <format>   trn, jsonl, tsv, stm or ctm (default: told by the
                            file).
    --hyp-format <format>   trn, jsonl, tsv or ctm (default: told by the file).
    --rules <rules>         Change both texts first: none; basic (lower case, no
                            punctuation); or a language's rules, a rules.json or
                            a folder with one, as those of Vocab/. (default: none)
    --vocab <file>          Change both texts as training does for this
                            vocabulary: a vocab.json, or a folder with one.
    --costs <costs>         Which alignment counts. unit: the fewest errors;
                            sclite: a substitution costs 4, a deletion or
                            insertion 3; jiwer: the fewest errors, ties as jiwer
                            breaks them. (default: unit)
    --cjk <unit>            Whether Chinese and Japanese words are characters, or
                            what is between spaces: characters or words.
                            (default: characters)
    --notation <notation>   How references are read: plain, or sclite (default:
                            sclite for trn and stm, else plain).
    --by <field>            Sums for each value of this field of the reference:
                            speaker, language, or any other of a manifest or
                            table; speaker of a trn; speaker, labels, file or
                            channel of an stm. May be repeated.
    --alignments            Show which word stands for which.
    --confusions <n>        Show the most frequent errors, at most so many.
                            (default: 0)
    --missing-as-empty      Count a reference without a hypothesis as one with an
                            empty hypothesis.
    --json                  Print one JSON object.
    --threads <n>           Threads that compute (default: the number of cores).
    --quiet                 Write nothing to stderr but failures.
    -h, --help              Show help information.


  """
