import TestSupport
import Testing

@testable import Checkpoints

/// What PyTorch's own torch.save wrote (scripts/goldens/formats.py).
@Suite("PyTorch's pickles")
struct PyTorchTensorsTests {
  @Test(
    "Both layouts, and a later protocol, hold what safetensors holds",
    arguments: ["mixed.bin", "mixed-legacy.bin", "mixed-protocol-4.bin"])
  func mixed(_ name: String) throws {
    let expected = try TensorFile(path: golden("mixed.safetensors"))
    let file = try TensorFile(path: golden(name))
    #expect(file.metadata.isEmpty)
    #expect(Set(file.tensors.map(\.name)) == Set(expected.tensors.map(\.name)))
    for tensor in expected.tensors {
      let read = try #require(file[tensor.name])
      #expect(read.dataType == tensor.dataType && read.shape == tensor.shape)
      let bytes = try file.withBytes(of: tensor.name) { Array($1) }
      #expect(try bytes == expected.withBytes(of: tensor.name) { Array($1) }, "\(tensor.name)")
    }
  }

  @Test("Views of one storage, parameters, and what is no tensor beside them")
  func views() throws {
    let file = try TensorFile(path: golden("views.bin"))
    #expect(
      Set(file.tensors.map(\.name)) == ["weight", "bias", "rows", "tied", "parameter", "column"])
    #expect(try file.floats("tied", expectingShape: [4, 3]) == (0..<12).map(Float.init))
    #expect(try file.floats("rows", expectingShape: [2, 3]) == [3, 4, 5, 6, 7, 8])
    #expect(try file.floats("parameter", expectingShape: [3]) == [9, 10, 11])
    // Of a length of 1 the stride does not matter.
    #expect(try file.floats("column", expectingShape: [1, 4]) == [1, 4, 7, 10])
    #expect(try file.floats("weight", expectingShape: [2, 3]) == [0, 1, 2, 3, 4, 5])
    #expect(try file.floats("bias") == [0.5, -0.5])
  }

  @Test("A transposed view and a checkpoint that is no dictionary of tensors are refused with a remedy")
  func refused() {
    #expect(
      message("transposed.bin").contains(
        "a: expected elements row by row, found strides [1, 3] of shape [3, 4]"))
    #expect(message("nested.bin").contains("found a dictionary without tensors: save a model's state_dict()"))
  }

  @Test("Cut anywhere, a file is refused", arguments: ["mixed.bin", "mixed-legacy.bin"])
  func truncated(_ name: String) {
    let whole = contents(of: golden(name))
    for count in stride(from: 16, to: whole.count, by: 7) {
      #expect(throws: CheckpointError.self, "\(count)") {
        try whole[..<count].withUnsafeBytes { try PyTorchTensors($0, path: "x") }
      }
    }
  }

  /// A tuple in a tuple in a tuple, a pair of a pair of pairs, a list in a list, a dictionary in a dictionary.
  private static let nests: [[UInt8]] = [
    repeated([0x85], 1_000_000),
    repeated([UInt8(ascii: "2"), 0x86], 200),
    repeated([UInt8(ascii: "]")], 500_000) + repeated([UInt8(ascii: "a")], 500_000),
    repeated(Array("}X\u{1}\0\0\0k".utf8), 300_000) + repeated([UInt8(ascii: "s")], 300_000),
  ]

  private static func repeated(_ bytes: [UInt8], _ count: Int) -> [UInt8] {
    (0..<count).flatMap { _ in bytes }
  }

  @Test(
    "A pickle that nests without end, or doubles what it has, is read to its end and let go of",
    arguments: nests)
  func nested(_ instructions: [UInt8]) {
    let pickle = [UInt8(ascii: "}"), UInt8(ascii: "N")] + instructions + [UInt8(ascii: ".")]
    pickle.withUnsafeBytes { bytes in
      var reader = PickleReader(bytes)
      let value = try? reader.read()
      if case .dictionary(let dictionary) = value { #expect(dictionary.tensors.isEmpty) }
      #expect(reader.position == pickle.count)
    }
  }

  @Test("A safetensors header as long as a magic number is large is still one")
  func lookalikes() throws {
    let directory = TemporaryDirectory()
    // 80 02 is how pickles begin.
    let header = "{" + String(repeating: " ", count: 0x280 - 2) + "}"
    #expect(try TensorFile(path: directory.write(safetensors(header, data: 0), as: "x")).tensors.isEmpty)
  }

  private func message(_ name: String) -> String {
    do {
      _ = try TensorFile(path: golden(name))
      return ""
    } catch { return "\(error)" }
  }
}
