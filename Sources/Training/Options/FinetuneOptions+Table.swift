import CTC

extension FinetuneOptions: CommandOptions {
  public static let command = "finetune"

  public enum Section: String, Sendable, CaseIterable {
    case data = "Model and data"
    case rate = "Length and learning rate"
    case optimizer = "Optimizer and loss"
    case regularization = "Regularization (default: the model's own)"
    case lora = "Low-rank adaptation"
    case batches = "Batches and augmentation"
    case checkpoints = "Evaluation and checkpoints"
    case machine = "Machine and records"
  }

  public static let withoutDefaults: FinetuneOptions = {
    var options = FinetuneOptions()
    options.epochs = nil
    options.batchSeconds = nil
    options.store = nil
    return options
  }()

  public mutating func makeDefaultsAbsolute() { store = store.map(absolutePath) }

  /// Every option there is. Flags, keys of files, their help and what may change on `--resume` all follow
  /// from it.
  public static let table: [FinetuneOption] =
    data + rate + optimizer + regularization + lora + batches + checkpoints + machine

  private static let data: [FinetuneOption] = [
    .row(
      "model", .data, "MODEL", \.model, optional: .modelPath,
      "The checkpoint to start from: a directory in Hugging Face's layout.", rival: "init"),
    .row(
      "init", .data, "CONFIG.json", \.initialConfiguration, optional: .path,
      "Start from random weights of this architecture instead.", rival: "model"),
    .row("train", .data, "MANIFEST", \.train, .path, "What is learnt from."),
    .row("dev", .data, "MANIFEST", \.dev, .path, "What is evaluated on."),
    .row(
      "out", .data, "DIR", \.out, .path, "Where the run is kept: checkpoints, numbers, report.", resume: .free
    ),
    .row(
      "vocab", .data, "FILE", \.vocabulary, optional: .path,
      "A vocabulary for a new head; rows for characters that the old head knows are kept.",
      rival: "vocab-from-data"),
    .flag(
      "vocab-from-data", .data, \.vocabularyFromData, "Make the vocabulary from the training texts.",
      rival: "vocab"),
    .row(
      "head-start", .data, "zeros|normal", \.headStart, .choice(),
      "What the weights of new classes begin with: small random numbers, as in transformers, or 0."),
    .row(
      "bad-rows", .data, "leave-out|stop", \.badRows, .choice(),
      "What to do with rows that training would reject or mislearn."),
  ]

  private static let rate: [FinetuneOption] = [
    .row(
      "steps", .rate, "N", \.steps, optional: .int(1...1_000_000_000), "Updates in all, instead of --epochs.",
      resume: .free, rival: "epochs"),
    .row(
      "epochs", .rate, "N", \.epochs, optional: .int(1...1_000_000), "Passes over the training data.",
      resume: .free, rival: "steps"),
    .row(
      "learning-rate", .rate, "RATE", \.learningRate, .number(from: 0, open: true, to: 100),
      "The learning rate at its peak."),
    .row(
      "schedule", .rate, "constant|linear|cosine|tri-stage", \.schedule, .choice(),
      "How the learning rate goes after warm-up."),
    .row(
      "warmup-steps", .rate, "N", \.warmupSteps, optional: .int(0...1_000_000_000),
      "Steps over which the learning rate rises (default: a tenth of all)."),
    .row(
      "hold-ratio", .rate, "PART", \.holdRatio, optional: .number(from: 0, to: 1),
      "Tri-stage: the part of all steps at the peak (default: 0.4)."),
    .row(
      "decay-ratio", .rate, "PART", \.decayRatio, optional: .number(from: 0, to: 1),
      "Tri-stage: the part of all steps over which it falls (default: the rest)."),
    .row(
      "final-scale", .rate, "PART", \.finalScale, .number(from: 0, open: true, to: 1),
      "Tri-stage: the last learning rate as a part of the peak."),
  ]

