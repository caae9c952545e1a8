package import CKernels

/// Random numbers as a function of where they are used, by Philox4x32-10 (Salmon et al. 2011): a seed, the
/// step of training, the site in the network, the utterance and a row of it.
///
/// Nothing has a state, so that the numbers are the same in whatever order and on whatever thread they are
/// drawn, and can be drawn again rather than kept.
public struct RandomSource: Sendable, Equatable {
  public let seed: UInt64
  public let step: Int
  /// Which of the network's uses this is, below ``siteLimit``.
  public let site: Int

  /// Sites take the upper bits of the word that counts along a row.
  public static let siteLimit = 1 << 12
  private static let siteShift = 20

  public init(seed: UInt64, step: Int, site: Int) {
    precondition((0..<Self.siteLimit).contains(site), "site \(site) of \(Self.siteLimit)")
    self.seed = seed
    self.step = step
    self.site = site
  }

  /// Where a row of an utterance begins to draw.
  package func start(row: Int, utterance: UInt32) -> ck_random {
    ck_random(
      counter: (
        UInt32(truncatingIfNeeded: site << Self.siteShift), UInt32(truncatingIfNeeded: row), utterance,
        UInt32(truncatingIfNeeded: step)
      ),
      key: (UInt32(truncatingIfNeeded: seed), UInt32(truncatingIfNeeded: seed >> 32)))
  }

  /// 64 random bits: the `index`th of a row.
  public func bits(_ index: Int, row: Int = 0, utterance: UInt32 = 0) -> UInt64 {
    var random = start(row: row, utterance: utterance)
    random.counter.0 &+= UInt32(truncatingIfNeeded: index)
    var words = (UInt32(0), UInt32(0), UInt32(0), UInt32(0))
    withUnsafeMutableBytes(of: &words) {
      ck_philox(&random, $0.bindMemory(to: UInt32.self).baseAddress!)
    }
    return UInt64(words.1) << 32 | UInt64(words.0)
  }

  /// A number in [0, 1), of 53 bits.
  public func uniform(_ index: Int, row: Int = 0, utterance: UInt32 = 0) -> Double {
    Double(bits(index, row: row, utterance: utterance) >> 11) * 0x1p-53
  }
}
