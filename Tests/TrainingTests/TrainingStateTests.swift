import Checkpoints
import JSON
import TestSupport
import Testing
import Training

/// Floats that are kept for as long as a test runs.
private final class Floats {
  let buffer: UnsafeMutableBufferPointer<Float>

  init(_ values: [Float]) {
    buffer = .allocate(capacity: values.count)
    _ = buffer.initialize(from: values)
  }

  deinit { buffer.deallocate() }

  var bits: [UInt32] { buffer.map(\.bitPattern) }
}

@Suite struct `The state of a training` {
  let directory = TemporaryDirectory()
  let state: TrainingState = {
    var best = BestEvaluation(metric: .cer, patience: 5)
    _ = best.observe(EvaluationRecord(step: 20, loss: 0.1 + 0.2, wer: .nan, cer: 1.0 / 3))
    _ = best.observe(EvaluationRecord(step: 30, loss: 1, wer: 1, cer: 1))
    return TrainingState(
      step: 31, seed: 9, best: best, identity: "seed: 9\nclip: 1", data: "ab12",
      details: ["epoch": 3, "batch": 17])
  }()
  /// Every kind of float, signalling NaNs and subnormals too.
  let odd: [Float] = [
    0, -0.0, 1.5, .infinity, -.infinity, Float(bitPattern: 0x7FA0_0001), Float(bitPattern: 1),
    .leastNormalMagnitude,
  ]

  @Test func `what is written comes back, every bit of it`() throws {
    let moments = Floats(odd)
    let average = Floats(random(1000, 3))
    let expected = (moments.bits, average.bits)
    let tensors = [
      StateTensor("m", shape: [2, 4], moments.buffer), StateTensor("ema", shape: [1000], average.buffer),
    ]
    try state.write(to: directory.path, tensors: tensors)
    #expect(directory.names == ["state.json", "state.safetensors"])
    moments.buffer.update(repeating: 7)
    average.buffer.update(repeating: 7)
    try TrainingState.restore(tensors, from: directory.path)
    #expect(moments.bits == expected.0 && average.bits == expected.1)
    let read = try TrainingState(contentsOf: directory.path)
    #expect(
      read.step == 31 && read.seed == 9 && read.identity == state.identity && read.details == state.details)
    #expect(read.best.evaluationsSince == 1 && read.best.patience == 5 && read.best.metric == .cer)
    let best = try #require(read.best.best)
    #expect(best.step == 20 && best.loss == 0.1 + 0.2 && best.cer == 1.0 / 3 && best.wer.isNaN)
  }

  @Test func `a state without a best evaluation, or without tensors, comes back too`() throws {
    let empty = TrainingState(
      step: 0, seed: 1, best: BestEvaluation(metric: .wer, patience: 0), identity: "", data: "")
    try empty.write(to: directory.path, tensors: [])
    #expect(try TrainingState(contentsOf: directory.path) == empty)
    try TrainingState.restore([], from: directory.path)
  }

  func refusal(_ tensors: [StateTensor]) -> String {
    do {
      try TrainingState.restore(tensors, from: directory.path)
      return "accepted"
    } catch {
      #expect(!error.description.contains("\n"))
      return error.description
    }
  }

  @Test func `a file cut at any byte, or with a bit turned, is refused in one line that names it`() throws {
    let floats = Floats(odd)
    let tensors = [StateTensor("m", shape: [8], floats.buffer)]
    try state.write(to: directory.path, tensors: tensors)
    let path = directory.file("state.safetensors")
    let whole = contents(of: path)
    for end in 0..<whole.count {
      directory.write(whole[..<end], as: "state.safetensors")
      #expect(refusal(tensors).hasPrefix(path + ": "), "\(end)")
    }
    for byte in whole.count - 32..<whole.count {
      var turned = whole
      turned[byte] ^= 4
      directory.write(turned, as: "state.safetensors")
      #expect(refusal(tensors).hasPrefix("\(path): m: expected the check sum"), "\(byte)")
    }
    directory.write(whole, as: "state.safetensors")
    #expect(refusal(tensors) == "accepted")
    let json = directory.file("state.json")
    let text = contents(of: json)
    for end in 0..<text.count - 1 {
      directory.write(text[..<end], as: "state.json")
      #expect(throws: CheckpointError.self, "\(end)") { try TrainingState(contentsOf: directory.path) }
    }
  }

  @Test func `tensors that are not those of the file are refused`() throws {
    let floats = Floats(odd)
    try state.write(to: directory.path, tensors: [StateTensor("m", shape: [8], floats.buffer)])
    #expect(
      refusal([StateTensor("m", shape: [4, 2], floats.buffer)]).contains(
        "m: expected shape [4, 2], found [8]"))
    #expect(
      refusal([StateTensor("v", shape: [8], floats.buffer)]).contains("m: expected 1 tensors without it"))
    let both = [StateTensor("m", shape: [8], floats.buffer), StateTensor("v", shape: [8], floats.buffer)]
    #expect(refusal(both).contains("v: expected this tensor"))
  }

  @Test func `a state of a later version is refused`() throws {
    try state.write(to: directory.path, tensors: [])
    let text = String(decoding: contents(of: directory.file("state.json")), as: UTF8.self)
    directory.write(text.replacing("\"version\": 1", with: "\"version\": 2"), as: "state.json")
    #expect { try TrainingState(contentsOf: directory.path) } throws: {
      "\($0)".hasSuffix(
        "state.json: version: expected 1 or less, found 2; resume with the Warbler that wrote it")
    }
  }
}

@Suite struct `The average of checkpoints` {
  let directory = TemporaryDirectory()

  func file(_ name: String, _ values: [Float], more: String? = nil, shape: [Int] = [2, 2]) throws -> String {
    var writer = SafetensorsWriter()
    writer.add("w", shape: shape, values)
    writer.add("n", shape: [], as: .int64, bytes: [UInt8(values[3]), 0, 0, 0, 0, 0, 0, 0])
    if let more { writer.add(more, shape: [1], [1]) }
    try writer.write(to: directory.file(name))
    return directory.file(name)
  }

  @Test func `the mean is rounded once, and what is no float is the last file's`() throws {
    // In float, 2^24 + 1 + 1 would lose both ones.
    let paths = [
      try file("a", [16_777_216, 0, 1, 3]), try file("b", [1, 0.5, 1, 3]), try file("c", [1, 1, 1, 4]),
    ]
    let average = try CheckpointAverage(paths: paths)
    #expect(try average.floats("w") == [Float(16_777_218.0 / 3), 0.5, 1, Float(10.0 / 3)])
    try average.write(to: directory.file("mean"))
    let mean = try TensorFile(path: directory.file("mean"))
    #expect(try mean.floats("w") == average.floats("w"))
    #expect(try mean.withBytes(of: "n") { Array($1) } == [4, 0, 0, 0, 0, 0, 0, 0])
    #expect(try CheckpointAverage(paths: [paths[1]]).floats("w") == [1, 0.5, 1, 3])
  }

  @Test func `checkpoints of different models are refused by name`() throws {
    let a = try file("a", [1, 2, 3, 4])
    let extra = try file("b", [1, 2, 3, 4], more: "x")
    let other = try file("c", [1, 2, 3, 4], shape: [4])
    for (paths, message) in [
      ([a, extra], "\(extra): x: expected the tensors of \(a)"),
      ([extra, a], "\(a): x: expected this tensor"),
      ([a, other], "\(other): w: expected shape [2, 2], found [4]"),
    ] {
      #expect { try CheckpointAverage(paths: paths) } throws: { "\($0)".hasPrefix(message) }
    }
  }
}
