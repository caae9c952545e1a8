import Checkpoints

/// Why a checkpoint could not be saved, and where the last good one is, in one line.
public struct SaveError: Error, Sendable, Equatable, CustomStringConvertible {
  public let description: String
  /// The directory of the newest checkpoint that is complete; nil before the first.
  public let lastGood: String?

  init(_ place: String, _ error: any Error, lastGood: String?, out: String) {
    self.lastGood = lastGood
    let reason: String
    if let error = error as? CheckpointError, error.kind == .unwritable {
      // Its path is one beside the place, which is gone by now.
      reason = error.found + (error.remedy.isEmpty ? "" : "; \(error.remedy)")
    } else {
      reason = "\(error)"
    }
    let good =
      lastGood.map { "the last good checkpoint is \($0): go on with --resume --out \(out)" }
      ?? "there is no earlier checkpoint"
    description = "\(place): cannot be saved: \(reason); \(good)"
  }
}
