import Checkpoints
import TestSupport
import Testing

/// A header that must be refused, and how.
struct HostileHeader: Sendable, CustomTestStringConvertible {
  let name: String
  let kind: CheckpointError.Kind
  let subject: String
  let bytes: [UInt8]
  var testDescription: String { name }

  init(_ name: String, _ kind: CheckpointError.Kind, _ subject: String, _ bytes: [UInt8]) {
    self.name = name
    self.kind = kind
    self.subject = subject
    self.bytes = bytes
  }

  /// One tensor `a` with this in place of its members.
  init(_ name: String, _ kind: CheckpointError.Kind, tensor: String, data: Int = 8) {
    self.init(name, kind, "a", safetensors("{\"a\":\(tensor)}", data: data))
  }
}

@Suite("Safetensors headers")
struct SafetensorsHeaderTests {
  static let two =
    #"{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]},"b":{"dtype":"F32","shape":[1],"data_offsets":"#

  static let hostile: [HostileHeader] = [
    HostileHeader("an empty file", .truncated, "header length", []),
    HostileHeader("seven bytes", .truncated, "header length", [1, 0, 0, 0, 0, 0, 0]),
    HostileHeader("a length and nothing more", .malformedHeader, "header", safetensors("")),
    HostileHeader("a length beyond the file", .truncated, "header", safetensors("{}", claiming: 3)),
    HostileHeader(
      "a length of 100 MB and one byte", .headerTooLong, "header length",
      safetensors("{}", claiming: 100_000_001)),
    HostileHeader("a length of 2^63", .headerTooLong, "header length", safetensors("{}", claiming: 1 << 63)),
    HostileHeader("the greatest length", .headerTooLong, "header length", safetensors("{}", claiming: .max)),
    HostileHeader(
      "100 MB claimed of ten bytes", .truncated, "header", safetensors("{}", claiming: 100_000_000)),
    HostileHeader("no object", .malformedHeader, "header", safetensors("[]")),
    HostileHeader("space before the object", .malformedHeader, "header", safetensors(" {}")),
    HostileHeader("broken JSON", .malformedHeader, "header", safetensors("{\"a\":")),
    HostileHeader("text after the object", .malformedHeader, "header", safetensors("{}{}")),
    HostileHeader(
      "deep JSON", .malformedHeader, "header", safetensors("{\"a\":" + String(repeating: "[", count: 100_000))
    ),
    HostileHeader(
      "a great many values", .malformedHeader, "header",
      safetensors("{\"a\":[" + String(repeating: "[],", count: 100_000) + "[]]}")),
    HostileHeader(
      "the same tensor twice", .duplicateName, "header",
      safetensors(two + "[4,8]},\"a\":{\"dtype\":\"F32\",\"shape\":[0],\"data_offsets\":[8,8]}}", data: 8)),
    HostileHeader(
      "the same tensor twice, once escaped", .duplicateName, "header",
      safetensors(
        two + "[4,8]},\"\\u0061\":{\"dtype\":\"F32\",\"shape\":[0],\"data_offsets\":[8,8]}}", data: 8)),
    HostileHeader(
      "a field twice", .duplicateName, "header",
      safetensors(#"{"a":{"dtype":"F32","dtype":"F16","shape":[1],"data_offsets":[0,4]}}"#, data: 4)),
    HostileHeader("an entry that is no object", .malformedHeader, tensor: "7"),
    HostileHeader("no dtype", .malformedHeader, tensor: #"{"shape":[2],"data_offsets":[0,8]}"#),
    HostileHeader(
      "a dtype that is no string", .malformedHeader, tensor: #"{"dtype":32,"shape":[2],"data_offsets":[0,8]}"#
    ),
    HostileHeader(
      "an unknown dtype", .unsupportedDataType, tensor: #"{"dtype":"F33","shape":[2],"data_offsets":[0,8]}"#),
    HostileHeader("no shape", .malformedHeader, tensor: #"{"dtype":"F32","data_offsets":[0,8]}"#),
    HostileHeader(
      "a negative extent", .invalidShape, tensor: #"{"dtype":"F32","shape":[-2],"data_offsets":[0,8]}"#),
    HostileHeader(
      "a fractional extent", .invalidShape, tensor: #"{"dtype":"F32","shape":[2.0],"data_offsets":[0,8]}"#),
    HostileHeader(
      "an extent beyond 64 bits", .invalidShape,
      tensor: #"{"dtype":"F32","shape":[36893488147419103234],"data_offsets":[0,8]}"#),
    HostileHeader(
      "a shape whose product overflows", .invalidShape,
      tensor: #"{"dtype":"F32","shape":[4294967296,4294967296],"data_offsets":[0,8]}"#),
    HostileHeader(
      "a shape whose bytes overflow to the right size", .invalidShape,
      tensor: #"{"dtype":"F32","shape":[4611686018427387906],"data_offsets":[0,8]}"#),
    HostileHeader(
      "a hundred extents", .invalidShape,
      tensor: "{\"dtype\":\"F32\",\"shape\":[" + Array(repeating: "1", count: 100).joined(separator: ",")
        + "],\"data_offsets\":[0,4]}"),
    HostileHeader(
      "bits that fill no bytes", .invalidShape, tensor: #"{"dtype":"F4","shape":[3],"data_offsets":[0,2]}"#),
    HostileHeader("no offsets", .malformedHeader, tensor: #"{"dtype":"F32","shape":[2]}"#),
    HostileHeader(
      "three offsets", .malformedHeader, tensor: #"{"dtype":"F32","shape":[2],"data_offsets":[0,4,8]}"#),
    HostileHeader(
      "negative offsets", .offsetsOutOfRange, tensor: #"{"dtype":"F32","shape":[2],"data_offsets":[-8,0]}"#),
    HostileHeader(
      "fractional offsets", .offsetsOutOfRange,
      tensor: #"{"dtype":"F32","shape":[2],"data_offsets":[0.0,8.0]}"#),
    HostileHeader(
      "offsets in descending order", .offsetsOutOfRange,
      tensor: #"{"dtype":"F32","shape":[2],"data_offsets":[8,0]}"#),
    HostileHeader(
      "offsets beyond the file", .truncated, tensor: #"{"dtype":"F32","shape":[4],"data_offsets":[0,16]}"#),
    HostileHeader(
      "offsets near 2^63", .sizeMismatch,
      tensor: #"{"dtype":"F32","shape":[2],"data_offsets":[9223372036854775800,9223372036854775807]}"#),
    HostileHeader(
      "offsets near 2^63 of the right length", .truncated,
      tensor: #"{"dtype":"F32","shape":[2],"data_offsets":[9223372036854775799,9223372036854775807]}"#),
    HostileHeader(
      "fewer bytes than the shape", .sizeMismatch,
      tensor: #"{"dtype":"F32","shape":[3],"data_offsets":[0,8]}"#),
    HostileHeader(
      "another dtype than the bytes", .sizeMismatch,
      tensor: #"{"dtype":"F16","shape":[2],"data_offsets":[0,8]}"#),
    HostileHeader("overlapping tensors", .overlap, "b", safetensors(two + "[2,6]}}", data: 6)),
    HostileHeader("tensors on top of each other", .overlap, "b", safetensors(two + "[0,4]}}", data: 4)),
    HostileHeader("a hole between tensors", .hole, "b", safetensors(two + "[8,12]}}", data: 12)),
    HostileHeader(
      "a hole at the beginning", .hole, tensor: #"{"dtype":"F32","shape":[1],"data_offsets":[4,8]}"#),
    HostileHeader("bytes after the last tensor", .hole, "data", safetensors(two + "[4,8]}}", data: 9)),
    HostileHeader("data without tensors", .hole, "data", safetensors("{}", data: 1)),
    HostileHeader(
      "metadata that is no object", .malformedHeader, "__metadata__", safetensors(#"{"__metadata__":[]}"#)),
    HostileHeader(
      "metadata that is no string", .malformedHeader, "__metadata__.a",
      safetensors(#"{"__metadata__":{"a":1}}"#)),
    HostileHeader(
      "an archive", .malformedHeader, "", Array("PK\u{3}\u{4}\u{0}\u{0}\u{8}\u{8}abcdef".utf8)),
    HostileHeader("a text", .headerTooLong, "header length", Array("tensors, in words".utf8)),
  ]

  @Test(
    "A hostile header is refused for what it is, in one line, without memory of the size it claims",
    arguments: hostile)
  func refuses(_ header: HostileHeader) {
    let directory = TemporaryDirectory()
    let path = directory.write(header.bytes, as: "x.safetensors")
    do throws(CheckpointError) {
      _ = try TensorFile(path: path)
      Issue.record("opened")
    } catch {
      #expect(error.kind == header.kind, "\(error)")
      #expect(error.subject == header.subject, "\(error)")
      #expect(error.description.hasPrefix(path))
      #expect(!error.description.contains("\n"))
    }
  }

  @Test(
    "What the format allows is opened: no tensors, no elements, scalars, any order, spaces at the end, types known by size"
  )
  func accepts() throws {
    let directory = TemporaryDirectory()
    func file(_ header: String, _ data: Int = 0) throws -> TensorFile {
      try TensorFile(path: directory.write(safetensors(header, data: data), as: "x.safetensors"))
    }
    #expect(try file("{}").tensors.isEmpty)
    #expect(try file("{}      ").metadata.isEmpty)
    #expect(try file(#"{"__metadata__":null}"#).metadata.isEmpty)
    #expect(try file(#"{"__metadata__":{"format":"pt"}}"#).metadata == ["format": "pt"])
    let odd = try file(
      #"{"z":{"dtype":"I64","shape":[],"data_offsets":[3,11]},"e":{"data_offsets":[3,3],"shape":[0,9],"dtype":"F32"},"y":{"dtype":"F6_E2M3","shape":[4],"data_offsets":[0,3]}}"#,
      11)
    #expect(odd.tensors.map(\.name) == ["y", "e", "z"])
    #expect(odd["z"]?.elementCount == 1)
    #expect(try odd.floats("e").isEmpty)
    #expect(throws: CheckpointError.self) { try odd.floats("z") }
  }

  @Test("A name made to confuse is shown on one line, cut short")
  func printableNames() {
    let directory = TemporaryDirectory()
    let name = "a\\n\\u001b[31m\\u202e" + String(repeating: "x", count: 1000)
    let path = directory.write(safetensors("{\"\(name)\":{\"dtype\":\"F99\"}}"), as: "x.safetensors")
    #expect { try TensorFile(path: path) } throws: { error in
      let text = "\(error)"
      return text.contains(#"a\n\u{1B}[31m\u{202E}xxx"#)
        && text.unicodeScalars.allSatisfy { $0.value >= 0x20 } && text.count < 700
    }
  }
}
