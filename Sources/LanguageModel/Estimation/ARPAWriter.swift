#if canImport(Glibc)
import Glibc
#endif

/// Writes a back-off model in ARPA's format, n-gram by n-gram; gzip'd if the name ends in `.gz`. The file
/// appears under its name complete or not at all.
///
/// Logarithms are to base 10 with seven digits behind the point: to half of 1e-7, a relative error of 1.2e-7
/// in a probability, as of a 32-bit float.
struct ARPAWriter: ~Copyable {
  /// The logarithm that stands for a probability of 0, and for that of `<s>`, which is never predicted.
  static let nothing = -99.0

  private var file: AtomicWriter
  private var gzip: Deflation?
  private var line: [UInt8] = []
  private var order = 0

  private static let lineBytes = 1 << 16

  /// - Parameter counts: n-grams of order 1, 2, ...
  init(path: String, counts: [Int]) throws(LanguageModelError) {
    file = try AtomicWriter(path: path)
    gzip = path.hasSuffix(".gz") ? Deflation() : nil
    line.reserveCapacity(2 * Self.lineBytes)
    put("\\data\\\n")
    for (index, count) in counts.enumerated() { put("ngram \(index + 1)=\(count)\n") }
  }

  /// Begins the n-grams of the next order.
  mutating func beginOrder() throws(LanguageModelError) {
    order += 1
    put("\n\\\(order)-grams:\n")
  }

  /// Adds an n-gram: `write(log10Probability:)`, then `write(word:)` for each of its words, then `endNgram`.
  mutating func write(log10Probability: Double) { put(log10Probability) }

  mutating func write(word: ArraySlice<UInt8>, isFirst: Bool) {
    line.append(isFirst ? UInt8(ascii: "\t") : UInt8(ascii: " "))
    line.append(contentsOf: word)
  }

  /// - Parameter log10Backoff: nil if the n-gram is no context.
  mutating func endNgram(log10Backoff: Double?) throws(LanguageModelError) {
    if let log10Backoff {
      line.append(UInt8(ascii: "\t"))
      put(log10Backoff)
    }
    line.append(UInt8(ascii: "\n"))
    if line.count >= Self.lineBytes { try flush() }
  }

  /// Ends the file, flushes it to the disk and gives it its name.
  consuming func commit() throws(LanguageModelError) {
    put("\n\\end\\\n")
    try flush()
    if let gzip { try write(gzip.finish()) }
    try file.commit()
  }

  private mutating func flush() throws(LanguageModelError) {
    try write(gzip?.compress(line) ?? line)
    line.removeAll(keepingCapacity: true)
  }

  private mutating func write(_ bytes: [UInt8]) throws(LanguageModelError) {
    try bytes.withUnsafeBufferPointer { bytes throws(LanguageModelError) in
      try file.write(UnsafeRawBufferPointer(bytes))
    }
  }

  private mutating func put(_ text: String) { line.append(contentsOf: text.utf8) }

  /// A logarithm, not below ``nothing``; never in the form with an exponent.
  private mutating func put(_ logarithm: Double) {
    let units = Int((max(Self.nothing, logarithm) * 1e7).rounded())
    if units < 0 { line.append(UInt8(ascii: "-")) }
    let (whole, part) = units.magnitude.quotientAndRemainder(dividingBy: 10_000_000)
    put(String(whole))
    guard part > 0 else { return }
    line.append(UInt8(ascii: "."))
    let digits = Array(String(part).utf8)
    line.append(contentsOf: repeatElement(UInt8(ascii: "0"), count: 7 - digits.count))
    line.append(contentsOf: digits)
    while line.last == UInt8(ascii: "0") { line.removeLast() }
  }
}
