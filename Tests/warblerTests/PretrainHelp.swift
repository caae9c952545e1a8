/// What `warbler pretrain --help` prints, 80 columns wide.
let pretrainHelp = """
  OVERVIEW: Pre-train a HuBERT model on speech without texts.

  Round 1 clusters MFCCs and trains the model to predict the clusters of masked
  frames; every further round clusters a layer of the model before, as round 1
  does of --model. A stage whose inputs are as they were is not done again.
  OUT/model is the last round's model, which transformers loads as HubertModel
  and finetune takes as --model; OUT/round-N holds a round's clusters,
  checkpoints, metrics.jsonl and report.html. Every option is also a key of the
  YAML file of --config, of the same name; a flag beats the file.

  USAGE: warbler pretrain (--init <CONFIG.json> | --model <MODEL>) --train <MANIFEST> --out <DIR> [<options>]
         warbler pretrain --resume --out <DIR> [<options>]

  DATA:
    --init <CONFIG.json>    The architecture; every round begins with random
                            weights.
    --model <MODEL>         Go on from this checkpoint instead: the first round,
                            too, clusters a layer, of it, and begins with its
                            weights.
    --train <MANIFEST>      Speech to learn from; texts are not looked at.
    --dev <MANIFEST>        Held-out speech that prediction is measured on.
    --out <DIR>             Where the run is kept: rounds, model, numbers,
                            reports.
    --normalize/--no-normalize
                            Bring each utterance to mean 0 and variance 1 (the
                            default).

  ROUNDS AND CLUSTERS:
    --rounds <N>            Rounds in all. (default: 2)
    --round <N>             End behind this round (default: the last).
    --clusters <N,N>        Clusters of each round; the last number stands for
                            all further ones. (default: 100,500)
    --layer <N,N>           From round 2 on (with --model from round 1 on), the
                            layer of the model before that is clustered (default:
                            the middle one, then three quarters up), or mfcc.
    --standardize <none|utterance-mean|utterance|speaker-mean|speaker>
                            Bring each feature to mean 0 (utterance-mean,
                            speaker-mean), or to mean 0 and variance 1, over an
                            utterance or over all of a speaker before it is
                            clustered: clusters then are of sounds rather than of
                            voices. (default: none)
    --fraction <PART>       The part of the utterances that k-means is fitted on.
                            (default: 1)
    --continue-weights      Begin a round with the weights of the one before.

  LENGTH AND LEARNING RATE:
    --steps <N,N>           Updates of each round. (default: 10000)
    --learning-rate <RATE>  The learning rate at its peak. (default: 0.0005)
    --schedule <constant|linear|cosine|tri-stage>
                            How the learning rate goes after warm-up. (default:
                            linear)
    --warmup-steps <N,N>    Steps over which the learning rate rises (default: 8
                            % of a round's).

  OPTIMIZER:
    --betas <B1,B2>         Adam's decay rates. (default: 0.9,0.98)
    --epsilon <X>           Adam's epsilon. (default: 1e-06)
    --weight-decay <X>      Decoupled weight decay. (default: 0.01)
    --clip <NORM>           Scale gradients down to this global norm; 0 for none.
                            (default: 10)

  MASKED PREDICTION:
    --mask-prob <P>         The part of frames that masks cover, overlaps not
                            counted. (default: 0.8)
    --mask-length <N>       Frames of a mask. (default: 10)
    --unmasked-weight <X>   Weight of the frames that are not masked. (default: 0)
    --feature-penalty <X>   Weight of the features' mean square. (default: 10)
    --encoder-gradient-scale <X>
                            Times the gradient of the convolutions. (default: 0.1)
    --temperature <X>       What cosines are divided by. (default: 0.1)
    --projection-width <N>  Width of the clusters' embeddings. (default: 256)

  REGULARIZATION (DEFAULT: AS CONFIG.JSON SAYS):
    --dropout <P>           All four dropouts at once.
    --hidden-dropout <P>    Behind attention and feed-forward.
    --activation-dropout <P>
                            Inside the feed-forward.
    --attention-dropout <P> On attention weights.
    --feat-proj-dropout <P> Behind the feature projection.
    --layerdrop <P>         Skip a layer so often.

  BATCHES:
    --batch-seconds <S>     Seconds of audio in a step. (default: 100)
    --crop-seconds <S>      Cut longer utterances to this, each time elsewhere.
                            (default: 15.6)
    --seed <N>              Seed of everything that is random. (default: 1)

  EVALUATION AND CHECKPOINTS:
    --eval-steps <N>        Steps between evaluations on dev. (default: 500)
    --save-steps <N>        Steps between checkpoints (default: as --eval-steps).
    --keep <N>              Newest checkpoints kept beside the last. (default: 1)
    --dtype <fp32|fp16>     Of the weights in OUT/model. (default: fp32)

  MACHINE AND RECORDS:
    --threads <N>           Threads that compute (default: the number of cores).
    --max-minutes <N>       Save and end after so many minutes; --resume goes on.
    --store <FILE>          The store that the run is entered in. (default:
                            warbler.db)
    --no-store              Enter it in none.
    --tensorboard           Write OUT/round-N/tensorboard too.
    --quiet                 Write nothing to stderr but failures.

  OPTIONS:
    --config <FILE.yaml>    Options, in YAML.
    --resume                Go on in --out, with the options it was begun with.
    -h, --help              Show help information.


  """
