public import Checkpoints

#if canImport(Glibc)
import Glibc
#endif

/// A `.safetensors` file that keeps what a model gave for recordings: one tensor (T, C) for each utterance,
/// by its id.
///
/// A safetensors file begins with the names of all its tensors, which are known last. Until then the rows are
/// on disk, in a file without a name in the same directory: memory does not grow with the recordings, and
/// there must be room for 4 bytes a value beside the file itself.
public final class FrameFile: FrameDestination {
  public let path: String
  private let metadata: [String: String]
  private let spool: Int32
  private var end = 0
  private var entries: [(id: String, rows: Int, columns: Int, type: DataType, offset: Int)] = []

  /// - Parameter metadata: the file's `__metadata__`.
  /// - Throws: a failure if no file can be made there.
  public init(path: String, metadata: [String: String]) throws(InputFailure) {
    self.path = path
    self.metadata = metadata
    var status = stat()
    if stat(path, &status) == 0, status.st_mode & S_IFMT == S_IFDIR {
      throw InputFailure(
        path, "expected a file to write, found a directory; name a file, or a directory without .safetensors")
    }
    let unique = String(UInt64.random(in: 0 ... .max), radix: 36)
    let temporary = "\(directoryPrefix(of: path)).warbler-frames-\(unique)"
    spool = open(temporary, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
    guard spool >= 0 else {
      throw InputFailure(
        path, "cannot be written: \(SystemError(number: errno)); check the directory and its permissions")
    }
    unlink(temporary)
  }

  deinit { close(spool) }

  public func refusing(_ entries: [InputEntry]) -> [InputEntry] {
    entries.map { entry in
      guard case .utterance(let utterance) = entry, utterance.id == "__metadata__" else { return entry }
      return .failure(
        InputFailure(
          utterance.audioPath,
          "its id \(utterance.id) is what safetensors calls its own; give it another id in the manifest"))
    }
  }

  public func write(_ rows: FrameRows, as type: DataType, id: String) throws(InputFailure) {
    let byteCount = rows.values.count * MemoryLayout<Float>.stride
    let failure = rows.values.withUnsafeBytes { bytes -> Int32? in
      var done = 0
      while done < byteCount {
        let count = pwrite(spool, bytes.baseAddress! + done, byteCount - done, off_t(end + done))
        if count < 0 && errno == EINTR { continue }
        guard count > 0 else { return errno }
        done += count
      }
      return nil
    }
    if let failure {
      throw InputFailure(
        path,
        "no room to keep \(id): \(SystemError(number: failure)); make room on the disk, or write a directory of .npy"
      )
    }
    entries.append((id, rows.frames, rows.width, type, end))
    end += byteCount
  }

  /// Writes the file, which appears complete or not at all; none without rows.
  public func finish() throws(InputFailure) {
    guard !entries.isEmpty else { return }
    var writer = SafetensorsWriter(metadata: metadata)
    for entry in entries {
      let count = entry.rows * entry.columns
      writer.add(entry.id, shape: [entry.rows, entry.columns], as: entry.type) { [spool, path] write in
        var block = [Float](repeating: 0, count: min(count, 1 << 18))
        var next = 0
        while next < count {
          let some = min(block.count, count - next)
          try block.withUnsafeMutableBytes { bytes in
            try Self.read(
              spool, entry.offset + 4 * next,
              into: UnsafeMutableRawBufferPointer(rebasing: bytes[..<(4 * some)]), path)
          }
          try block.withUnsafeBufferPointer { try write(UnsafeBufferPointer(rebasing: $0[..<some])) }
          next += some
        }
      }
    }
    do { try writer.write(to: path) } catch let error as InputFailure { throw error } catch {
      throw InputFailure("\(error)")
    }
  }

  private static func read(
    _ spool: Int32, _ offset: Int, into bytes: UnsafeMutableRawBufferPointer, _ path: String
  ) throws(InputFailure) {
    var done = 0
    while done < bytes.count {
      let count = pread(spool, bytes.baseAddress! + done, bytes.count - done, off_t(offset + done))
      if count < 0 && errno == EINTR { continue }
      guard count > 0 else {
        throw InputFailure(
          path, "its rows cannot be read back: \(SystemError(number: errno)); check the disk")
      }
      done += count
    }
  }
}
