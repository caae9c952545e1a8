import Checkpoints
import Tensors
import TestSupport
import Testing

@testable import Clustering

@Suite struct ClusterFilesTests {
  private let mfcc = FeatureOrigin(kind: .mfcc, framesPerSecond: 100)
  private let layer = FeatureOrigin(kind: .hiddenStates(model: "abc", layer: 6), framesPerSecond: 50)

  private func model() throws -> KMeansModel {
    let result = try fit(FrameMatrix(random(600, 1), dimensions: 3), KMeansOptions(clusters: 4))
    return KMeansModel(result, dimensions: 3, origin: layer, seed: 7, frames: 200)
  }

  @Test func `a model comes back as it was`() throws {
    let directory = TemporaryDirectory()
    let model = try model()
    try model.write(to: directory.file("kmeans.safetensors"))
    #expect(try KMeansModel(path: directory.file("kmeans.safetensors")) == model)
  }

  @Test func `other files are refused as models and as labels`() throws {
    let directory = TemporaryDirectory()
    let path = directory.file("x.safetensors")
    try model().write(to: path)
    let asLabels = #expect(throws: CheckpointError.self) { try ClusterLabels(path: path) }
    #expect(
      asLabels?.description.hasSuffix(
        "__metadata__.kind: expected warbler.labels, version 1, found warbler.kmeans, version 1; name the "
          + "labels.safetensors that 'warbler cluster' wrote") == true)
    try ClusterLabels.write([("a", [1])], clusters: 2, origin: mfcc, to: path)
    #expect(throws: CheckpointError.self) { try KMeansModel(path: path) }
    var writer = SafetensorsWriter(metadata: [:])
    writer.add("centroids", shape: [1, 1], [0])
    try writer.write(to: path)
    #expect(throws: CheckpointError.self) { try KMeansModel(path: path) }
    #expect(throws: CheckpointError.self) { try ClusterLabels(path: path) }
  }

  @Test func `labels come back as they were`() throws {
    let directory = TemporaryDirectory()
    let path = directory.file("labels.safetensors")
    try ClusterLabels.write(
      [("b/1", [1, 65_535, 0]), ("a", []), ("ü", [3])], clusters: 65_536, origin: layer, centroids: "hash",
      to: path)
    let labels = try ClusterLabels(path: path)
    #expect(Set(labels.ids) == ["a", "b/1", "ü"] && labels.count == 3)
    #expect(try labels.labels(of: "b/1") == [1, 65_535, 0])
    #expect(try labels.labels(of: "a") == [])
    #expect(try labels.labels(of: "c") == nil)
    #expect(labels.frames(of: "b/1") == 3 && labels.frames(of: "c") == nil)
    #expect(labels.clusters == 65_536 && labels.origin == layer && labels.centroids == "hash")
    try labels.writeKM(["ü", "b/1"], to: directory.file("x.km"))
    #expect(contents(of: directory.file("x.km")) == Array("3\n1 65535 0\n".utf8))
    #expect(throws: CheckpointError.self) { try labels.writeKM(["c"], to: directory.file("y.km")) }
  }

  @Test func `a label that no cluster has is refused when it is read`() throws {
    let directory = TemporaryDirectory()
    try ClusterLabels.write([("a", [1, 2])], clusters: 2, origin: mfcc, to: directory.file("l"))
    let labels = try ClusterLabels(path: directory.file("l"))
    #expect(throws: CheckpointError.self) { try labels.labels(of: "a") }
  }

  @Test func `a log that was cut off goes on from its last whole record`() throws {
    let directory = TemporaryDirectory()
    let path = directory.file("labels.part")
    do {
      let log = try LabelLog(path: path, identity: "x")
      try log.append("a", [1, 2, 3], inertia: 0.5)
      try log.append("b", [], inertia: 0)
      try log.append("c", [4], inertia: 1)
    }
    let whole = contents(of: path)
    let begun = try LabelLog(path: path, identity: "x")
    #expect(begun.records.map(\.id) == ["a", "b", "c"])
    for cut in 1...10 {
      directory.write(Array(whole.dropLast(cut)), as: "labels.part")
      let log = try LabelLog(path: path, identity: "x")
      #expect(log.records.map(\.id) == ["a", "b"])
      #expect(log.records.map(\.inertia) == [0.5, 0])
      try log.append("d", [9], inertia: 2)
      try log.write(to: directory.file("out"), clusters: 10, origin: mfcc, centroids: "h")
      let labels = try ClusterLabels(path: directory.file("out"))
      #expect(Set(labels.ids) == ["a", "b", "d"])
      #expect(try labels.labels(of: "a") == [1, 2, 3] && labels.labels(of: "d") == [9])
    }
    #expect(try LabelLog(path: path, identity: "other").records.isEmpty)
  }

  /// 300,000 utterances of 1000 hours: their ids and sizes must fit into the header.
  @Test func `300,000 utterances fit`() throws {
    let directory = TemporaryDirectory()
    let log = try LabelLog(path: directory.file("part"), identity: "x")
    for index in 0..<300_000 {
      try log.append("train-clean-360/1234/123456/1234-123456-\(index)", [UInt16(index % 500)], inertia: 0)
    }
    try log.write(to: directory.file("labels"), clusters: 500, origin: mfcc, centroids: "h")
    let labels = try ClusterLabels(path: directory.file("labels"))
    #expect(labels.count == 300_000)
    #expect(try labels.labels(of: "train-clean-360/1234/123456/1234-123456-299999") == [499])
  }
}
