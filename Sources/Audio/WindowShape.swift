internal import Glibc

/// A window of L samples over a frame, symmetric (not periodic).
public enum WindowShape: Sendable, Equatable, CaseIterable {
  /// (0.5 - 0.5 cos(2 pi i / (L - 1)))^0.85: Daniel Povey's for Kaldi, Hann's but for the exponent.
  case povey
  /// 0.5 - 0.5 cos(2 pi i / (L - 1))
  case hann
  /// 0.54 - 0.46 cos(2 pi i / (L - 1))
  case hamming
  /// 1
  case rectangular

  /// (length,): the window's values.
  func values(_ length: Int) -> [Double] {
    (0..<length).map { index in
      let cosine = cos(2 * .pi * Double(index) / Double(length - 1))
      switch self {
      case .povey: return pow(0.5 - 0.5 * cosine, 0.85)
      case .hann: return 0.5 - 0.5 * cosine
      case .hamming: return 0.54 - 0.46 * cosine
      case .rectangular: return 1
      }
    }
  }
}
