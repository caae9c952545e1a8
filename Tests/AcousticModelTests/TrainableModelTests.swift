import CTC
import Checkpoints
import JSON
import Tensors
import TestSupport
import Testing

@testable import AcousticModel

@Suite("The network in training")
struct TrainableModelTests {
  /// A post-norm model, a stable one with MMS's bottlenecks, and one with wav2vec 2.0's adapter.
  static let kinds: [String: @Sendable (inout ModelConfiguration) -> Void] = [
    "post-norm": { _ in },
    "stable": {
      $0.normalisesFirst = true
      $0.attentionAdapterWidth = 5
      $0.architecture = .wav2vec2
    },
    "adapter": {
      $0.architecture = .wav2vec2
      $0.adapter = AdapterConfiguration(width: 20, layers: 2, kernel: 3, stride: 2)
    },
    "batch-norm": {
      $0.positionalBatchNorm = true
      $0.normalisesFeatures = false
      $0.activation = .silu
    },
  ]

  private func fixture(_ kind: String) -> TrainingFixture { TrainingFixture(Self.kinds[kind]!) }

  private let frames = [50, 31, 90, 12]

  @Test(
    "gradients have the same bits on 1, 2 and 5 threads, with all that is random",
    arguments: kinds.keys.sorted())
  func threadsAgree(kind: String) throws {
    let fixture = fixture(kind)
    let batch = fixture.batch([200, 31, 90, 250, 12])
    let options = fixture.options(TrainingFixture.everything, count: batch.count, reduction: .mean)
    let results = try [1, 2, 5].map { try gradients(fixture, [batch], options, threads: $0) }
    #expect(results[0].losses.allSatisfy { $0.isFinite && $0 > 0 })
    for result in results.dropFirst() {
      #expect(result.losses == results[0].losses)
      #expect(result.gradients.all == results[0].gradients.all)
    }
  }

  @Test("computing activations again gives the same bits as keeping them", arguments: kinds.keys.sorted())
  func checkpointing(kind: String) throws {
    let fixture = fixture(kind)
    let batch = fixture.batch(frames)
    for frozen in [0, 1] {
      var options = fixture.options(TrainingFixture.everything, step: 3, count: batch.count)
      options.frozenLayers = frozen
      let kept = try gradients(fixture, [batch], options)
      options.checkpointsActivations = true
      let again = try gradients(fixture, [batch], options)
      #expect(again.losses == kept.losses && again.gradients.all == kept.gradients.all)
    }
  }

  @Test("a second step with the same options adds the same gradients")
  func steps() throws {
    let fixture = fixture("post-norm")
    let batch = fixture.batch(frames)
    let options = fixture.options(TrainingFixture.everything, count: batch.count)
    let model = fixture.model()
    _ = try model.accumulateGradients(batch, options: options)
    model.finishGradients(options)
    let first = model.gradients.all
    model.clearGradients()
    #expect(model.gradients.all.allSatisfy { $0 == 0 })
    _ = try model.accumulateGradients(batch, options: options)
    model.finishGradients(options)
    #expect(model.gradients.all == first)
    model.clearGradients()
    var other = options
    other.step += 1
    _ = try model.accumulateGradients(batch, options: other)
    model.finishGradients(other)
    #expect(model.gradients.all != first)
  }

  /// The largest difference of an element in units of its tensor's root mean square.
  private func worst(_ a: ParameterStorage, _ b: ParameterStorage) -> (entry: String, error: Double) {
    var worst = ("", 0.0)
    let largest = a.layout.entries.reduce(Float(0)) {
      max($0, a.elements(of: $1).reduce(0) { max($0, abs($1)) })
    }
    for entry in a.layout.entries {
      let (x, y) = (a.elements(of: entry), b.elements(of: entry))
      let rms = (x.reduce(0.0) { $0 + Double($1) * Double($1) } / Double(x.count)).squareRoot()
      // Softmax cancels the gradient of the keys' bias: what is left is rounding.
      let scale = max(rms, 1e-2 * Double(largest))
      let error = zip(x, y).reduce(0.0) { max($0, Double(abs($1.0 - $1.1)) / scale) }
      if error > worst.1 { worst = (entry.name, error) }
    }
    return worst
  }

