let tuneHelp = """
  OVERVIEW: Find the weights of a beam search with which it makes the fewest
  errors.

  Decodes kept emissions (decode --emissions) again and again: grids of two
  weights at a time, then coordinate search around the best, and other widths
  with the weights found. Prints the best DECODER; weights are chosen on these
  utterances, so measure on others.

  USAGE: warbler tune [<options>] <emissions> ... --ref <manifest> --vocab <file> --decoder <decoder>

  ARGUMENTS:
    <emissions>             Emissions: .npy files, .safetensors files,
                            directories of them.

  OPTIONS:
    --ref <manifest>        What is said in them: JSON lines with id and text.
    --vocab <file>          The vocab.json that names their classes.
    --blank <token>         The blank's entry in --vocab (default: <pad>).
    --decoder <decoder>     The beam, with its files and what is to stay, as
                            decode's.
    --over <key=low:high>   A weight to look for, and between which values:
                            lm-weight=0:3, word-score=-4:4, unk-score=-20:0,
                            unk-token-score=-4:0, rescore-weight=0:2. May be
                            repeated (default: all that the beam has, in these
                            ranges).
    --evaluations <n>       Decoders that are tried, at most. (default: 150)
    --widths <n,n>          Widths that are tried with the best weights.
                            (default: 10,25,50,100,200)
    --metric <metric>       What counts: wer or cer; the other tells between
                            equals. (default: wer)
    --surface <tsv>         Write every decoder that was tried, with its error
                            rates, as a table.
    --threads <n>           Threads that compute (default: the number of cores).
    --json                  Print one line of JSON.
    --quiet                 Write nothing to stderr but a line for each failure.
    -h, --help              Show help information.


  """
