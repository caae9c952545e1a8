import AcousticModel
import JSON
import Tensors
import TestSupport
import Testing

@testable import Training

struct RandomInitialisationTests {
  /// By tensor of transformers' model: mean, standard deviation, largest magnitude.
  private struct Golden {
    let configuration: ModelConfiguration
    let document: ModelDocument
    let tensors: JSONObject

    init(_ value: JSONValue, in directory: TemporaryDirectory) throws {
      let path = directory.write(try #require(value["config"]).text(), as: "config.json")
      configuration = try ModelConfiguration(contentsOf: path)
      document = try ModelDocument(contentsOf: path)
      tensors = try #require(value["tensors"]?.object)
    }
  }

  @Test("every tensor has the mean, the spread and the shape of distribution that transformers gives it")
  func moments() throws {
    let directory = TemporaryDirectory()
    let file = try JSONValue(contentsOf: golden("optimizer.json"))
    for value in try #require(file["initialisation"]?.array) {
      let golden = try Golden(value, in: directory)
      #expect(golden.document.initializerRange == 0.03)
      let initialisation = RandomInitialisation(
        golden.configuration, range: golden.document.initializerRange, seed: 5)
      let weights = initialisation.weights(on: Compute(threads: 2))
      var tensors: [(name: String, elements: [Float])] = weights.featureEncoder.map { ($0.name, $0.elements) }
      for entry in weights.parameters.layout.entries {
        tensors.append((entry.name, weights.parameters.elements(of: entry)))
      }
      #expect(Set(tensors.map(\.name)) == Set(golden.tensors.keys))
      for (name, elements) in tensors {
        let expected = try #require(golden.tensors[name]?.array).map { $0.double! }
        check(name, elements.map(Double.init), expected)
      }
    }
  }

  private func check(_ name: String, _ elements: [Double], _ expected: [Double]) {
    let n = Double(elements.count)
    let mean = elements.reduce(0, +) / n
    let deviation = (elements.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / n).squareRoot()
    let largest = elements.map(abs).max()!
    if expected[1] == 0 {
      #expect(deviation == 0 && mean == expected[0], "\(name)")
      return
    }
    if name.hasSuffix(".original0") {
      // A norm over the 128 elements of a tap, uniform: relative standard deviation sqrt(0.8 / 128) / 2.
      #expect(abs(mean / expected[0] - 1) < 6 * 2.0.squareRoot() * 0.04 / n.squareRoot(), "\(name)")
      return
    }
    // Both means have the standard error s / sqrt(n), both deviations at most s / sqrt(2 n); six of them.
    #expect(abs(mean - expected[0]) < 6 * (2 / n).squareRoot() * expected[1], "\(name) \(mean)")
    #expect(abs(deviation - expected[1]) < 6 / n.squareRoot() * expected[1], "\(name) \(deviation)")
    // A uniform's largest magnitude is sqrt(3) deviations, or 2 of them above 0; a normal's is more.
    if n >= 300 {
      #expect((largest / deviation > 2.5) == (expected[2] / expected[1] > 2.5), "\(name)")
    }
  }

  @Test("weights depend on the seed alone, and the gains of weight norm are the norms of v")
  func seeded() throws {
    var configuration = ModelConfiguration()
    configuration.layers = 1
    configuration.width = 64
    configuration.feedForwardWidth = 1024
    configuration.heads = 2
    configuration.convolutionChannels = [16]
    configuration.convolutionKernels = [10]
    configuration.convolutionStrides = [5]
    func weights(_ seed: UInt64, threads: Int) -> TrainingWeights {
      RandomInitialisation(configuration, seed: seed).weights(on: Compute(threads: threads))
    }
    func elements(_ weights: TrainingWeights) -> [[Float]] {
      weights.parameters.layout.entries.map { weights.parameters.elements(of: $0) }
    }
    let first = weights(1, threads: 1)
    let same = weights(1, threads: 5)
    #expect(elements(first) == elements(same) && first.featureEncoder == same.featureEncoder)
    let other = weights(2, threads: 1)
    #expect(elements(first) != elements(other) && first.featureEncoder != other.featureEncoder)
    // No two tensors share their numbers.
    let prefix = "hubert.encoder.layers.0.attention"
    #expect(
      first.parameters["\(prefix).q_proj.weight"].elements()
        != first.parameters["\(prefix).k_proj.weight"].elements())

    let norm = "hubert.encoder.pos_conv_embed.conv.parametrizations.weight"
    let gains = first.parameters["\(norm).original0"].elements()
    let v = first.parameters["\(norm).original1"].elements()
    #expect(gains.count == 128)
    for tap in [0, 77, 127] {
      let squares = stride(from: tap, to: v.count, by: 128).reduce(0) { $0 + Double(v[$1]) * Double(v[$1]) }
      #expect(gains[tap] == Float(squares.squareRoot()))
    }
  }

  @Test("a head that begins at zero is all that changes")
  func flatHead() {
    let configuration = ModelConfiguration()
    let normal = RandomInitialisation(configuration, seed: 3)
    let flat = RandomInitialisation(configuration, head: .zeros, seed: 3)
    for parameter in ParameterList(configuration).parameters where !parameter.name.contains(".original0") {
      let isHead = parameter.name == "lm_head.weight"
      let distribution = flat.distribution(of: parameter.name, shape: parameter.shape)
      let before = normal.distribution(of: parameter.name, shape: parameter.shape)
      #expect(isHead ? distribution == .constant(0) : distribution == before, "\(parameter.name)")
    }
    #expect(normal.headDistribution == .normal(0.02))
  }

  @Test("an element does not depend on the range it is drawn in")
  func ranges() {
    for distribution in [Distribution.normal(2), .uniform(-1, 3), .constant(4)] {
      let whole = distribution.elements(0..<41, seed: 3, name: "a")
      for range in [0..<1, 1..<2, 1..<8, 7..<20, 20..<41, 5..<5] {
        #expect(distribution.elements(range, seed: 3, name: "a") == Array(whole[range]))
      }
    }
  }
}
