/// What `warbler compare --help` prints, 80 columns wide.
let compareHelp = """
  OVERVIEW: Compare what decoders, models or other tools make of the same speech.

  Error rates with their intervals, every pair with its difference and how likely
  that is chance, what one system fixes and breaks of another, and what all of
  them together would make. Each decoder of each model is a system; a model's
  emissions are computed once. Files are of any form that score takes. The
  figures are kept in the store (store comparisons).

  USAGE: warbler compare <MANIFEST> --model <MODEL>... --decoder <DECODER>... [<options>]
         warbler compare --ref <FILE> --run <ID>... [<options>]
         warbler compare --ref <FILE> --hyp <FILE>... [<options>]

  ARGUMENTS:
    <manifest>              Speech with texts: JSON lines with audio_filepath and
                            text, metadata.csv, Common Voice's or fairseq's .tsv,
                            Kaldi's or LibriSpeech's directory.

  OPTIONS:
    --model <directory>     A model's directory. May be repeated.
    --decoder <decoder>     greedy or beam:key=value,..., as decode's. May be
                            repeated (default: greedy).
    --run <id>              A decode run of the store, as d12. May be repeated.
    --ref <file>            What was said, for --run and --hyp.
    --hyp <file>            What a system heard. May be repeated.
    --name <name>           What to call a system, in their order. May be
                            repeated (default: decoder, run or file).
    --html <file>           Write a page for a browser, which needs nothing
                            beside itself.
    --sound-megabytes <n>   Room on the page for sounds and emissions, the most
                            different utterances first. (default: 32.0)
    --json                  Print one JSON object.
    --top <n>               Show so many confusions, words and utterances of each
                            pair; 0 for none. (default: 5)
    --rules <rules>         What is done to texts before they are compared: none;
                            basic (lower case, no punctuation); or a language's
                            rules, a rules.json or a folder with one, as those of
                            Vocab/ (default: with --model what training does for
                            its vocabulary, basic if vocabularies differ; else
                            none).
    --cjk <unit>            Whether Chinese and Japanese words are characters, or
                            what is between spaces: characters or words.
                            (default: characters)
    --notation <notation>   How references of --ref are read: plain, or sclite
                            (default: sclite for trn and stm, else plain).
    --missing-as-empty      Count a reference without a hypothesis as one with an
                            empty hypothesis.
    --samples <n>           Resamples of the bootstrap. (default: 10000)
    --seed <n>              The bootstrap's seed. (default: 1)
    --emissions <dir>       Keep the emissions: DIR/ID.npy, DIR/N/ID.npy of the
                            Nth of several models.
    --store <file>          The store that the comparison is kept in, and runs
                            are taken from (default: warbler.db).
    --no-store              Keep nothing in a store.
    --threads <n>           Threads that compute (default: the number of cores).
    --chunk-seconds <s>     Decode recordings longer than this in windows of this
                            length (default: those over 120 s, in windows of 60
                            s).
    --language <language>   The language of models that have several (default:
                            the one their tokenizers name).
    --quiet                 Write nothing to stderr but failures.
    -h, --help              Show help information.


  """
