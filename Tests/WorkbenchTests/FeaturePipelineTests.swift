import AcousticModel
import CTC
import Checkpoints
import Tensors
import TestSupport
import Testing
import Workbench

@Suite struct `The features pipeline` {
  let directory = TemporaryDirectory()

  func features(
    _ inputs: [String], model: String, layer: FeatureLayer = .last, type: DataType = .float32,
    threads: Int = 1, chunkSeconds: Double? = nil
  ) throws -> (rows: [String: FrameRows], failures: [String]) {
    var options = RecordingOptions()
    options.chunkSeconds = chunkSeconds
    let pipeline = try FeaturePipeline(
      modelDirectory: model, layer: layer, type: type, threads: threads, options: options)
    var rows: [String: FrameRows] = [:]
    var failures: [String] = []
    try pipeline.run(InputListing(inputs).entries, shouldStop: { false }) { event in
      switch event {
      case .features(let utterance, let features, _): rows[utterance.id] = features
      case .failure(let failure): failures.append(failure.description)
      case .underway: break
      }
    }
    return (rows, failures)
  }

  @Test(arguments: ["hubert-large", "wav2vec2-adapter"], [FeatureLayer.hidden(0), .hidden(1), .last])
  func `features are the model's hidden states, whatever else is computed`(
    variant: String, layer: FeatureLayer
  ) throws {
    let samples = (0..<5).map { noise(3000 + 2777 * $0, seed: UInt64($0)) }
    let paths = samples.indices.map { directory.write(wav(samples[$0]), as: "r\($0).wav") }
    let model = goldenModel(variant)
    let found = try features(paths, model: model, layer: layer)
    #expect(found.failures.isEmpty && found.rows.count == 5)
    #expect(try features(paths.reversed(), model: model, layer: layer, threads: 3).rows == found.rows)
    let states = try HiddenStates(directory: model, on: Compute(threads: 1))
    for index in samples.indices {
      // As the loader makes them of 16 bits, normalised.
      let floats = samples[index].map { Double($0) / 32768 }
      let mean = floats.reduce(0, +) / Double(floats.count)
      let variance = floats.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(floats.count)
      let waveform = floats.map { Float(($0 - mean) / (variance + 1e-7).squareRoot()) }
      let expected =
        switch layer {
        case .hidden(let layer): states.states(of: [waveform], layer: layer)[0]
        case .last: states.lastStates(of: [waveform])[0]
        }
      let rows = try #require(found.rows["r\(index)"])
      #expect(rows.frames == expected.matrix.rows && rows.width == expected.matrix.columns)
      let elements = withExtendedLifetime(expected) { $0.matrix.elements() }
      // Samples differ by a rounding of the normalised values, far within the contract's 1e-3.
      #expect(zip(rows.values, elements).allSatisfy { abs($0 - $1) < 1e-3 })
    }
  }

