/// A text, plain or gzip'd, line by line.
public struct TextLines: ~Copyable {
  private let lines: LineReader

  /// - Parameter path: a file, or `-` for standard input.
  public init(path: String) throws(LanguageModelError) {
    lines = try LineReader(path: path == "-" ? "/dev/stdin" : path)
  }

  /// Calls `body` with the next line and its number, counted from 1.
  /// - Returns: whether there was one.
  public mutating func next(
    _ body: (UnsafeRawBufferPointer, Int) throws -> Void
  ) throws -> Bool {
    guard let line = try lines.next() else { return false }
    try body(line, lines.number)
    return true
  }
}
