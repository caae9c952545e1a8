import ArgumentParser
import Pretraining
import Training

private func help(_ name: String) -> ArgumentHelp { help(PretrainOption.self, name) }

struct PretrainDataFlags: OptionFlags {
  @Option(help: help("init")) var `init`: String?
  @Option(help: help("model")) var model: String?
  @Option(help: help("train")) var train: String?
  @Option(help: help("dev")) var dev: String?
  @Option(help: help("out")) var out: String?
  @Flag(inversion: .prefixedNo, help: help("normalize")) var normalize: Bool?
}

struct PretrainRoundFlags: OptionFlags {
  @Option(help: help("rounds")) var rounds: String?
  @Option(help: help("round")) var round: String?
  @Option(help: help("clusters")) var clusters: String?
  @Option(help: help("layer")) var layer: String?
  @Option(help: help("standardize")) var standardize: String?
  @Option(help: help("fraction")) var fraction: String?
  @Flag(help: help("continue-weights")) var continueWeights = false
}

struct PretrainRateFlags: OptionFlags {
  @Option(help: help("steps")) var steps: String?
  @Option(help: help("learning-rate")) var learningRate: String?
  @Option(help: help("schedule")) var schedule: String?
  @Option(help: help("warmup-steps")) var warmupSteps: String?
}

struct PretrainOptimizerFlags: OptionFlags {
  @Option(help: help("betas")) var betas: String?
  @Option(help: help("epsilon")) var epsilon: String?
  @Option(help: help("weight-decay")) var weightDecay: String?
  @Option(help: help("clip")) var clip: String?
}

struct PretrainObjectiveFlags: OptionFlags {
  @Option(help: help("mask-prob")) var maskProb: String?
  @Option(help: help("mask-length")) var maskLength: String?
  @Option(help: help("unmasked-weight")) var unmaskedWeight: String?
  @Option(help: help("feature-penalty")) var featurePenalty: String?
  @Option(help: help("encoder-gradient-scale")) var encoderGradientScale: String?
  @Option(help: help("temperature")) var temperature: String?
  @Option(help: help("projection-width")) var projectionWidth: String?
}

struct PretrainRegularizationFlags: OptionFlags {
  @Option(help: help("dropout")) var dropout: String?
  @Option(help: help("hidden-dropout")) var hiddenDropout: String?
  @Option(help: help("activation-dropout")) var activationDropout: String?
  @Option(help: help("attention-dropout")) var attentionDropout: String?
  @Option(help: help("feat-proj-dropout")) var featProjDropout: String?
  @Option(help: help("layerdrop")) var layerdrop: String?
}

struct PretrainBatchFlags: OptionFlags {
  @Option(help: help("batch-seconds")) var batchSeconds: String?
  @Option(help: help("crop-seconds")) var cropSeconds: String?
  @Option(help: help("seed")) var seed: String?
}

struct PretrainCheckpointFlags: OptionFlags {
  @Option(help: help("eval-steps")) var evalSteps: String?
  @Option(help: help("save-steps")) var saveSteps: String?
  @Option(help: help("keep")) var keep: String?
  @Option(help: help("dtype")) var dtype: String?
}

struct PretrainMachineFlags: OptionFlags {
  @Option(help: help("threads")) var threads: String?
  @Option(help: help("max-minutes")) var maxMinutes: String?
  @Option(help: help("store")) var store: String?
  @Flag(help: help("no-store")) var noStore = false
  @Flag(help: help("tensorboard")) var tensorboard = false
  @Flag(help: help("quiet")) var quiet = false
}
