public import Checkpoints
import JSON

#if canImport(Glibc)
import Glibc
#endif

/// `metrics.jsonl`: a line a step and a line an evaluation, each written at once and whole.
///
/// A line is one `write(2)`: what was written outlives the process, and a line cut short by a full disk or a
/// crash of the machine is left out by ``records(at:)`` and removed by ``init(path:resumingAt:)``.
public final class MetricsLog {
  public let path: String
  private let file: Int32

  /// - Parameter step: the step that the run goes on from: lines of later ones, and what follows a damaged
  ///   line, are cut off. nil begins anew.
  public init(path: String, resumingAt step: Int?) throws(CheckpointError) {
    self.path = path
    var kept: [UInt8] = []
    if let step {
      for record in try Self.records(at: path) where record.step <= step { kept += Self.line(record) }
    }
    // Replaced as a whole: a kill in between leaves the old lines.
    try AtomicFile.write(kept, to: path)
    file = open(path, O_WRONLY | O_APPEND | O_CLOEXEC)
    guard file >= 0 else { throw writeFailure(path, errno) }
  }

  deinit { close(file) }

  public func append(_ record: MetricsRecord) throws(CheckpointError) {
    try writeWhole(Self.line(record), to: file, path)
  }

  /// Flushes the lines to the disk: before a checkpoint is saved, so that none is missing behind it.
  public func synchronize() throws(CheckpointError) {
    guard fsync(file) == 0 else { throw writeFailure(path, errno) }
  }

  private static func line(_ record: MetricsRecord) -> [UInt8] {
    record.json.utf8(.spaced) + [UInt8(ascii: "\n")]
  }

  /// The lines of a file, up to the first that is damaged; none if there is no file.
  public static func records(at path: String) throws(CheckpointError) -> [MetricsRecord] {
    let bytes: [UInt8]
    do {
      bytes = try readWhole(path)
    } catch {
      if error.number == ENOENT { return [] }
      throw CheckpointError(
        .unreadable, path: path, expected: "a file that can be read", found: "\(error)",
        remedy: "check its permissions")
    }
    var records: [MetricsRecord] = []
    var begin = 0
    // Without its newline a line may be cut, though it reads well: 1.25 of 1.257.
    while let end = bytes[begin...].firstIndex(of: UInt8(ascii: "\n")) {
      guard let json = try? JSONValue(parsing: Array(bytes[begin..<end])), let record = MetricsRecord(json)
      else { break }
      records.append(record)
      begin = end + 1
    }
    return records
  }
}