  @Test(
    "an utterance's loss has the same bits in whatever batch, gradients of a batch are the sum",
    arguments: kinds.keys.sorted())
  func batchMates(kind: String) throws {
    let fixture = fixture(kind)
    // More than a micro-batch holds, and one that is longer than a micro-batch.
    let batch = fixture.batch([200, 300, 90, 600, 12, 512, 3])
    let options = fixture.options(TrainingFixture.everything, step: 5, count: batch.count, reduction: .mean)
    let together = try gradients(fixture, [batch], options)
    let alone = try gradients(fixture, batch.map { [$0] }, options)
    let reversed = try gradients(fixture, [Array(batch.reversed())], options)
    #expect(together.losses.prefix(6).allSatisfy { $0.isFinite })
    #expect(alone.losses.map(\.bitPattern) == together.losses.map(\.bitPattern))
    #expect(reversed.losses.reversed().map(\.bitPattern) == together.losses.map(\.bitPattern))
    // Sums over 1700 frames in another order: some roundings of the terms, which a sum of that many may
    // cancel to a fortieth of their size.
    for other in [alone, reversed] {
      let (entry, error) = worst(together.gradients, other.gradients)
      #expect(error <= 40 * 16 * rounding, "\(entry): \(error)")
    }
  }

  @Test(
    "emissions are those of inference",
    arguments: ["hubert-base", "wav2vec2-large", "wav2vec2-adapter", "wav2vec2-mms", "hubert-batch-norm"])
  func emissions(variant: String) throws {
    let compute = Compute(threads: 2)
    let golden = try #require(GoldenModel.all.first { $0.name == variant })
    let inference = Inference(model: try golden.load(on: compute), on: compute)
    let waveforms = try golden.waveforms().map(\.samples).filter {
      inference.model.configuration.frames(for: $0.count) > 0
    }
    let fixture = try TrainingFixture(golden: variant)
    let encoder = try FrozenFeatureEncoder(
      configuration: fixture.configuration, weights: TensorArchive(path: golden.directory), on: compute)
    let features = waveforms.map { encoder.features(of: $0) }
    let expected = inference.emissions(for: waveforms)
    let model = fixture.model()
    let found = model.emissions(for: features.map { .features($0) })
    for (found, expected) in zip(found, expected) {
      #expect(found.frames == expected.frames && found.vocabularySize == expected.vocabularySize)
      // Both are within 1e-4 of the double precision that the parity table measures.
      #expect(largestDifference(found, expected.logPosteriors) <= 2e-4)
    }
    #expect(found.count == expected.count)
    // Alone and after a training pass, the same bits.
    let batch = [TrainingUtterance(features: features[0], labels: [1], key: 0)]
    _ = try model.accumulateGradients(batch, options: fixture.options(TrainingFixture.everything, count: 1))
    #expect(model.emissions(for: [.features(features[0])]) == [found[0]])
  }

  // MARK: Freezing

  /// Entries that still get gradients.
  private func isTrained(
    _ entry: ParameterLayout.Entry, _ options: StepOptions, _ configuration: ModelConfiguration
  ) -> Bool {
    if entry.isFixed { return false }
    if entry.part == .head { return true }
    if options.trainsHeadOnly { return false }
    if let layer = entry.layer { return layer >= options.frozenLayers }
    if entry.part == .adapter { return true }
    if entry.name.hasSuffix("encoder.layer_norm.weight") || entry.name.hasSuffix("encoder.layer_norm.bias") {
      return options.frozenLayers == 0 || configuration.normalisesFirst
    }
    return options.frozenLayers == 0
  }

