import Workbench

#if canImport(Glibc)
import Glibc
#endif

/// Where result lines go: stdout, or the file of `--out`. Every line is written at once and in full, so that
/// what is done survives whatever comes after.
struct ResultOutput {
  /// What went wrong with the output.
  enum Failure: Error {
    /// Nobody reads stdout any more.
    case closed
    case failed(String)
  }

  private let descriptor: Int32
  private let name: String

  /// - Parameter path: a file, emptied if it exists; nil for stdout.
  init(path: String?) throws(Failure) {
    // A closed pipe and a file that may not grow are errors of `write`, not the end of the process.
    signal(SIGPIPE, SIG_IGN)
    signal(SIGXFSZ, SIG_IGN)
    name = path ?? "stdout"
    guard let path else {
      descriptor = 1
      return
    }
    descriptor = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o666)
    guard descriptor >= 0 else {
      throw .failed(
        "\(path): cannot be written: \(String(cString: strerror(errno))); check the path and its permissions")
    }
  }

  func write(_ line: String) throws(Failure) { try write(bytes: Array(line.utf8)) }

  func write(bytes: [UInt8]) throws(Failure) {
    var done = 0
    while done < bytes.count {
      let count = bytes[done...].withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
      if count < 0 && errno == EINTR { continue }
      if count < 0 && errno == EPIPE { throw .closed }
      guard count > 0 else {
        let remedy = errno == ENOSPC ? "make room on the disk" : "check the disk"
        throw .failed("\(name): cannot be written: \(String(cString: strerror(errno))); \(remedy)")
      }
      done += count
    }
  }

  /// Ends the process as a program ends that writes into a closed pipe: by SIGPIPE, without a word.
  static func endByClosedPipe() -> Never {
    signal(SIGPIPE, SIG_DFL)
    raise(SIGPIPE)
    exit(141)
  }
}
