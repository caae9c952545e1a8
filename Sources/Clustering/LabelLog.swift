public import Checkpoints

#if canImport(Glibc)
import Glibc
#endif

/// Labels while they are being made: an append-only file, which a run that was stopped goes on with, and that
/// becomes a ``ClusterLabels`` file in the end. Memory does not grow with the labels, only with the ids.
///
///     line      what the labels are of, ended by a line feed
///     records   u32 bytes of the id, u32 labels, f64 inertia, the id, the labels (u16); little-endian
public final class LabelLog {
  /// One utterance's part of the log.
  public struct Record: Sendable, Equatable {
    public let id: String
    public let frames: Int
    /// The sum of its frames' squared distances.
    public let inertia: Double
    /// Where its labels begin, in bytes.
    let offset: Int
  }

  public let path: String
  public private(set) var records: [Record] = []
  private let file: Int32
  private var end: Int

  private static let fixedBytes = 16

  /// Opens or begins the log.
  ///
  /// What is there is kept if it is of the same `identity`, a line of text, up to the last whole record; else
  /// it is begun anew.
  public init(path: String, identity: String) throws(CheckpointError) {
    precondition(!identity.contains("\n"), "an identity of several lines")
    self.path = path
    file = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o666)
    guard file >= 0 else { throw unwritable(path, errno) }
    let line = Array("\(identity)\n".utf8)
    end = 0
    try recover(line)
    guard ftruncate(file, off_t(end)) == 0, lseek(file, off_t(end), SEEK_SET) == off_t(end) else {
      throw unwritable(path, errno)
    }
    if end == 0 { try write(line) }
  }

  deinit { close(file) }

  private func recover(_ line: [UInt8]) throws(CheckpointError) {
    let mapped = try MappedFile(path: path)
    let bytes = mapped.bytes
    guard bytes.count >= line.count, bytes[..<line.count].elementsEqual(line) else { return }
    end = line.count
    while end + Self.fixedBytes <= bytes.count {
      let nameBytes = Int(UInt32(littleEndian: bytes.loadUnaligned(fromByteOffset: end, as: UInt32.self)))
      let frames = Int(UInt32(littleEndian: bytes.loadUnaligned(fromByteOffset: end + 4, as: UInt32.self)))
      let inertia = UInt64(littleEndian: bytes.loadUnaligned(fromByteOffset: end + 8, as: UInt64.self))
      let start = end + Self.fixedBytes
      guard nameBytes > 0, start + nameBytes + 2 * frames <= bytes.count else { return }
      let id = String(decoding: bytes[start..<start + nameBytes], as: UTF8.self)
      records.append(
        Record(id: id, frames: frames, inertia: Double(bitPattern: inertia), offset: start + nameBytes))
      end = start + nameBytes + 2 * frames
    }
  }

  /// Adds an utterance, whose id is new and not empty.
  public func append(_ id: String, _ labels: [UInt16], inertia: Double) throws(CheckpointError) {
    let name = Array(id.utf8)
    precondition(!name.isEmpty, "an empty id")
    var bytes: [UInt8] = []
    func append<Number: FixedWidthInteger>(_ number: Number) {
      withUnsafeBytes(of: number.littleEndian) { bytes.append(contentsOf: $0) }
    }
    append(UInt32(name.count))
    append(UInt32(labels.count))
    append(inertia.bitPattern)
    bytes += name
    let offset = end + bytes.count
    for label in labels { append(label) }
    try write(bytes)
    records.append(Record(id: id, frames: labels.count, inertia: inertia, offset: offset))
  }

  private func write(_ bytes: [UInt8]) throws(CheckpointError) {
    try bytes.withUnsafeBufferPointer { source throws(CheckpointError) in
      try writeWhole(UnsafeRawBufferPointer(source), to: file, path)
    }
    end += bytes.count
  }

  /// Calls `body` with each record's labels, in the order in which they were added.
  public func forEach(_ body: (Record, [UInt16]) throws -> Void) throws {
    let mapped = try MappedFile(path: path)
    for record in records {
      let range = record.offset..<record.offset + 2 * record.frames
      let labels = (0..<record.frames).map {
        UInt16(
          littleEndian: mapped.bytes.loadUnaligned(fromByteOffset: record.offset + 2 * $0, as: UInt16.self))
      }
      mapped.releasePages(in: range)
      try body(record, labels)
    }
  }

  /// Writes all labels as a ``ClusterLabels`` file, complete or not at all. The log stays.
  public func write(
    to path: String, clusters: Int, origin: FeatureOrigin, centroids: String
  ) throws {
    let mapped = try MappedFile(path: self.path)
    var writer = SafetensorsWriter(
      metadata: ClusterLabels.metadata(clusters: clusters, origin: origin, centroids: centroids))
    for record in records {
      writer.add(
        record.id, shape: [record.frames], as: .uint16,
        fromBytes: { give in
          let range = record.offset..<record.offset + 2 * record.frames
          try give(UnsafeRawBufferPointer(rebasing: mapped.bytes[range]))
          mapped.releasePages(in: range)
        })
    }
    try writer.write(to: path)
  }
}
