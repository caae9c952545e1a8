import AcousticModel
import Tensors
import TestSupport
import Testing

@testable import Training

struct FreezingTests {
  private func trained(
    _ freezing: Freezing, _ configuration: ModelConfiguration, step: Int, masksTime: Bool = true
  ) -> Set<String> {
    let layout = ParameterLayout(configuration)
    let trainable = freezing.trainable(in: layout, of: configuration, atStep: step, masksTime: masksTime)
    return Set(trainable.indices.map { layout.entries[$0].name })
  }

  private var small: ModelConfiguration {
    var configuration = ModelConfiguration()
    configuration.layers = 3
    configuration.width = 24
    configuration.feedForwardWidth = 32
    configuration.heads = 2
    configuration.positionalGroups = 4
    return configuration
  }

  @Test("at first the head alone, then everything")
  func headOnly() {
    let all = Set(ParameterLayout(small).entries.map(\.name))
    let freezing = Freezing(headOnlySteps: 5)
    #expect(trained(freezing, small, step: 4) == ["lm_head.weight", "lm_head.bias"])
    #expect(trained(freezing, small, step: 5) == all)
    #expect(freezing.trainsHeadOnly(atStep: 4) && !freezing.trainsHeadOnly(atStep: 5))
    #expect(
      trained(freezing, small, step: 5, masksTime: false) == all.subtracting(["hubert.masked_spec_embed"]))
  }

  @Test("frozen layers take with them what stands before them", arguments: [false, true])
  func layers(normalisesFirst: Bool) {
    var configuration = small
    configuration.normalisesFirst = normalisesFirst
    let names = trained(Freezing(layers: 2), configuration, step: 0)
    let expected = ParameterLayout(configuration).entries.map(\.name).filter {
      $0.contains(".layers.2.") || $0.hasPrefix("lm_head.")
        || (normalisesFirst && $0.hasPrefix("hubert.encoder.layer_norm."))
    }
    #expect(names == Set(expected))
    #expect(trained(Freezing(layers: 3), configuration, step: 0).contains("lm_head.weight"))
  }

  @Test("running statistics are never trained, and a skipped layer is left out")
  func excluded() {
    var configuration = small
    configuration.positionalBatchNorm = true
    let layout = ParameterLayout(configuration)
    let all = TrainableEntries(layout)
    #expect(!all.indices.contains { layout.entries[$0].name.contains(".running_") })
    let rest = all.excluding(layers: [1], of: layout)
    #expect(rest.indices == all.indices.filter { !layout.entries[$0].name.contains(".layers.1.") })
    #expect(rest.indices.count < all.indices.count)
  }
}

struct MovingAverageTests {
  @Test("the decay warms up as TensorFlow's, and swapping twice changes nothing")
  func average() {
    let layout = makeLayout([("a.weight", [3, 20]), ("a.bias", [20])])
    let parameters = ParameterStorage(layout)
    parameters.set(layout.entries[0], to: random(60, 1))
    let average = MovingAverage(of: parameters, decay: 0.5, warmsUp: true)
    #expect(average.advance() == 1 - 2.0 / 11)
    #expect(average.advance() == 1 - 3.0 / 12)
    for _ in 0..<20 { _ = average.advance() }
    #expect(average.advance() == 0.5)
    average.values.set(layout.entries[0], to: random(60, 2))
    average.swap(with: parameters)
    #expect(parameters.elements(of: layout.entries[0]) == random(60, 2))
    #expect(average.values.elements(of: layout.entries[0]) == random(60, 1))
    average.swap(with: parameters)
    #expect(parameters.elements(of: layout.entries[0]) == random(60, 1))
  }
}
