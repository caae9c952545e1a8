import ArgumentParser
import Training

private func help(_ name: String) -> ArgumentHelp { help(FinetuneOption.self, name) }

struct DataFlags: OptionFlags {
  @Option(help: help("model")) var model: String?
  @Option(help: help("init")) var `init`: String?
  @Option(help: help("train")) var train: String?
  @Option(help: help("dev")) var dev: String?
  @Option(help: help("out")) var out: String?
  @Option(help: help("vocab")) var vocab: String?
  @Flag(help: help("vocab-from-data")) var vocabFromData = false
  @Option(help: help("head-start")) var headStart: String?
  @Option(help: help("bad-rows")) var badRows: String?
}

struct RateFlags: OptionFlags {
  @Option(help: help("steps")) var steps: String?
  @Option(help: help("epochs")) var epochs: String?
  @Option(help: help("learning-rate")) var learningRate: String?
  @Option(help: help("schedule")) var schedule: String?
  @Option(help: help("warmup-steps")) var warmupSteps: String?
  @Option(help: help("hold-ratio")) var holdRatio: String?
  @Option(help: help("decay-ratio")) var decayRatio: String?
  @Option(help: help("final-scale")) var finalScale: String?
}

struct OptimizerFlags: OptionFlags {
  @Option(help: help("optimizer")) var optimizer: String?
  @Option(help: help("betas")) var betas: String?
  @Option(help: help("epsilon")) var epsilon: String?
  @Option(help: help("weight-decay")) var weightDecay: String?
  @Flag(help: help("decay-all")) var decayAll = false
  @Option(help: help("clip")) var clip: String?
  @Option(help: help("loss-reduction")) var lossReduction: String?
  @Flag(inversion: .prefixedNo, help: help("zero-infinity")) var zeroInfinity: Bool?
  @Option(help: help("freeze-steps")) var freezeSteps: String?
  @Option(help: help("freeze-layers")) var freezeLayers: String?
  @Flag(help: help("train-feature-encoder")) var trainFeatureEncoder = false
  @Option(help: help("feature-encoder-rate-scale")) var featureEncoderRateScale: String?
  @Option(help: help("ema-decay")) var emaDecay: String?
}

struct RegularizationFlags: OptionFlags {
  @Option(help: help("dropout")) var dropout: String?
  @Option(help: help("hidden-dropout")) var hiddenDropout: String?
  @Option(help: help("activation-dropout")) var activationDropout: String?
  @Option(help: help("attention-dropout")) var attentionDropout: String?
  @Option(help: help("feat-proj-dropout")) var featProjDropout: String?
  @Option(help: help("final-dropout")) var finalDropout: String?
  @Option(help: help("layerdrop")) var layerdrop: String?
  @Option(help: help("mask-time-prob")) var maskTimeProb: String?
  @Option(help: help("mask-time-length")) var maskTimeLength: String?
  @Option(help: help("mask-time-min-masks")) var maskTimeMinMasks: String?
  @Option(help: help("mask-feature-prob")) var maskFeatureProb: String?
  @Option(help: help("mask-feature-length")) var maskFeatureLength: String?
  @Option(help: help("mask-feature-min-masks")) var maskFeatureMinMasks: String?
}

struct LoRAFlags: OptionFlags {
  @Option(help: help("lora-rank")) var loraRank: String?
  @Option(help: help("lora-alpha")) var loraAlpha: String?
  @Option(help: help("lora-targets")) var loraTargets: String?
  @Option(help: help("lora-save")) var loraSave: String?
}

struct BatchesFlags: OptionFlags {
  @Option(help: help("batch-seconds")) var batchSeconds: String?
  @Option(help: help("batch-size")) var batchSize: String?
  @Flag(help: help("no-shuffle")) var noShuffle = false
  @Option(help: help("accumulate")) var accumulate: String?
  @Option(help: help("speed-perturb")) var speedPerturb: String?
  @Option(help: help("gain-db")) var gainDb: String?
  @Option(help: help("noise")) var noise: String?
  @Option(parsing: .unconditional, help: help("noise-snr")) var noiseSnr: String?
  @Option(help: help("noise-prob")) var noiseProb: String?
  @Option(help: help("seed")) var seed: String?
}

struct CheckpointsFlags: OptionFlags {
  @Option(help: help("eval-steps")) var evalSteps: String?
  @Option(help: help("save-steps")) var saveSteps: String?
  @Option(help: help("keep")) var keep: String?
  @Option(help: help("best-metric")) var bestMetric: String?
  @Option(help: help("early-stopping")) var earlyStopping: String?
  @Option(help: help("average-checkpoints")) var averageCheckpoints: String?
  @Option(help: help("average-by")) var averageBy: String?
}

struct MachineFlags: OptionFlags {
  @Option(help: help("precision")) var precision: String?
  @Option(help: help("threads")) var threads: String?
  @Option(help: help("feature-cache")) var featureCache: String?
  @Option(help: help("cache-size")) var cacheSize: String?
  @Option(help: help("cache-precision")) var cachePrecision: String?
  @Flag(help: help("checkpoint-activations")) var checkpointActivations = false
  @Option(help: help("store")) var store: String?
  @Flag(help: help("no-store")) var noStore = false
  @Flag(help: help("tensorboard")) var tensorboard = false
  @Flag(help: help("quiet")) var quiet = false
}
