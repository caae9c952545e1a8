let clusterHelp = """
  OVERVIEW: Cluster frames of speech by k-means, and label recordings with the
  clusters.

  Writes DIR/kmeans.safetensors, DIR/labels.safetensors and DIR/report.json. The
  same call goes on where a run was stopped, and passes over what is done. An
  input that cannot be used is named on stderr, and the others are labelled.

  USAGE: warbler cluster [<options>] <input> ... --out <dir>

  ARGUMENTS:
    <input>                 Audio files, directories (of recordings, Kaldi's,
                            LibriSpeech's), manifests (JSON lines with
                            audio_filepath, metadata.csv, Common Voice's or
                            fairseq's .tsv).

  OPTIONS:
    --features <kind>       mfcc: HuBERT's 39, 100 a second.
    --model <directory>     Cluster hidden states of this model instead: its
                            directory, in Hugging Face's layout.
    --layer <n>             Which hidden states: 0 is the input of the first
                            layer, k the output of layer k, as in transformers.
    --standardize <over>    utterance or speaker: bring each feature to mean 0
                            and variance 1 over an utterance, or over all of a
                            speaker; utterance-mean or speaker-mean: to mean 0
                            alone. (default: none)
    --clusters <k>          Clusters, up to 65536.
    --out <dir>             Where to write.
    --labels-only <file>    Use the clusters of this kmeans.safetensors, and fit
                            none.
    --fraction <part>       Fit to this part of the inputs, above 0 and up to 1.
                            (default: 1.0)
    --seed <n>              Of all random numbers. (default: 0)
    --starts <n>            Starts by k-means++, of which the best goes on.
                            (default: 20)
    --batch <frames>        Frames of a mini-batch. (default: 10000)
    --passes <n>            At most so many passes. (default: 100)
    --rate <hz>             Labels a second: 50 keeps every second one of MFCC,
                            from the first on (default: all).
    --reference <file>      A labels file, of phones for example: tell purity and
                            mutual information.
    --km <file>             Write the labels as fairseq's .km too, in the order
                            of the inputs.
    --threads <n>           Threads that compute (default: the number of cores).
    --json                  Print the report as one line of JSON.
    --quiet                 Write nothing to stderr but a line for each failure.
    -h, --help              Show help information.


  """