  private static let optimizer: [FinetuneOption] = [
    .row("optimizer", .optimizer, "adamw", \.optimizer, .choice(), "The optimizer."),
    .row(
      "betas", .optimizer, "B1,B2", \.betas,
      .numbers(count: 2...2, in: 0...1.0.nextDown, "two numbers from 0, below 1, such as 0.9,0.98"),
      "Adam's decay rates."),
    .row(
      "epsilon", .optimizer, "X", \.epsilon, .number(from: 0, open: true, to: 1), "Adam's epsilon."),
    .row("weight-decay", .optimizer, "X", \.weightDecay, .number(from: 0, to: 10), "Decoupled weight decay."),
    .flag(
      "decay-all", .optimizer, \.decayAll, "Let weight decay have biases and norm parameters too."),
    .row(
      "clip", .optimizer, "NORM", \.clip, .number(from: 0),
      "Scale gradients down to this global norm; 0 for none."),
    .row(
      "loss-reduction", .optimizer, "mean|sum|sentence", \.lossReduction, .lossReduction,
      "How the losses of a step become one."),
    .row(
      "zero-infinity", .optimizer, nil, \.zeroInfinity, .bool,
      "Count an utterance whose text does not fit into its frames as 0 (the default)."),
    .row(
      "freeze-steps", .optimizer, "N", \.freezeSteps, .int(0...1_000_000_000),
      "Train the head alone at first."),
    .row(
      "freeze-layers", .optimizer, "K", \.freezeLayers, .int(0...10_000),
      "Leave the first K transformer layers, and all before them, as they are."),
    .flag(
      "train-feature-encoder", .optimizer, \.trainFeatureEncoder,
      "Train the convolutions in front too; they are frozen otherwise."),
    .row(
      "feature-encoder-rate-scale", .optimizer, "X", \.featureEncoderRateScale,
      .number(from: 0, open: true, to: 1000), "Times the learning rate, for the feature encoder."),
    .row(
      "ema-decay", .optimizer, "X", \.emaDecay, .probability,
      "Evaluate and save an exponential moving average of the weights; 0 for none."),
  ]

  private static let regularization: [FinetuneOption] = [
    FinetuneOption(
      name: "dropout", section: .regularization, valueName: "P", help: "All five dropouts at once.",
      resume: .fixed, rival: nil,
      set: { options, text throws(OptionMismatch) in
        let value = try OptionKind<Double>.probability.read(text)
        for path in dropouts { options[keyPath: path] = value }
      },
      get: { _ in nil }, clear: { _ in }),
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
      "final-dropout", .regularization, "P", \.finalDropout, optional: .probability, "Before the head."),
    .row(
      "layerdrop", .regularization, "P", \.layerDrop, optional: .probability, "Skip a layer so often."),
    .row(
      "mask-time-prob", .regularization, "P", \.maskTimeProbability, optional: .number(from: 0, to: 1),
      "The part of frames that time masks cover, overlaps not counted."),
    .row(
      "mask-time-length", .regularization, "N", \.maskTimeLength, optional: .int(1...10_000),
      "Frames of a time mask."),
    .row(
      "mask-time-min-masks", .regularization, "N", \.maskTimeMinimum, optional: .int(0...10_000),
      "Time masks at least."),
    .row(
      "mask-feature-prob", .regularization, "P", \.maskFeatureProbability, optional: .number(from: 0, to: 1),
      "The part of channels that feature masks cover."),
    .row(
      "mask-feature-length", .regularization, "N", \.maskFeatureLength, optional: .int(1...100_000),
      "Channels of a feature mask."),
    .row(
      "mask-feature-min-masks", .regularization, "N", \.maskFeatureMinimum, optional: .int(0...100_000),
      "Feature masks at least."),
  ]

  private static var dropouts: [any FinetuneOption.Path<Double?>] {
    [\.hiddenDropout, \.activationDropout, \.attentionDropout, \.featureProjectionDropout, \.finalDropout]
  }

  private static let lora: [FinetuneOption] = [
    .row(
      "lora-rank", .lora, "N", \.loraRank, .int(0...4096),
      "Train factors of this rank instead of the weights; 0 for none."),
    .row(
      "lora-alpha", .lora, "X", \.loraAlpha, optional: .number(from: 0, open: true),
      "The product is scaled by X / rank (default: twice the rank)."),
    .row(
      "lora-targets", .lora, "NAMES", \.loraTargets, .loraTargets, "The projections that get factors."),
    .row(
      "lora-save", .lora, "merged|peft", \.loraSave, .choice(),
      "Save whole weights, or beside them the factors in PEFT's layout."),
  ]

  private static let batches: [FinetuneOption] = [
    .row(
      "batch-seconds", .batches, "S", \.batchSeconds, optional: .number(from: 0, open: true, to: 1e6),
      "Seconds of audio in a batch.", rival: "batch-size"),
    .row(
      "batch-size", .batches, "N", \.batchSize, optional: .int(1...1_000_000),
      "Utterances in a batch, instead of --batch-seconds.", rival: "batch-seconds"),
    .flag("no-shuffle", .batches, \.noShuffle, "Take utterances in the manifest's order."),
    .row("accumulate", .batches, "N", \.accumulate, .int(1...100_000), "Batches a step."),
    .row(
      "speed-perturb", .batches, "FACTORS", \.speedPerturb,
      .numbers(count: 0...16, in: 0.5...2, "speeds from 0.5 to 2, such as 0.9,1,1.1"),
      "Speeds to draw from, such as 0.9,1,1.1."),
    .row("gain-db", .batches, "DB", \.gainDecibels, .number(from: 0, to: 60), "Draw a gain from -DB to DB."),
    .row(
      "noise", .batches, "PATH|white", \.noise, optional: .noise,
      "Recordings of noise to mix in, or white for noise that is made."),
    .row(
      "noise-snr", .batches, "LOW,HIGH", \.noiseSNR, .noiseSNR, "Signal-to-noise ratio, in dB."),
    .row(
      "noise-prob", .batches, "P", \.noiseProbability, .number(from: 0, to: 1), "How often noise is mixed in."
    ),
    .row(
      "seed", .batches, "N", \.seed, .int(0...Int.max), "Seed of everything that is random."),
  ]

  private static let checkpoints: [FinetuneOption] = [
    .row(
      "eval-steps", .checkpoints, "N", \.evalSteps, .int(1...1_000_000_000), "Steps between evaluations.",
      resume: .free),
    .row(
      "save-steps", .checkpoints, "N", \.saveSteps, optional: .int(1...1_000_000_000),
      "Steps between checkpoints (default: as --eval-steps).", resume: .free),
    .row(
      "keep", .checkpoints, "N", \.keep, .int(0...100_000), "Newest checkpoints kept beside best and last.",
      resume: .free),
    .row(
      "best-metric", .checkpoints, "wer|cer|loss", \.bestMetric, .choice(),
      "What the best checkpoint is best by; the loss decides between equals."),
    .row(
      "early-stopping", .checkpoints, "N", \.earlyStopping, .int(0...100_000),
      "End after N evaluations without a new best; 0 for never."),
    .row(
      "average-checkpoints", .checkpoints, "N", \.averageCheckpoints, .int(0...1000),
      "Average the weights of N checkpoints at the end; 0 for none."),
    .row("average-by", .checkpoints, "last|best", \.averageBy, .choice(), "Which checkpoints are averaged."),
  ]

  private static let machine: [FinetuneOption] = [
    .row("precision", .machine, "fp32", \.precision, .choice(), "Precision of the arithmetic."),
    .row(
      "threads", .machine, "N", \.threads, optional: .int(1...1024),
      "Threads that compute (default: the number of cores).", resume: .free),
    .row(
      "feature-cache", .machine, "DIR", \.featureCache, optional: .path,
      "Where features are kept (default: OUT/features).", resume: .free),
    .row(
      "cache-size", .machine, "SIZE", \.cacheSize, .bytes, "Bytes that it may take, such as 500M.",
      resume: .free),
    .row(
      "cache-precision", .machine, "fp16|fp32", \.cachePrecision, .choice(), "How features are kept."),
    .flag(
      "checkpoint-activations", .machine, \.checkpointActivations,
      "Compute activations again in the backward pass: less memory, more time."),
    .row(
      "store", .machine, "FILE", \.store, optional: .path, "The store that the run is entered in.",
      resume: .free,
      rival: "no-store"),
    .flag("no-store", .machine, \.noStore, "Enter it in none.", resume: .free, rival: "store"),
    .flag("tensorboard", .machine, \.tensorBoard, "Write OUT/tensorboard too.", resume: .free),
    .flag("quiet", .machine, \.quiet, "Write nothing to stderr but failures.", resume: .free),
  ]
}

