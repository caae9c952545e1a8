public import Checkpoints

/// The labels of a corpus: a `.safetensors` file with one tensor an utterance, named by its id, (frames) of
/// type U16.
///
/// The file is mapped; labels are read where they lie. Its header takes about 100 bytes an utterance, so that
/// half a million utterances and more fit into what safetensors allow (100 MB).
public final class ClusterLabels: Sendable {
  public let path: String
  /// Labels are below this.
  public let clusters: Int
  public let origin: FeatureOrigin
  /// Which centroids gave the labels; empty where they are not of centroids.
  public let centroids: String
  private let file: TensorFile

  static let kind = "warbler.labels"

  /// Maps the file and checks that it holds labels.
  public init(path: String) throws(CheckpointError) {
    file = try TensorFile(path: path)
    let metadata = file.metadata
    try checkKind(
      Self.kind, metadata, path, remedy: "name the labels.safetensors that 'warbler cluster' wrote")
    guard let clusters = metadata["clusters"].flatMap(Int.init),
      (1...KMeansOptions.mostClusters).contains(clusters)
    else {
      throw CheckpointError(
        .unsupportedFormat, path: path, subject: "__metadata__.clusters",
        expected: "a number from 1 to \(KMeansOptions.mostClusters)", found: metadata["clusters"] ?? "none",
        remedy: "make the labels again")
    }
    guard let origin = FeatureOrigin(metadata: metadata) else { throw unknownOrigin(metadata, path) }
    for tensor in file.tensors where tensor.dataType != .uint16 || tensor.shape.count != 1 {
      throw CheckpointError(
        .unsupportedDataType, path: path, subject: tensor.name, expected: "U16 of shape (frames)",
        found: "\(tensor.dataType.rawValue) \(tensor.shape)", remedy: "make the labels again")
    }
    self.path = path
    self.clusters = clusters
    self.origin = origin
    centroids = metadata["centroids"] ?? ""
  }

  public var count: Int { file.tensors.count }

  /// Utterances in the order in which they were labelled.
  public var ids: [String] { file.tensors.map(\.name) }

  /// How many labels an utterance has; nil if it is not among them.
  public func frames(of id: String) -> Int? { file[id]?.elementCount }

  /// An utterance's labels; nil if it is not among them.
  /// - Throws: if one of them is not below ``clusters``: the file is damaged.
  public func labels(of id: String) throws(CheckpointError) -> [UInt16]? {
    guard file[id] != nil else { return nil }
    let labels = try file.withBytes(of: id) { tensor, bytes in
      (0..<tensor.elementCount).map {
        UInt16(littleEndian: bytes.loadUnaligned(fromByteOffset: 2 * $0, as: UInt16.self))
      }
    }
    if let bad = labels.firstIndex(where: { $0 >= clusters }) {
      throw CheckpointError(
        .offsetsOutOfRange, path: path, subject: id, expected: "labels below \(clusters)",
        found: "\(labels[bad]) at frame \(bad)", remedy: "make the labels again")
    }
    return labels
  }

  /// Writes labels that are in memory; ids are distinct.
  public static func write(
    _ labels: [(id: String, labels: [UInt16])], clusters: Int, origin: FeatureOrigin, centroids: String = "",
    to path: String
  ) throws {
    var writer = SafetensorsWriter(
      metadata: metadata(clusters: clusters, origin: origin, centroids: centroids))
    for (id, labels) in labels {
      writer.add(
        id, shape: [labels.count], as: .uint16,
        bytes: labels.flatMap { label in withUnsafeBytes(of: label.littleEndian) { Array($0) } })
    }
    try writer.write(to: path)
  }

  static func metadata(clusters: Int, origin: FeatureOrigin, centroids: String) -> [String: String] {
    var metadata = origin.metadata
    metadata["kind"] = kind
    metadata["version"] = "1"
    metadata["clusters"] = "\(clusters)"
    metadata["centroids"] = centroids
    return metadata
  }

  /// Writes fairseq's form, `.km`: a line an utterance, labels separated by spaces. Lines are as `ids`, which
  /// must be those of the `.tsv` beside it.
  /// - Throws: if an id has no labels, or the file cannot be written.
  public func writeKM(_ ids: [String], to path: String) throws(CheckpointError) {
    var file = try AtomicFile(path: path)
    for id in ids {
      guard let labels = try labels(of: id) else {
        throw CheckpointError(
          .missingTensor, path: self.path, subject: id, expected: "labels of this utterance", found: "none",
          remedy: "label it first")
      }
      try file.write(Array((labels.map { "\($0)" }.joined(separator: " ") + "\n").utf8))
    }
    try file.commit()
  }
}
