import Checkpoints
import TestSupport
import Testing

@Suite("Checkpoint directories")
struct TensorArchiveTests {
  /// A directory with these shards, each holding one-element tensors of these names, and this index.
  private func sharded(_ shards: [String: [String]], index: String) throws -> TemporaryDirectory {
    let directory = TemporaryDirectory()
    for (name, tensors) in shards {
      var writer = SafetensorsWriter()
      for tensor in tensors { writer.add(tensor, shape: [1], [1]) }
      try writer.write(to: "\(directory.path)/\(name)")
    }
    directory.write(Array(index.utf8), as: "model.safetensors.index.json")
    return directory
  }

  private func refused(_ directory: TemporaryDirectory, _ kind: CheckpointError.Kind, _ text: String) {
    do throws(CheckpointError) {
      _ = try TensorArchive(path: directory.path)
      Issue.record("opened")
    } catch {
      #expect(error.kind == kind, "\(error)")
      #expect(error.description.contains(text), "\(error)")
    }
  }

  @Test("Shards written by the reference implementation are one archive")
  func readsShards() throws {
    let archive = try TensorArchive(path: golden("sharded"))
    #expect(archive.names == ["a", "b", "c"])
    #expect(archive.files.count == 2)
    #expect(archive.byteCount == 20)
    #expect(archive.metadata == ["format": "pt"])
    #expect(try archive.floats("a") == [1, 2])
    #expect(try archive.floats("c", expectingShape: [2, 1]) == [4, 5])
    #expect(archive["b"]?.shape == [1])
    #expect(archive["d"] == nil)
    archive.prefetch()
    archive.releasePages(of: "c")
    #expect(throws: CheckpointError.self) { try archive.floats("d") }
    #expect(throws: CheckpointError.self) { try archive.floats("a", expectingShape: [1]) }
  }

  @Test("A single file is opened by its own name and by its directory's, before any index")
  func readsSingleFile() throws {
    let directory = try sharded(["model.safetensors": ["x"]], index: "not looked at")
    #expect(try TensorArchive(path: directory.path).names == ["x"])
    #expect(try TensorArchive(path: directory.path + "/").names == ["x"])
    #expect(try TensorArchive(path: directory.path + "/model.safetensors").names == ["x"])
  }

  @Test("A shard that is missing is named")
  func missingShard() throws {
    let index = #"{"weight_map":{"a":"1.safetensors","b":"2.safetensors","c":"3.safetensors"}}"#
    refused(
      try sharded(["1.safetensors": ["a"]], index: index), .missingShard,
      "found 2.safetensors missing and 1 more")
  }

  @Test("A tensor that is not in its shard is named, and so is one that no index lists")
  func misplacedTensors() throws {
    let index = #"{"weight_map":{"a":"1.safetensors","b":"1.safetensors"}}"#
    refused(
      try sharded(["1.safetensors": ["a"]], index: index), .missingTensor,
      "1.safetensors: b: expected this tensor")
    refused(
      try sharded(["1.safetensors": ["a", "b", "c"]], index: index), .unexpectedTensor,
      "1.safetensors: c: expected only")
    let twice = #"{"weight_map":{"a":"1.safetensors","b":"2.safetensors"}}"#
    refused(
      try sharded(["1.safetensors": ["a"], "2.safetensors": ["a", "b"]], index: twice), .unexpectedTensor,
      "2.safetensors: a:")
  }

  @Test(
    "A shard's name that leads out of the directory is refused",
    arguments: [
      "../x.safetensors", "/etc/x.safetensors", "a/b.safetensors", "..", "", "x.pt", ".safetensors",
      "a\\\\b.safetensors", "x\\u0000.safetensors",
    ])
  func unsafeNames(_ name: String) throws {
    refused(try sharded([:], index: "{\"weight_map\":{\"a\":\"\(name)\"}}"), .unsafeFileName, "weight_map.a")
  }

  @Test(
    "An index that is no index is refused",
    arguments: [
      "", "[]", "{}", #"{"weight_map":[]}"#, #"{"weight_map":{"a":1}}"#, #"{"weight_map":{"a":{}}}"#,
      "{\"weight_map\":",
    ])
  func malformedIndex(_ index: String) throws {
    refused(try sharded([:], index: index), .malformedHeader, "model.safetensors.index.json")
    refused(
      try sharded([:], index: #"{"weight_map":{"a":"x.safetensors","a":"y.safetensors"}}"#), .duplicateName,
      "occurs twice")
  }

  @Test("An empty directory says what it lacks, and a file of anything else what it is not")
  func otherFormats() {
    let directory = TemporaryDirectory()
    refused(
      directory, .unreadable,
      "expected model.safetensors, pytorch_model.bin or the index of either, found none")
    directory.write([1], as: "pytorch_model.bin")
    refused(directory, .truncated, "found a file of 1 bytes")
    #expect(throws: CheckpointError.self) { try TensorArchive(path: directory.path + "/none") }
  }

  @Test("Shards that torch.save wrote are those of safetensors")
  func pickledShards() throws {
    let pickled = try TensorArchive(path: golden("sharded-pickles"))
    let plain = try TensorArchive(path: golden("sharded"))
    #expect(pickled.names == plain.names)
    for name in plain.names { #expect(try pickled.floats(name) == plain.floats(name)) }
  }
}
