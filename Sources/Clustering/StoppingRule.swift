/// When mini-batches have done their work: scikit-learn's rule for MiniBatchKMeans.
///
/// The inertia of batches, per frame, is smoothed with the weight a = min(1, 2 batch / (frames + 1)),
///
///     s <- (1 - a) s + a inertia,
///
/// and the fit ends when s has had no new least value for `patience` batches, or when the centroids moved by
/// no more than `movementLimit`. The first batch, which meets the start, does not count.
struct StoppingRule {
  let weight: Double
  let movementLimit: Double
  let patience: Int?
  /// The smoothed inertia per frame; nil before the second batch.
  private(set) var smoothed: Double?
  private var least = Double.infinity
  private var withoutImprovement = 0
  private var batches = 0

  init(batch: Int, frames: Int, movementLimit: Double, patience: Int?) {
    weight = min(1, 2 * Double(batch) / Double(frames + 1))
    self.movementLimit = movementLimit
    self.patience = patience
  }

  /// Whether to end after a batch of this inertia per frame and this squared movement of all centroids.
  mutating func isMet(inertia: Double, movement: Double) -> Bool {
    batches += 1
    if batches == 1 { return false }
    let value = smoothed.map { (1 - weight) * $0 + weight * inertia } ?? inertia
    smoothed = value
    if movementLimit > 0 && movement <= movementLimit { return true }
    if value < least {
      least = value
      withoutImprovement = 0
    } else {
      withoutImprovement += 1
    }
    return patience.map { withoutImprovement >= $0 } ?? false
  }
}
