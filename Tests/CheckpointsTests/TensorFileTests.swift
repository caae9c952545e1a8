import Checkpoints
import TestSupport
import Testing

@Suite("Safetensors files")
struct SafetensorsFileTests {
  @Test(
    "A file written by the reference implementation is read: every type, a scalar, an empty tensor, metadata")
  func readsReference() throws {
    let file = try TensorFile(path: golden("mixed.safetensors"))
    #expect(file.metadata == ["format": "pt", "note": "a \"note\"\n"])
    let ramp = (-12..<12).map { Float($0) / 8 }
    for name in ["double", "single", "half", "brain"] {
      #expect(try file.floats(name, expectingShape: [2, 3, 4]) == ramp, "\(name)")
    }
    #expect(try file.floats("scalar", expectingShape: []) == [0.15625])
    #expect(try file.floats("empty", expectingShape: [0, 5]) == [])
    #expect(try file.floats("größe") == [1])
    #expect(file["counter"]?.dataType == .int64)
    #expect(try file.withBytes(of: "counter") { Array($1) } == [7, 0, 0, 0, 0, 0, 0, 0])
    #expect(try file.withBytes(of: "mask") { Array($1) } == [1, 0, 1])
    #expect(throws: CheckpointError.self) { try file.floats("counter") }
  }

  @Test("Zeros, subnormals, infinities and NaNs of 16 bits are read exactly")
  func specials() throws {
    let file = try TensorFile(path: golden("specials.safetensors"))
    for name in ["half", "brain"] {
      let floats = try file.floats(name)
      #expect(floats[0].bitPattern == 0)
      #expect(floats[1].bitPattern == 0x8000_0000)
      #expect(floats[5] == .infinity && floats[6] == -.infinity && floats[7].isNaN)
    }
    let halves = try file.floats("half")
    #expect(halves[2] == 0x1p-24)
    #expect(halves[3] == Float(Float16(6.1e-5)))
    #expect(halves[4] == 65504)
  }

  @Test("A missing tensor and a wrong shape say what is there")
  func lookups() throws {
    let path = golden("mixed.safetensors")
    let file = try TensorFile(path: path)
    #expect { try file.floats("none") } throws: {
      "\($0)"
        == "\(path): none: expected this tensor, found 9 others, none of that name; list them with 'warbler checkpoint inspect'"
    }
    #expect { try file.floats("single", expectingShape: [3, 2, 4]) } throws: {
      "\($0)".contains("single: expected shape [3, 2, 4], found [2, 3, 4]")
    }
  }

  @Test("A directory, a missing file and a file cut short are refused by name")
  func unreadable() {
    let directory = TemporaryDirectory()
    #expect { try TensorFile(path: directory.path) } throws: { "\($0)".contains("found a directory") }
    #expect { try TensorFile(path: directory.path + "/none") } throws: {
      "\($0)".contains("No such file or directory; check the path")
    }
    let whole = contents(of: golden("mixed.safetensors"))
    for length in 0..<whole.count {
      let path = directory.write(Array(whole[..<length]), as: "cut.safetensors")
      #expect { try TensorFile(path: path) } throws: { ($0 as? CheckpointError)?.kind == .truncated }
    }
  }

  @Test("What is written is read back: exactly in F32, rounded to nearest in F16 and BF16")
  func roundTrip() throws {
    var random = Seeded(5)
    let floats = (0..<100_003).map { _ in Float.random(in: -70000...70000, using: &random) }
    let directory = TemporaryDirectory()
    var writer = SafetensorsWriter(metadata: ["format": "pt", "b": "é\n"])
    writer.add("single", shape: [100_003], floats)
    writer.add("half", shape: [1, 100_003], as: .float16, floats)
    writer.add("brain", shape: [100_003, 1], as: .bfloat16) { write in
      // Lent in pieces, as a source may.
      try floats.withUnsafeBufferPointer { all in
        try write(UnsafeBufferPointer(rebasing: all[..<70_001]))
        try write(UnsafeBufferPointer(rebasing: all[70_001...]))
      }
    }
    writer.add("steps", shape: [], as: .int64, bytes: [9, 0, 0, 0, 0, 0, 0, 0])
    writer.add("empty", shape: [0, 3], [])
    let path = directory.path + "/x.safetensors"
    try writer.write(to: path)
    #expect(directory.names == ["x.safetensors"])

    let file = try TensorFile(path: path)
    #expect(file.metadata == ["format": "pt", "b": "é\n"])
    #expect(file.tensors.map(\.name) == ["steps", "empty", "single", "brain", "half"])
    #expect(file.tensors.allSatisfy { $0.byteRange.lowerBound % 8 % ($0.dataType.bitsPerElement / 8) == 0 })
    #expect(try file.floats("single") == floats)
    #expect(try file.floats("half") == floats.map { Float(Float16($0)) })
    for (got, want) in zip(try file.floats("brain"), floats) { #expect(abs(got - want) <= abs(want) / 256) }
    var copy = [Float](repeating: 0, count: 100_003)
    try copy.withUnsafeMutableBufferPointer { try file.copyFloats(of: "single", into: $0) }
    #expect(copy == floats)
  }

  @Test(
    "Writing where there is no directory fails by name, and a failing source leaves the old file as it was")
  func failedWrites() throws {
    struct Stop: Error {}
    let directory = TemporaryDirectory()
    let path = directory.write([1, 2, 3], as: "x.safetensors")
    var writer = SafetensorsWriter()
    writer.add("a", shape: [1], from: { _ in throw Stop() })
    #expect(throws: Stop.self) { try writer.write(to: path) }
    #expect(contents(of: path) == [1, 2, 3])
    #expect(directory.names == ["x.safetensors"])
    #expect { try SafetensorsWriter().write(to: directory.path + "/none/x.safetensors") } throws: {
      "\($0)".contains("none/x.safetensors: expected to write this file, found No such file or directory")
    }
  }

  @Test("Pages that are released leave the resident set, and the tensor can still be read")
  func releasesPages() throws {
    let directory = TemporaryDirectory()
    let count = 16 << 20
    var writer = SafetensorsWriter()
    writer.add("big", shape: [count], [Float](repeating: 1.5, count: count))
    writer.add("small", shape: [1], [2])
    let path = directory.path + "/x.safetensors"
    try writer.write(to: path)
    let file = try TensorFile(path: path)
    file.prefetch()
    func touch() throws -> Int { try file.withBytes(of: "big") { $1.reduce(0) { $0 &+ Int($1) } } }
    let sum = try touch()
    let before = memory("RssFile")
    file.releasePages(of: "big")
    #expect(before - memory("RssFile") > 4 * count * 9 / 10)
    #expect(try touch() == sum)
    #expect(try file.floats("small") == [2])
    file.releasePages(of: "none")
  }
}
