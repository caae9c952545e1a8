/// What `warbler corpus audit --help` prints, 80 columns wide.
let corpusAuditHelp = """
  OVERVIEW: Rank utterances by how likely it is that their text is wrong.

  Looks for texts that a model does not believe (loss), for which it has a better
  one (margin), that no system hears (disagreement) or of which a word does not
  fit in time (alignment), and shows the most suspicious with what was heard. A
  model is a better judge of texts that it was not trained on.

  USAGE: warbler corpus audit <manifest> [--model <directory> ...] [--decoder <decoder> ...] [--by <measure>] [--top <n>] [--language <language>] [--json] [--threads <n>] [--quiet]

  ARGUMENTS:
    <manifest>              Speech with texts: JSON lines with audio_filepath and
                            text, metadata.csv, Common Voice's or fairseq's .tsv,
                            Kaldi's or LibriSpeech's directory.

  OPTIONS:
    --model <directory>     A model's directory, in Hugging Face's layout. May be
                            repeated.
    --decoder <decoder>     greedy or beam:key=value,..., as decode's. May be
                            repeated (default: greedy).
    --by <measure>          What to rank by: margin, loss, disagreement or
                            alignment. (default: margin)
    --top <n>               Show so many; 0 for all. (default: 50)
    --language <language>   The language of models that have several (default:
                            the one their tokenizers name).
    --json                  Print one JSON object a line.
    --threads <n>           Threads that compute (default: the number of cores).
    --quiet                 Write nothing to stderr but failures.
    -h, --help              Show help information.


  """
