#if canImport(Glibc)
import Glibc
#endif

/// Messages and progress on stderr.
///
/// On a terminal progress is one line that is drawn anew; it is taken away before anything else is written.
/// Elsewhere it is a plain line now and then. When quiet, only failures are written.
struct Console {
  let isQuiet: Bool
  private let isTerminal: Bool
  private var isDrawn = false

  init(isQuiet: Bool) {
    self.isQuiet = isQuiet
    isTerminal = isatty(2) == 1
  }

  /// A line that `--quiet` keeps: why something was not done.
  mutating func failure(_ line: String) {
    erase()
    put(line + "\n")
  }

  /// A line that `--quiet` drops.
  mutating func note(_ line: String) {
    if isQuiet { return }
    erase()
    put(line + "\n")
  }

  /// Shows progress: redrawn on a terminal, otherwise a line if `isDue`.
  mutating func progress(_ line: String, isDue: Bool) {
    if isQuiet { return }
    if isTerminal {
      put("\r\u{1B}[K" + line.prefix(width - 1))
      isDrawn = true
    } else if isDue {
      put(line + "\n")
    }
  }

  /// Takes the progress line away.
  mutating func erase() {
    guard isDrawn else { return }
    put("\r\u{1B}[K")
    isDrawn = false
  }

  /// Columns of the terminal.
  private var width: Int {
    var size = winsize()
    return ioctl(2, UInt(TIOCGWINSZ), &size) == 0 && size.ws_col > 20 ? Int(size.ws_col) : 80
  }

  private func put(_ text: String) {
    let bytes = Array(text.utf8)
    _ = write(2, bytes, bytes.count)
  }
}
