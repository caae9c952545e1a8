#if canImport(Glibc)
import Glibc
#endif

/// The matched-pair sentence-segment word error test, MAPSSWE: whether two systems' word errors differ by more
/// than chance (Gillick and Cox 1989; Pallett, Fisher and Fiscus 1990).
///
/// Errors within an utterance depend on each other, but no longer where words that both systems have right lie
/// between. So utterances are cut into segments: each begins with an error of either system and ends where
/// ``buffer`` words of the reference in a row are right in both, with nothing inserted between them, or where
/// the utterance ends. Words that both have right are in no segment. With d_i the errors of a less those of b
/// in segment i, of n:
///
///     mean = sum(d_i) / n     variance = sum((d_i - mean)^2) / (n - 1)
///     Z = mean / sqrt(variance / n)     p = 2 (1 - Phi(|Z|)) = erfc(|Z| / sqrt 2)
///
/// Z is taken for normal, which wants some fifty segments. Without variance there is nothing to measure the
/// mean by: Z is then 0 and p 1, as in `sc_stats`, even if every segment is better by the same number of
/// errors. `sc_stats` looks Phi up in a table at |Z| rounded down to hundredths; its p is therefore up to
/// 0.008 larger.
public struct MatchedPairs: Sendable, Hashable {
  /// Word errors of two systems in a segment; at least one of them is not 0.
  public struct Segment: Sendable, Hashable {
    public var a: Int
    public var b: Int
  }

  /// Words right in both systems that end a segment.
  public let buffer: Int
  public private(set) var segments: [Segment] = []

  public init(buffer: Int = 2) {
    precondition(buffer >= 1, "segments are separated by at least one word, not \(buffer)")
    self.buffer = buffer
  }

  /// All utterances of two systems, in one order.
  public init(_ a: [[EditOperation]], _ b: [[EditOperation]], buffer: Int = 2) {
    precondition(a.count == b.count, "\(a.count) utterances against \(b.count)")
    self.init(buffer: buffer)
    for (a, b) in zip(a, b) { add(a, b) }
  }

  /// Adds an utterance: two alignments with the same reference.
  public mutating func add(_ a: [EditOperation], _ b: [EditOperation]) {
    precondition(
      a.count(where: \.takesReference) == b.count(where: \.takesReference), "alignments with two references")
    var segment = Segment(a: 0, b: 0)
    var right = 0
    func isOpen() -> Bool { segment.a + segment.b > 0 }
    var (i, j) = (0, 0)
    while i < a.count || j < b.count {
      let errors = (segment.a, segment.b)
      while i < a.count, a[i] == .insertion { (segment.a, i) = (segment.a + 1, i + 1) }
      while j < b.count, b[j] == .insertion { (segment.b, j) = (segment.b + 1, j + 1) }
      if errors != (segment.a, segment.b) { right = 0 }
      // Both stand at the same word of the reference, or behind the last.
      guard i < a.count else { break }
      right = a[i].isError || b[j].isError ? 0 : right + 1
      segment.a += a[i].isError ? 1 : 0
      segment.b += b[j].isError ? 1 : 0
      (i, j) = (i + 1, j + 1)
      if right >= buffer, isOpen() {
        segments.append(segment)
        segment = Segment(a: 0, b: 0)
      }
    }
    if isOpen() { segments.append(segment) }
  }

  /// Errors of a less those of b in a segment: the mean; 0 without segments.
  public var mean: Double {
    segments.isEmpty ? 0 : Double(segments.reduce(0) { $0 + $1.a - $1.b }) / Double(segments.count)
  }

  /// 0 for fewer than two segments.
  public var variance: Double {
    guard segments.count > 1 else { return 0 }
    let mean = mean
    let squares = segments.reduce(0) { sum, segment in
      let deviation = Double(segment.a - segment.b) - mean
      return sum + deviation * deviation
    }
    return squares / Double(segments.count - 1)
  }

  /// Positive where a has more errors.
  public var z: Double {
    let variance = variance
    return variance > 0 ? mean / (variance / Double(segments.count)).squareRoot() : 0
  }

  /// Two-tailed; 1 for systems that err alike.
  public var p: Double { erfc(abs(z) / 2.0.squareRoot()) }
}