  @Test func `chunks have the frames of the whole recording`() throws {
    let path = directory.write(wav(noise(160_000)), as: "a.wav")
    for (variant, layer) in [("hubert-large", FeatureLayer.hidden(1)), ("wav2vec2-adapter", .last)] {
      let model = goldenModel(variant)
      let whole = try #require(try features([path], model: model, layer: layer).rows["a"])
      let chunked = try #require(
        try features([path], model: model, layer: layer, chunkSeconds: 3).rows["a"])
      #expect(chunked.frames == whole.frames && chunked.width == whole.width)
      #expect(chunked != whole)
    }
  }

  @Test func `a recording too short for the adapter has hidden states, but no last one`() throws {
    let path = directory.write(wav(noise(400)), as: "a.wav")
    let model = goldenModel("wav2vec2-adapter-projected")
    #expect(try features([path], model: model, layer: .hidden(1)).rows["a"]?.frames == 1)
    let last = try features([path], model: model)
    #expect(last.rows.isEmpty && last.failures.first?.contains("is too short: found 400 samples") == true)
  }

  @Test func `a layer that the model has not is an error that names those it has`() {
    let error = #expect(throws: InputFailure.self) {
      try FeaturePipeline(
        modelDirectory: goldenModel("hubert-base"), layer: .hidden(3), type: .float32, threads: 1)
    }
    #expect(
      error?.description.hasSuffix(
        "/config.json: num_hidden_layers: a model of 2 layers has hidden states 0 to 2, found --layer 3; "
          + "choose one of these, or last") == true)
  }

  @Test func `what float16 does not hold is that input's failure`() throws {
    let path = directory.write(wav(noise(16_000)), as: "a.wav")
    let model = try model(scaling: "encoder.layers.1.final_layer_norm.weight", by: 1e5)
    #expect(try features([path], model: model).failures.isEmpty)
    let failure = try #require(try features([path], model: model, type: .float16).failures.first)
    #expect(failure.hasPrefix("\(path): its hidden state is "), "\(failure)")
    #expect(failure.hasSuffix("more than fp16 holds; use --dtype fp32"))
    let broken = try self.model(scaling: "encoder.layers.1.final_layer_norm.weight", by: .nan)
    #expect(
      try features([path], model: broken).failures.first?.contains("NaN or infinite at frame 0") == true)
  }

  /// A checkpoint without a head, one of whose tensors is multiplied by a factor.
  private func model(scaling name: String, by factor: Float) throws -> String {
    let source = "\(goldenModels)/hidden-states/hubert-model"
    let archive = try TensorArchive(path: source)
    var writer = SafetensorsWriter()
    for tensor in archive.names {
      let shape = try #require(archive[tensor]?.shape)
      let values = try archive.floats(tensor, expectingShape: shape)
      writer.add(tensor, shape: shape, tensor == name ? values.map { $0 * factor } : values)
    }
    let folder = factor.isNaN ? "broken" : "loud"
    directory.folder(folder)
    try writer.write(to: directory.file("\(folder)/model.safetensors"))
    directory.write(contents(of: "\(source)/config.json"), as: "\(folder)/config.json")
    return directory.file(folder)
  }
}

@Suite struct `A file of frames` {
  let directory = TemporaryDirectory()

  @Test func `it holds a tensor for each utterance, by its id`() throws {
    let path = directory.file("x.safetensors")
    let file = try FrameFile(path: path, metadata: ["layer": "6"])
    // More than a block of the copy.
    let long = rows(300_000, 2)
    try file.write(rows(3, 2), as: .float32, id: "b/../c")
    try file.write(long, as: .float16, id: "a")
    try file.write(rows(0, 2), as: .float32, id: "none")
    #expect(directory.names == [])
    try file.finish()
    #expect(directory.names == ["x.safetensors"])
    let read = try TensorFile(path: path)
    #expect(read.metadata == ["layer": "6"])
    #expect(read.tensors.map(\.name).sorted() == ["a", "b/../c", "none"])
    #expect(try read.tensor("b/../c").shape == [3, 2] && read.tensor("none").shape == [0, 2])
    #expect(try read.floats("b/../c") == rows(3, 2).values)
    #expect(try read.tensor("a").dataType == .float16)
    #expect(try read.floats("a") == long.values)
  }

  /// Values that float16 holds.
  private func rows(_ frames: Int, _ width: Int) -> FrameRows {
    FrameRows(
      Emissions(
        frames: frames, vocabularySize: width,
        logPosteriors: (0..<frames * width).map { Float($0 % 1999) - 999 }))
  }

  @Test func `without rows there is no file`() throws {
    try FrameFile(path: directory.file("x.safetensors"), metadata: [:]).finish()
    #expect(directory.names == [])
  }

  @Test func `a name that safetensors keeps for itself is refused`() throws {
    let file = try FrameFile(path: directory.file("x.safetensors"), metadata: [:])
    let entries = file.refusing([
      .utterance(Utterance(id: "__metadata__", sound: .file(path: "x.wav"))),
      .utterance(Utterance(id: "../good", sound: .file(path: "y.wav"))),
    ])
    guard case .failure(let failure) = entries[0], case .utterance = entries[1] else {
      Issue.record("\(entries)")
      return
    }
    #expect(failure.description.hasPrefix("x.wav: its id __metadata__ is what safetensors"))
  }

  @Test func `a place where no file can be is named at once`() {
    directory.folder("folder.safetensors")
    for name in ["folder.safetensors", "absent/x.safetensors"] {
      let error = #expect(throws: InputFailure.self) {
        try FrameFile(path: directory.file(name), metadata: [:])
      }
      #expect(error?.description.hasPrefix(directory.file(name)) == true)
    }
  }
}
