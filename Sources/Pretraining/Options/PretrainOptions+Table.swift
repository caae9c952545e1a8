public import Training

/// An option of `warbler pretrain`.
public typealias PretrainOption = CommandOption<PretrainOptions>

extension PretrainOptions: CommandOptions {
  public static let command = "pretrain"

  public enum Section: String, Sendable, CaseIterable {
    case data = "Data"
    case rounds = "Rounds and clusters"
    case rate = "Length and learning rate"
    case optimizer = "Optimizer"
    case objective = "Masked prediction"
    case regularization = "Regularization (default: as config.json says)"
    case batches = "Batches"
    case checkpoints = "Evaluation and checkpoints"
    case machine = "Machine and records"
  }

  public static let withoutDefaults: PretrainOptions = {
    var options = PretrainOptions()
    options.store = nil
    return options
  }()

  public mutating func makeDefaultsAbsolute() { store = store.map(absolutePath) }

  /// Every option there is. Flags, keys of files, their help and what may change on `--resume` all follow
  /// from it. What a round alone depends on is free here, and held to by ``identity(ofRound:layers:)``.
  public static let table: [PretrainOption] =
    data + recipe + rate + optimizer + objective + regularization + batches + checkpoints + machine

  private static let data: [PretrainOption] = [
    .row(
      "init", .data, "CONFIG.json", \.initialConfiguration, .path,
      "The architecture; every round begins with random weights.", rival: "model"),
    .row(
      "model", .data, "MODEL", \.model, optional: .path,
      "Go on from this checkpoint instead: the first round, too, clusters a layer, of it, and begins with its weights.",
      rival: "init"),
    .row("train", .data, "MANIFEST", \.train, .path, "Speech to learn from; texts are not looked at."),
    .row(
      "dev", .data, "MANIFEST", \.dev, optional: .path, "Held-out speech that prediction is measured on.",
      resume: .free),
    .row(
      "out", .data, "DIR", \.out, .path, "Where the run is kept: rounds, model, numbers, reports.",
      resume: .free),
    .row(
      "normalize", .data, nil, \.normalises, .bool,
      "Bring each utterance to mean 0 and variance 1 (the default)."),
  ]

  private static let recipe: [PretrainOption] = [
    .row("rounds", .rounds, "N", \.rounds, .int(1...100), "Rounds in all.", resume: .free),
    .row(
      "round", .rounds, "N", \.round, optional: .int(1...100), "End behind this round (default: the last).",
      resume: .free),
    .row(
      "clusters", .rounds, "N,N", \.clusters, .ints(2...65_535, "numbers of clusters, such as 100,500"),
      "Clusters of each round; the last number stands for all further ones.", resume: .free),
    .row(
      "layer", .rounds, "N,N", \.features, .clusteredFeatures,
      "From round 2 on (with --model from round 1 on), the layer of the model before that is clustered (default: the "
        + "middle one, then three quarters up), or mfcc.", resume: .free),
    .row(
      "standardize", .rounds, "none|utterance-mean|utterance|speaker-mean|speaker", \.standardization,
      .choice(),
      "Bring each feature to mean 0 (utterance-mean, speaker-mean), or to mean 0 and variance 1, over an utterance or over all "
        + "of a speaker before it is clustered: clusters then are of sounds rather than of voices."),
    .row(
      "fraction", .rounds, "PART", \.fraction, .number(from: 0, open: true, to: 1),
      "The part of the utterances that k-means is fitted on."),
    .flag(
      "continue-weights", .rounds, \.continuesWeights, "Begin a round with the weights of the one before."),
  ]

  private static let rate: [PretrainOption] = [
    .row(
      "steps", .rate, "N,N", \.steps, .ints(1...1_000_000_000, "numbers of steps, such as 10000,20000"),
      "Updates of each round.", resume: .free),
    .row(
      "learning-rate", .rate, "RATE", \.learningRate, .number(from: 0, open: true, to: 100),
      "The learning rate at its peak."),
    .row(
      "schedule", .rate, "constant|linear|cosine|tri-stage", \.schedule, .choice(),
      "How the learning rate goes after warm-up."),
    .row(
      "warmup-steps", .rate, "N,N", \.warmupSteps,
      .ints(0...1_000_000_000, "numbers of steps, such as 800,1600"),
      "Steps over which the learning rate rises (default: 8 % of a round's).", resume: .free),
  ]

  private static let optimizer: [PretrainOption] = [
    .row(
      "betas", .optimizer, "B1,B2", \.betas,
      .numbers(count: 2...2, in: 0...1.0.nextDown, "two numbers from 0, below 1, such as 0.9,0.98"),
      "Adam's decay rates."),
    .row("epsilon", .optimizer, "X", \.epsilon, .number(from: 0, open: true, to: 1), "Adam's epsilon."),
    .row("weight-decay", .optimizer, "X", \.weightDecay, .number(from: 0, to: 10), "Decoupled weight decay."),
    .row(
      "clip", .optimizer, "NORM", \.clip, .number(from: 0),
      "Scale gradients down to this global norm; 0 for none."),
  ]

