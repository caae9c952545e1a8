import Training

/// The part of an utterance that a step trains on.
public enum Crop {
  /// Samples of a crop: all of an utterance that is not longer than `limit`, and otherwise `limit` of it from
  /// a place drawn at random.
  ///
  /// It begins where a frame begins, so that frames and their targets are those of the whole utterance.
  /// - Parameters:
  ///   - samples: of the utterance.
  ///   - hop: samples from frame to frame.
  public static func draw(
    from samples: Int, limit: Int, hop: Int, seed: UInt64, epoch: Int, utterance: Int
  ) -> Range<Int> {
    precondition(limit > 0 && hop > 0, "crops of \(limit) samples, frames every \(hop)")
    guard samples > limit else { return 0..<samples }
    var random = KeyedRandom(.crops, seed, UInt64(epoch), UInt64(utterance))
    let start = hop * random.index(below: (samples - limit) / hop + 1)
    return start..<start + limit
  }
}
