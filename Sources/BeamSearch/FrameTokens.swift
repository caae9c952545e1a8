#if canImport(Glibc)
import Glibc
#endif

/// The tokens of one frame that a search looks at, with their posteriors relative to the frame's best.
struct FrameTokens {
  /// Tokens other than the blank and those between words, the most probable first.
  private(set) var tokens: [(id: Int32, posterior: Double)] = []
  /// Those between words.
  private(set) var separators: [(id: Int32, posterior: Double)] = []
  /// (V); 0 for a token that is not looked at.
  private(set) var posteriors: [Double]
  /// The same, with 0 for the tokens between words and the blank.
  private(set) var spokenPosteriors: [Double]
  /// Natural log of what all posteriors are relative to.
  private(set) var logScale = 0.0

  private let blank: Int
  private let isSeparator: [Bool]
  private let threshold: Float
  private let limit: Int
  private var chosen: [(id: Int32, logPosterior: Float)] = []

  init(blank: Int, isSeparator: [Bool], threshold: Float, limit: Int?) {
    self.blank = blank
    self.isSeparator = isSeparator
    self.threshold = threshold
    self.limit = limit ?? .max
    posteriors = [Double](repeating: 0, count: isSeparator.count)
    spokenPosteriors = posteriors
  }

  /// Chooses the tokens of a frame.
  /// - Parameters:
  ///   - row: (V), log-posteriors.
  ///   - scale: what all posteriors are multiplied by on top; ``logScale`` does not know of it.
  ///   - floor: no possible token's posterior is taken for less than this, relative to the best.
  /// - Returns: false if no token is possible.
  mutating func choose(
    _ row: UnsafeBufferPointer<Float>, scale: Double, unpruned: Bool = false, floor: Double = 0
  ) -> Bool {
    for token in chosen {
      posteriors[Int(token.id)] = 0
      spokenPosteriors[Int(token.id)] = 0
    }
    posteriors[blank] = 0
    chosen.removeAll(keepingCapacity: true)
    tokens.removeAll(keepingCapacity: true)
    separators.removeAll(keepingCapacity: true)
    let best = row.largest
    guard best > -.infinity else { return false }
    logScale = Double(best)
    let bound = unpruned ? -Float.greatestFiniteMagnitude : best - threshold
    row.forEach(notBelow: max(bound, -Float.greatestFiniteMagnitude)) { id, value in
      if id == blank {
        posteriors[blank] = max(floor, exp(Double(value) - Double(best))) * scale
      } else {
        chosen.append((Int32(id), value))
      }
    }
    chosen.sort { $0.logPosterior > $1.logPosterior || ($0.logPosterior == $1.logPosterior && $0.id < $1.id) }
    if !unpruned && chosen.count > limit { chosen.removeLast(chosen.count - limit) }
    for token in chosen {
      let posterior = max(floor, exp(Double(token.logPosterior) - Double(best))) * scale
      posteriors[Int(token.id)] = posterior
      if isSeparator[Int(token.id)] {
        separators.append((token.id, posterior))
      } else {
        tokens.append((token.id, posterior))
        spokenPosteriors[Int(token.id)] = posterior
      }
    }
    return true
  }
}

extension UnsafeBufferPointer<Float> {
  /// The largest value; NaN is passed over.
  fileprivate var largest: Float {
    typealias Values = SIMD16<Float>
    var vector = Values(repeating: -.infinity)
    let lanes = Values.scalarCount
    let whole = count / lanes * lanes
    let base = UnsafeRawPointer(baseAddress!)
    for start in stride(from: 0, to: whole, by: lanes) {
      let values = base.loadUnaligned(fromByteOffset: start * MemoryLayout<Float>.size, as: Values.self)
      vector.replace(with: values, where: values .> vector)
    }
    var best = vector.max()
    for index in whole..<count where self[index] > best { best = self[index] }
    return best
  }

  /// Calls with each value that is not below a bound, in order.
  fileprivate func forEach(notBelow bound: Float, _ body: (Int, Float) -> Void) {
    typealias Values = SIMD16<Float>
    let lanes = Values.scalarCount
    let whole = count / lanes * lanes
    let base = UnsafeRawPointer(baseAddress!)
    for start in stride(from: 0, to: whole, by: lanes) {
      let values = base.loadUnaligned(fromByteOffset: start * MemoryLayout<Float>.size, as: Values.self)
      guard any(values .>= bound) else { continue }
      for lane in 0..<lanes where self[start + lane] >= bound { body(start + lane, self[start + lane]) }
    }
    for index in whole..<count where self[index] >= bound { body(index, self[index]) }
  }
}