extension OptionKind<CTCReduction> {
  /// Training needs one number: `none` is not among them.
  fileprivate static var lossReduction: Self {
    OptionKind(
      read: { text throws(OptionMismatch) in
        guard let value = text.one.flatMap({ CTCReduction(rawValue: $0) }), value != .none else {
          throw OptionMismatch(expected: "mean, sum, sentence")
        }
        return value
      }, write: { .one($0.rawValue) })
  }
}

extension OptionKind<[Double]> {
  fileprivate static var noiseSNR: Self {
    let numbers = numbers(count: 2...2, in: -100...100, "two numbers of decibels, the lower first")
    return OptionKind(
      read: { text throws(OptionMismatch) in
        let values = try numbers.read(text)
        guard values[0] <= values[1] else {
          throw OptionMismatch(expected: "two numbers of decibels, the lower first")
        }
        return values
      }, write: numbers.write)
  }
}

extension OptionKind<[String]> {
  fileprivate static var loraTargets: Self {
    OptionKind(
      read: { text throws(OptionMismatch) in
        let known = FinetuneOptions.loraProjections
        let groups = ["attention": known.prefix(4), "feed-forward": known.suffix(2)]
        let names = text.many.flatMap { groups[$0].map { Array($0) } ?? [$0] }
        guard !names.isEmpty, names.allSatisfy(known.contains) else {
          throw OptionMismatch(expected: "attention, feed-forward, or of \(known.joined(separator: ", "))")
        }
        return known.filter(names.contains)
      }, write: { .many($0) })
  }
}