  @Test("freezing leaves the gradients of the rest as they are, to the bit", arguments: kinds.keys.sorted())
  func freezing(kind: String) throws {
    let fixture = fixture(kind)
    let batch = fixture.batch(frames)
    var regularization = TrainingFixture.everything
    regularization.layerDrop = 0
    let options = fixture.options(regularization, count: batch.count)
    let whole = try gradients(fixture, [batch], options)
    var variants: [StepOptions] = []
    for layers in 1...fixture.configuration.layers {
      variants.append(options)
      variants[variants.count - 1].frozenLayers = layers
    }
    variants.append(options)
    variants[variants.count - 1].trainsHeadOnly = true
    for options in variants {
      let part = try gradients(fixture, [batch], options)
      #expect(part.losses == whole.losses)
      for entry in fixture.parameters.layout.entries {
        let expected =
          isTrained(entry, options, fixture.configuration)
          ? whole.gradients.bits(entry) : [UInt32](repeating: 0, count: entry.elementCount)
        #expect(part.gradients.bits(entry) == expected, "\(options.frozenLayers) frozen, \(entry.name)")
      }
    }
    for entry in fixture.parameters.layout.entries where isTrained(entry, options, fixture.configuration) {
      #expect(whole.gradients.elements(of: entry).contains { $0 != 0 }, "\(entry.name) gets no gradient")
    }
  }

  // MARK: LayerDrop

