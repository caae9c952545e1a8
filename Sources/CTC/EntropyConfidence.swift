#if canImport(Glibc)
import Glibc
#endif

extension Emissions {
  /// How peaked the posteriors of some frames are, in 0...1 (Laptev and Ginsburg 2022, "Fast entropy-based
  /// methods of word-level confidence estimation", the linear form):
  ///
  ///     1 - mean over the frames of H(p_t) / ln V,    H(p) = - sum over tokens of p ln p
  ///
  /// 0 without frames. It asks nothing of what was said: a frame that is sure of another token counts as
  /// sure.
  /// - Complexity: O(V) a frame.
  public func entropyConfidence(of frames: some Sequence<Int>) -> Double {
    var sum = 0.0
    var count = 0
    for frame in frames {
      for token in 0..<vocabularySize {
        let value = Double(self[frame, token])
        if value > -.infinity { sum -= exp(value) * value }
      }
      count += 1
    }
    guard count > 0 && vocabularySize > 1 else { return 0 }
    return min(1, max(0, 1 - sum / Double(count) / log(Double(vocabularySize))))
  }
}
