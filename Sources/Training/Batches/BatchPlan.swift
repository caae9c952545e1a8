#if canImport(Glibc)
import Glibc
#endif

/// The batches of an epoch: every utterance once.
///
/// It follows from the lengths, the options and the epoch's number alone. When shuffling, the utterances are
/// sorted by their length times a random factor from 1 / 1.2 to 1.2 and then cut into batches, whose order is
/// shuffled: those in a batch are of similar length, and yet others from epoch to epoch. Since nothing is
/// ever padded, similar lengths save no work; they keep the work of batches alike.
struct BatchPlan {
  /// Indices of utterances.
  let batches: [[Int]]

  private static let lengthFactor = 1.2

  /// - Parameter seconds: the length of each utterance.
  init(seconds: [Double], options: BatchOptions, epoch: Int) {
    guard options.shuffles else {
      batches = Self.cut(Array(seconds.indices), seconds, options.limit)
      return
    }
    var random = KeyedRandom(.batches, options.seed, UInt64(epoch))
    let spread = log(Self.lengthFactor)
    let keys = seconds.map { $0 * exp(random.uniform(in: -spread...spread)) }
    let order = seconds.indices.sorted { (keys[$0], $0) < (keys[$1], $1) }
    var batches = Self.cut(order, seconds, options.limit)
    // Fisher and Yates.
    for last in batches.indices.reversed() where last > 0 {
      batches.swapAt(last, random.index(below: last + 1))
    }
    self.batches = batches
  }

  /// Takes utterances in `order` as long as the batch stays within the limit.
  private static func cut(_ order: [Int], _ seconds: [Double], _ limit: BatchOptions.Limit) -> [[Int]] {
    var batches: [[Int]] = []
    var batch: [Int] = []
    var taken = 0.0
    for index in order {
      let isFull =
        switch limit {
        case .seconds(let most): taken + seconds[index] > most
        case .utterances(let most): batch.count == most
        }
      if isFull, !batch.isEmpty {
        batches.append(batch)
        batch = []
        taken = 0
      }
      batch.append(index)
      taken += seconds[index]
    }
    if !batch.isEmpty { batches.append(batch) }
    return batches
  }
}
