public import AcousticModel
import JSON
public import Training

extension PretrainOptions {
  /// The round behind which this call ends.
  public var lastRound: Int { min(round ?? rounds, rounds) }

  /// Clusters of a round, counted from 1.
  public func classes(ofRound round: Int) -> Int { Self.element(round, of: clusters) ?? 100 }

  /// Updates of a round.
  public func steps(ofRound round: Int) -> Int { Self.element(round, of: steps) ?? 0 }

  /// Updates of a round over which the learning rate rises: 8 % unless an option says otherwise, as 32,000 of
  /// 400,000 are in the paper.
  public func warmup(ofRound round: Int) -> Int {
    Self.element(round, of: warmupSteps) ?? Int((0.08 * Double(steps(ofRound: round))).rounded())
  }

  /// The layer of the model before whose states a round clusters; nil for MFCCs: where an option says so, and in
  /// the first round from random weights, where there is no model before.
  ///
  /// Without an option it is the middle one, and in all further rounds the one three quarters up: 6 and 9 of 12
  /// in the paper.
  /// - Parameter layers: of the transformer.
  public func layer(ofRound round: Int, layers count: Int) -> Int? {
    let models = model == nil ? round - 1 : round
    guard models > 0 else { return nil }
    let chosen = Self.element(models, of: features)
    return (chosen ?? .layer(max(1, models == 1 ? count / 2 : count * 3 / 4))).layer
  }

  /// The config.json that the architecture is taken from.
  public var configuration: String { model.map { "\($0)/config.json" } ?? initialConfiguration }

  /// Steps between saves.
  public var saveInterval: Int { saveSteps ?? evalSteps }

  private static func element<Element>(_ number: Int, of list: [Element]) -> Element? {
    list.isEmpty ? nil : list[min(number, list.count) - 1]
  }

  /// What the weights of a round depend on beside data, architecture and the model before, a line each.
  ///
  /// - Parameter layers: of the transformer.
  public func identity(ofRound round: Int, layers: Int) -> String {
    var own = self
    // What is in them counts, not where they are.
    own.initialConfiguration = ""
    own.model = nil
    own.train = ""
    var lines = [
      own.identity, "clusters: \(classes(ofRound: round))", "warmup-steps: \(warmup(ofRound: round))",
    ]
    if let layer = layer(ofRound: round, layers: layers) { lines.append("layer: \(layer)") }
    return lines.joined(separator: "\n")
  }

  /// The objective of a round.
  public func objective(ofRound round: Int) -> MaskedPrediction {
    var objective = MaskedPrediction(classes: classes(ofRound: round))
    objective.projectionWidth = projectionWidth
    objective.temperature = Float(temperature)
    objective.unmaskedWeight = unmaskedWeight
    objective.featurePenalty = featurePenalty
    objective.encoderGradientScale = Float(encoderGradientScale)
    return objective
  }

  /// What a round's trainer does in a step, once the regularization is settled.
  public func trainerSettings(ofRound round: Int) -> Pretrainer.Settings {
    var settings = Pretrainer.Settings(
      schedule: LearningRateSchedule(
        schedule, peak: learningRate, steps: steps(ofRound: round), warmupSteps: warmup(ofRound: round)))
    settings.optimizer.beta1 = betas[0]
    settings.optimizer.beta2 = betas[1]
    settings.optimizer.epsilon = epsilon
    settings.optimizer.weightDecay = weightDecay
    settings.clip = clip > 0 ? clip : nil
    settings.regularization.hiddenDropout = Float(hiddenDropout ?? 0)
    settings.regularization.activationDropout = Float(activationDropout ?? 0)
    settings.regularization.attentionDropout = Float(attentionDropout ?? 0)
    settings.regularization.featureProjectionDropout = Float(featureProjectionDropout ?? 0)
    settings.regularization.layerDrop = Float(layerDrop ?? 0)
    // Two at least, as fairseq's `min_masks`.
    settings.regularization.timeMask = Regularization.SpanMask(
      probability: maskProbability, length: maskLength, minimum: 2)
    // Rounds draw from different streams.
    settings.seed = UInt64(seed) &+ UInt64(round - 1) &* 0x9e37_79b9_7f4a_7c15
    return settings
  }

  /// How a round's utterances become the batches of its steps.
  public func batchOptions(ofRound round: Int) -> BatchOptions {
    var result = BatchOptions()
    result.limit = .seconds(batchSeconds)
    result.seed = trainerSettings(ofRound: round).seed
    return result
  }

  /// Gives the regularization that no option settles the values of a model's config.json, or transformers'
  /// defaults where that says nothing.
  /// - Throws: a JSON error, or `CheckpointError` that names the field.
  public mutating func adoptRegularization(ofConfiguration path: String) throws {
    let fields = try JSONValue(contentsOf: path, options: .python)
    let defaults: [(String, WritableKeyPath<PretrainOptions, Double?>, Double)] = [
      ("hidden_dropout", \.hiddenDropout, 0.1), ("activation_dropout", \.activationDropout, 0.1),
      ("attention_dropout", \.attentionDropout, 0.1), ("feat_proj_dropout", \.featureProjectionDropout, 0),
      ("layerdrop", \.layerDrop, 0.1),
    ]
    for (name, property, fallback) in defaults where self[keyPath: property] == nil {
      self[keyPath: property] = try number(fields, name, path, in: 0...1) ?? fallback
    }
  }
}