  private static let objective: [PretrainOption] = [
    .row(
      "mask-prob", .objective, "P", \.maskProbability, .number(from: 0, open: true, to: 1),
      "The part of frames that masks cover, overlaps not counted."),
    .row("mask-length", .objective, "N", \.maskLength, .int(1...10_000), "Frames of a mask."),
    .row(
      "unmasked-weight", .objective, "X", \.unmaskedWeight, .number(from: 0, to: 1000),
      "Weight of the frames that are not masked."),
    .row(
      "feature-penalty", .objective, "X", \.featurePenalty, .number(from: 0, to: 1e6),
      "Weight of the features' mean square."),
    .row(
      "encoder-gradient-scale", .objective, "X", \.encoderGradientScale, .number(from: 0, to: 1000),
      "Times the gradient of the convolutions."),
    .row(
      "temperature", .objective, "X", \.temperature, .number(from: 0, open: true, to: 100),
      "What cosines are divided by."),
    .row(
      "projection-width", .objective, "N", \.projectionWidth, .int(1...65_536),
      "Width of the clusters' embeddings."),
  ]

  private static let regularization: [PretrainOption] = [
    PretrainOption(
      name: "dropout", section: .regularization, valueName: "P", help: "All four dropouts at once.",
      set: { options, text throws(OptionMismatch) in
        let value = try OptionKind<Double>.probability.read(text)
        for path in dropouts { options[keyPath: path] = value }
      }),
    .row(
      "hidden-dropout", .regularization, "P", \.hiddenDropout, optional: .probability,
      "Behind attention and feed-forward."),
    .row(
      "activation-dropout", .regularization, "P", \.activationDropout, optional: .probability,
      "Inside the feed-forward."),
    .row(
      "attention-dropout", .regularization, "P", \.attentionDropout, optional: .probability,
      "On attention weights."),
    .row(
      "feat-proj-dropout", .regularization, "P", \.featureProjectionDropout, optional: .probability,
      "Behind the feature projection."),
    .row(
      "layerdrop", .regularization, "P", \.layerDrop, optional: .probability, "Skip a layer so often."),
  ]

  private static var dropouts: [any PretrainOption.Path<Double?>] {
    [\.hiddenDropout, \.activationDropout, \.attentionDropout, \.featureProjectionDropout]
  }

  private static let batches: [PretrainOption] = [
    .row(
      "batch-seconds", .batches, "S", \.batchSeconds, .number(from: 0, open: true, to: 1e6),
      "Seconds of audio in a step."),
    .row(
      "crop-seconds", .batches, "S", \.cropSeconds, .number(from: 0, open: true, to: 1e5),
      "Cut longer utterances to this, each time elsewhere."),
    .row("seed", .batches, "N", \.seed, .int(0...Int.max), "Seed of everything that is random."),
  ]

  private static let checkpoints: [PretrainOption] = [
    .row(
      "eval-steps", .checkpoints, "N", \.evalSteps, .int(1...1_000_000_000),
      "Steps between evaluations on dev.",
      resume: .free),
    .row(
      "save-steps", .checkpoints, "N", \.saveSteps, optional: .int(1...1_000_000_000),
      "Steps between checkpoints (default: as --eval-steps).", resume: .free),
    .row(
      "keep", .checkpoints, "N", \.keep, .int(0...100_000), "Newest checkpoints kept beside the last.",
      resume: .free),
    .row(
      "dtype", .checkpoints, "fp32|fp16", \.dataType, .choice(), "Of the weights in OUT/model.", resume: .free
    ),
  ]

  private static let machine: [PretrainOption] = [
    .row(
      "threads", .machine, "N", \.threads, optional: .int(1...1024),
      "Threads that compute (default: the number of cores).", resume: .free),
    .row(
      "max-minutes", .machine, "N", \.maxMinutes, optional: .number(from: 0, open: true, to: 1e7),
      "Save and end after so many minutes; --resume goes on.", resume: .free),
    .row(
      "store", .machine, "FILE", \.store, optional: .path, "The store that the run is entered in.",
      resume: .free, rival: "no-store"),
    .flag("no-store", .machine, \.noStore, "Enter it in none.", resume: .free, rival: "store"),
    .flag("tensorboard", .machine, \.tensorBoard, "Write OUT/round-N/tensorboard too.", resume: .free),
    .flag("quiet", .machine, \.quiet, "Write nothing to stderr but failures.", resume: .free),
  ]
}
