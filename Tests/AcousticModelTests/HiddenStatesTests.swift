import AcousticModel
import Checkpoints
import Tensors
import TestSupport
import Testing

/// What the features contract promises: hidden states within this of transformers', for each utterance alone.
private let tolerance: Float = 1e-3

/// A model and what `scripts/goldens/hidden_states.py` found in it.
struct HiddenStatesGolden: CustomTestStringConvertible, Sendable {
  /// With a head first, then those without.
  static let all =
    [
      "hubert-base", "hubert-large", "hubert-batch-norm", "hubert-head-40", "wav2vec2-large",
      "wav2vec2-adapter", "wav2vec2-adapter-projected", "wav2vec2-mms",
    ].map { HiddenStatesGolden(directory: $0, file: "hidden-states/\($0).safetensors") }
    + ["hubert-model", "wav2vec2-model"].map {
      HiddenStatesGolden(directory: "hidden-states/\($0)", file: "hidden-states/\($0)/golden.safetensors")
    }

  let directory: String
  let file: String

  var testDescription: String { directory }

  func load(threads: Int, level: KernelLevel = .best) throws -> HiddenStates {
    try HiddenStates(directory: golden(directory), on: Compute(threads: threads, level: level))
  }

  /// (samples), normalised.
  func waveform(_ name: String) throws -> [Float] {
    try TensorFile(path: "\(goldenModels)/waveforms.safetensors").floats("normalized.\(name)")
  }
}

@Suite struct `Hidden states` {
  static let utterances = ["quiet", "second"]

  @Test(arguments: HiddenStatesGolden.all)
  func `every layer and the last are transformers', at every kernel level`(model: HiddenStatesGolden) throws {
    let expected = try TensorFile(path: golden(model.file))
    for level in KernelLevel.supported {
      let hidden = try model.load(threads: 2, level: level)
      #expect(hidden.preprocessing == Preprocessing())
      let layers = Array(0...hidden.configuration.layers)
      #expect(expected.tensors.count == Self.utterances.count * (layers.count + 1))
      for name in Self.utterances {
        let waveform = try model.waveform(name)
        let states = hidden.states(of: [waveform], layers: layers)[0]
        for layer in layers {
          try expectClose(states[layer], expected, "\(name).\(layer)")
        }
        try expectClose(hidden.lastStates(of: [waveform])[0], expected, "\(name).last")
      }
    }
  }

  private func expectClose(_ state: MatrixBuffer, _ file: TensorFile, _ name: String) throws {
    let shape = try file.tensor(name).shape
    #expect([state.matrix.rows, state.matrix.columns] == shape, "\(name)")
    let expected = try file.floats(name)
    let found = withExtendedLifetime(state) { $0.matrix.elements() }
    let worst = zip(found, expected).reduce(Float(0)) { $1.0.isNaN ? .infinity : max($0, abs($1.0 - $1.1)) }
    #expect(worst < tolerance, "\(name)")
  }

  @Test(arguments: HiddenStatesGolden.all)
  func `bits depend neither on threads, nor on batch mates, nor on what else is asked for`(
    model: HiddenStatesGolden
  ) throws {
    let one = try model.load(threads: 1)
    let waveforms = try ["second", "quiet", "odd"].map(model.waveform)
    let layers = Array(0...one.configuration.layers)
    // A layer in a pass of its own, an utterance in a batch of its own.
    let alone = waveforms.map { waveform in
      layers.map { elements(one.states(of: [waveform], layer: $0)[0]) }
    }
    let last = waveforms.map { elements(one.lastStates(of: [$0])[0]) }
    for threads in [2, 5] {
      let several = try model.load(threads: threads)
      #expect(several.states(of: waveforms, layers: layers).map { $0.map(elements) } == alone)
      #expect(
        several.states(of: waveforms, layers: layers.reversed()).map { $0.map(elements).reversed() } == alone)
      #expect(several.lastStates(of: waveforms.reversed()).map(elements) == last.reversed())
    }
    #expect(one.states(of: waveforms, layers: []).map(\.count) == [0, 0, 0])
    #expect(one.states(of: [], layers: layers).isEmpty && one.lastStates(of: []).isEmpty)
  }

  private func elements(_ state: MatrixBuffer) -> [Float] {
    withExtendedLifetime(state) { $0.matrix.elements() }
  }

  @Test func `a checkpoint without a head has the states of the one with it`() throws {
    // Stored in float16: 2^-11 of each weight.
    let with = try TensorFile(path: golden("hidden-states/hubert-base.safetensors"))
    let without = try TensorFile(path: golden("hidden-states/hubert-model/golden.safetensors"))
    let pair = try (with.floats("second.last"), without.floats("second.last"))
    #expect(zip(pair.0, pair.1).allSatisfy { abs($0 - $1) < 0.1 } && pair.0 != pair.1)
  }

  @Test func `a weight that is missing is named as the file would have it`() throws {
    let directory = TemporaryDirectory()
    let source = golden("hidden-states/hubert-model")
    let archive = try TensorArchive(path: source)
    var writer = SafetensorsWriter()
    for name in archive.names where name != "encoder.layers.1.layer_norm.bias" {
      let shape = try #require(archive[name]?.shape)
      writer.add(name, shape: shape, try archive.floats(name, expectingShape: shape))
    }
    try writer.write(to: directory.file("model.safetensors"))
    directory.write(contents(of: "\(source)/config.json"), as: "config.json")
    let error = #expect(throws: CheckpointError.self) {
      try HiddenStates(directory: directory.path, on: Compute(threads: 1))
    }
    #expect(error?.description.contains("encoder.layers.1.layer_norm.bias") == true)
    #expect(error?.description.contains("hubert.encoder") == false)
  }
}
