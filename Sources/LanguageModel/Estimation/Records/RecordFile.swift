#if canImport(Glibc)
import Glibc
#endif

/// Records of one length, appended to a temporary file and read again.
///
/// The file has no name: it is gone when it is closed, however the process ends.
final class RecordFile {
  /// 32-bit words of a record.
  let stride: Int
  /// Records appended so far.
  private(set) var count = 0
  private let file: Int32
  private var buffer: UnsafeMutableBufferPointer<UInt32>
  private var pending = 0

  /// - Parameters:
  ///   - stride: 32-bit words of a record, above 0.
  ///   - bufferBytes: what writing may hold back; at least one record is.
  init(stride: Int, bufferBytes: Int) throws(LanguageModelError) {
    precondition(stride > 0, "records of \(stride) words")
    self.stride = stride
    file = try Self.unnamed()
    buffer = .allocate(capacity: max(1, bufferBytes / (4 * stride)) * stride)
  }

  deinit {
    close(file)
    buffer.deallocate()
  }

  /// Adds a record of ``stride`` words.
  func append(_ record: UnsafePointer<UInt32>) throws(LanguageModelError) {
    if pending + stride > buffer.count { try flush() }
    (buffer.baseAddress! + pending).update(from: record, count: stride)
    pending += stride
    count += 1
  }

  /// Ends writing for now: what was appended can be read.
  func flush() throws(LanguageModelError) {
    var rest = UnsafeRawBufferPointer(rebasing: UnsafeRawBufferPointer(buffer)[..<(4 * pending)])
    while let start = rest.baseAddress, !rest.isEmpty {
      let written = write(file, start, rest.count)
      if written < 0 && errno == EINTR { continue }
      guard written > 0 else { throw Self.failed("to write temporary files") }
      rest = UnsafeRawBufferPointer(rebasing: rest[written...])
    }
    pending = 0
  }

  /// Ends writing: the buffer is given back.
  func finishWriting() throws(LanguageModelError) {
    try flush()
    buffer.deallocate()
    buffer = .allocate(capacity: 0)
  }

  /// Fills `words` with records from the one at `index` on, as many as there are before `end` and as fit.
  /// - Returns: how many records.
  func read(from index: Int, upTo end: Int, into words: UnsafeMutableBufferPointer<UInt32>)
    throws(LanguageModelError) -> Int
  {
    let records = min(end - index, words.count / stride)
    let bytes = 4 * stride * records
    var done = 0
    while done < bytes {
      let got = pread(
        file, UnsafeMutableRawPointer(words.baseAddress!) + done, bytes - done, 4 * stride * index + done)
      if got < 0 && errno == EINTR { continue }
      guard got > 0 else { throw Self.failed("to read temporary files again") }
      done += got
    }
    return records
  }

  /// Where temporary files are: `$TMPDIR`, or /tmp without it.
  private static var directory: String {
    let variable = getenv("TMPDIR").map { String(cString: $0) } ?? ""
    return variable.isEmpty ? "/tmp" : variable
  }

  private static func unnamed() throws(LanguageModelError) -> Int32 {
    let name = "\(directory)/warbler-lm-\(String(UInt64.random(in: 0 ... .max), radix: 36))"
    let file = open(name, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
    guard file >= 0 else { throw failed("a directory for temporary files") }
    unlink(name)
    return file
  }

  private static func failed(_ expected: String) -> LanguageModelError {
    LanguageModelError(
      .unwritable, path: directory, expected: expected, found: String(cString: strerror(errno)),
      remedy: errno == ENOSPC || errno == EFBIG || errno == EDQUOT
        ? "make room on the disk, or set TMPDIR to a directory with more"
        : "set TMPDIR to a directory that can hold temporary files")
  }
}