  @Test("layers are dropped as often as LayerDrop says, each for itself", arguments: [0.05, 0.3] as [Float])
  func layerDropFrequency(probability: Float) {
    let fixture = fixture("post-norm")
    var regularization = Regularization()
    regularization.layerDrop = probability
    let steps = 4000
    var counts = [Int](repeating: 0, count: 12)
    var both = 0
    for step in 1...steps {
      let options = fixture.options(regularization, step: step, count: 1)
      let dropped = (0..<12).map { options.drops(layer: $0) }
      for layer in 0..<12 where dropped[layer] { counts[layer] += 1 }
      if dropped[3] && dropped[4] { both += 1 }
    }
    // Five standard deviations of a binomial count.
    func isLikely(_ count: Int, _ p: Double) -> Bool {
      let (mean, variance) = (Double(steps) * p, Double(steps) * p * (1 - p))
      return abs(Double(count) - mean) <= 5 * variance.squareRoot()
    }
    let p = Double(probability)
    for layer in 0..<12 { #expect(isLikely(counts[layer], p), "layer \(layer): \(counts[layer])") }
    #expect(isLikely(both, p * p))
  }

  @Test("a dropped layer gets gradients of exactly 0, and the others those of a model without it")
  func droppedLayer() throws {
    let fixture = fixture("post-norm")
    let batch = fixture.batch(frames)
    var regularization = Regularization()
    regularization.layerDrop = 0.3
    let step = try #require(
      (1...200).first { step in
        let options = fixture.options(regularization, step: step, count: 1)
        return (0..<3).map { options.drops(layer: $0) } == [false, true, false]
      })
    let dropped = try gradients(
      fixture, [batch], fixture.options(regularization, step: step, count: batch.count))
    let shorter = TrainingFixture { $0.layers = 2 }
    for entry in shorter.parameters.layout.entries {
      let source = entry.name.replacing("layers.1.", with: "layers.2.")
      shorter.parameters.set(entry, to: fixture.parameters[source].elements())
    }
    let expected = try gradients(shorter, [batch], fixture.options(count: batch.count))
    #expect(dropped.losses == expected.losses)
    for entry in fixture.parameters.layout.entries {
      if entry.layer == 1 {
        #expect(dropped.gradients.elements(of: entry).allSatisfy { $0 == 0 }, "\(entry.name)")
      } else {
        let name = entry.name.replacing("layers.2.", with: "layers.1.")
        #expect(
          dropped.gradients.elements(of: entry) == expected.gradients[name].elements(), "\(entry.name)")
      }
    }
  }

  // MARK: Slopes

  /// The loss of a model whose entry is moved along `direction`.
  private func loss(
    _ model: TrainableModel, _ entry: ParameterLayout.Entry, along direction: [Float], by distance: Double,
    _ batch: [TrainingUtterance], _ options: StepOptions
  ) throws -> Double {
    let values = model.parameters.elements(of: entry)
    defer { model.parameters.set(entry, to: values) }
    model.parameters.set(entry, to: zip(values, direction).map { $0 + Float(distance) * $1 })
    model.parametersDidChange()
    return try model.accumulateGradients(batch, options: options).losses.reduce(0, +)
  }

  @Test(
    "gradients are the slopes of the loss, with dropouts, masks and LayerDrop on",
    arguments: kinds.keys.sorted())
  func slopes(kind: String) throws {
    let fixture = fixture(kind)
    let batch = fixture.batch([40, 61])
    // A step that drops a layer and keeps the others.
    let step = try #require(
      (1...200).first { step in
        let options = fixture.options(TrainingFixture.everything, step: step, count: 1)
        return (0..<3).map { options.drops(layer: $0) } == [false, true, false]
      })
    let options = fixture.options(TrainingFixture.everything, step: step, count: batch.count)
    let (losses, gradients) = try gradients(fixture, [batch], options)
    let total = losses.reduce(0, +)
    let model = fixture.model(threads: 1)
    var compared = 0
    for entry in fixture.parameters.layout.entries where entry.layer != 1 && !entry.isFixed {
      let gradient = gradients.elements(of: entry)
      let norm = gradient.reduce(0.0) { $0 + Double($1) * Double($1) }.squareRoot()
      // Softmax cancels the keys' bias.
      if entry.name.hasSuffix("k_proj.bias") {
        #expect(norm < 1e-4 * total)
        continue
      }
      #expect(norm > 0, "\(entry.name) has no gradient")
      let direction = gradient.map { Float(Double($0) / norm) }
      // Along the gradient the slope is its norm. A loss is off by about 2e-6 of itself, float32 that the
      // network is; central differences by the third derivative, which two distances take away (Richardson).
      let distance = min(0.2, 0.15 / norm)
      func slope(_ h: Double) throws -> Double {
        let up = try loss(model, entry, along: direction, by: h, batch, options)
        let down = try loss(model, entry, along: direction, by: -h, batch, options)
        return (up - down) / (2 * h)
      }
      let found = (4 * (try slope(distance / 2)) - (try slope(distance))) / 3
      let noise = 2 * 2e-6 * total / distance
      // relu bends in between: what crosses 0 changes the slope by its share.
      let tolerance = entry.name.contains(".adapter_layer.") ? 3e-2 : 5e-3
      #expect(abs(found - norm) <= tolerance * norm + noise, "\(entry.name): \(found), not \(norm)")
      compared += 1
    }
    #expect(compared > 25)
  }

  // MARK: Breakdowns

  @Test("what is not a number is reported with utterance and place")
  func breakdowns() throws {
    func report(_ change: (TrainingFixture, inout [TrainingUtterance]) -> Void) throws -> StepLosses {
      let fixture = TrainingFixture { $0.layers = 3 }
      // The third is in another micro-batch.
      var batch = fixture.batch([50, 31, 490])
      change(fixture, &batch)
      return try fixture.model().accumulateGradients(batch, options: fixture.options(count: 3))
    }
    func set(_ name: String) -> (TrainingFixture, inout [TrainingUtterance]) -> Void {
      { fixture, _ in fixture.parameters[name].pointer[0] = .nan }
    }
    for utterance in 0..<3 {
      let losses = try report { _, batch in
        guard case .features(let features) = batch[utterance].input else { return }
        features.matrix.row(4)[3] = .nan
      }
      #expect(losses.breakdowns == [.init(utterance: utterance, place: "the feature encoder")])
      for index in 0..<3 { #expect(losses.losses[index].isNaN == (index == utterance)) }
    }
    for (name, place) in [
      ("feature_projection.projection.bias", "feature_projection"),
      ("encoder.pos_conv_embed.conv.bias", "encoder.pos_conv_embed"),
      ("encoder.layers.0.attention.v_proj.bias", "encoder.layers.0"),
      ("encoder.layers.2.final_layer_norm.weight", "encoder.layers.2"),
    ] {
      let losses = try report(set("hubert.\(name)"))
      #expect(losses.breakdowns == (0..<3).map { .init(utterance: $0, place: place) }, "\(name)")
    }
    #expect(try report(set("lm_head.bias")).breakdowns.map(\.place) == ["lm_head", "lm_head", "lm_head"])
    #expect(try report { _, _ in }.breakdowns == [])
  }

  @Test("too few frames for the labels are an infinite loss that adds nothing")
  func infeasible() throws {
    let fixture = fixture("post-norm")
    var batch = fixture.batch([40, 2])
    batch[1] = TrainingUtterance(batch[1].input, labels: [1, 2, 3], key: batch[1].key)
    let options = fixture.options(TrainingFixture.everything, count: 2)
    let both = try gradients(fixture, [batch], options)
    #expect(both.losses[0].isFinite && both.losses[1] == .infinity)
    let alone = try gradients(fixture, [[batch[0]]], options)
    #expect(alone.losses[0] == both.losses[0])
    let (entry, error) = worst(alone.gradients, both.gradients)
    #expect(error <= 40 * 16 * rounding, "\(entry)")
  }

  @Test("a label outside the vocabulary is refused before anything is added")
  func wrongLabel() throws {
    let fixture = fixture("post-norm")
    var batch = fixture.batch([40, 20])
    batch[1] = TrainingUtterance(batch[1].input, labels: [1, 9], key: 3)
    let model = fixture.model()
    #expect(throws: CTCTargetError.self) {
      try model.accumulateGradients(batch, options: fixture.options(count: 2))
    }
    #expect(model.gradients.all.allSatisfy { $0 == 0 })
  }

  // MARK: Memory

  @Test("the workspace holds what keptBytesPerFrame says of each layer", arguments: [false, true])
  func memory(normalisesFirst: Bool) throws {
    let frames = 512
    // Widths of an odd number of cache lines: no padding.
    func bytes(layers: Int, checkpoints: Bool = false) throws -> (workspace: Int, kept: Int) {
      let fixture = TrainingFixture {
        $0.width = 48
        $0.heads = 3
        $0.feedForwardWidth = 176
        $0.layers = layers
        $0.normalisesFirst = normalisesFirst
      }
      let model = fixture.model()
      var options = fixture.options(count: 1)
      options.checkpointsActivations = checkpoints
      // The second pass finds all it needs in one block.
      for _ in 0..<2 { _ = try model.accumulateGradients(fixture.batch([frames]), options: options) }
      return (model.workspaceBytes, model.keptBytesPerFrame.reduce(0) { $0 + $1.bytes } * frames)
    }
    let (few, many) = (try bytes(layers: 8), try bytes(layers: 14))
    // Up to 16 floats behind each of six matrices a layer.
    let slack = 6 * 6 * 64
    #expect(abs((many.workspace - few.workspace) - (many.kept - few.kept)) <= slack, "\(few), \(many)")
    #expect(many.kept <= many.workspace)
    // What is not kept is a layer's: 4 D, 3 D, 2 feed-forward widths and the results of norms and dropouts.
    let temporary = frames * 4 * (12 * 48 + 3 * 176)
    #expect(many.workspace - many.kept <= temporary, "\(many)")
    let again =
      try bytes(layers: 14, checkpoints: true).workspace - bytes(layers: 8, checkpoints: true).workspace
    #expect(abs(again - 6 * frames * 48 * 4) <= slack, "checkpoints keep \(again)")
  }
}
