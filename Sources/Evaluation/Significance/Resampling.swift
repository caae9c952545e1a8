import Tensors

/// (column, resample): sums of each column over utterances drawn with replacement, the same ones for all
/// columns.
///
/// - Parameter columns: (column, utterance), at least one; below 2^31 each.
func resampledSums(_ columns: [[Int]], samples: Int, seed: UInt64, threads: Int) -> [[Int]] {
  let (width, count) = (columns.count, columns[0].count)
  precondition(count < 1 << 32, "\(count) utterances; at most 2^32 - 1 are drawn from")
  guard count > 0 else { return columns.map { _ in [Int](repeating: 0, count: samples) } }
  // (utterance, column), for what is drawn together to lie together.
  let rows = (0..<count).flatMap { utterance in columns.map { Int32($0[utterance]) } }
  let seeds = RandomSource(seed: seed, step: 0, site: 0)
  // (resample, column)
  var sums = [Int](repeating: 0, count: samples * width)
  let compute = Compute(threads: max(1, min(threads, samples)))
  sums.withUnsafeMutableBufferPointer { sums in
    rows.withUnsafeBufferPointer { rows in
      compute.run(tasks: samples) { sample, _ in
        let draws = Draws(seed: seeds.bits(0, row: sample), count: count)
        // Summed apart: cores that write into one cache line wait for each other.
        withUnsafeTemporaryAllocation(of: Int.self, capacity: width) { sum in
          sum.initialize(repeating: 0)
          for pair in 0..<(count + 1) / 2 {
            let (first, second) = draws[pair]
            sum.add(rows, row: first)
            // Of an odd number the last pair is a half.
            if 2 * pair + 1 < count { sum.add(rows, row: second) }
          }
          for column in 0..<width { sums[sample * width + column] = sum[column] }
        }
      }
    }
  }
  return (0..<width).map { column in (0..<samples).map { sums[$0 * width + column] } }
}

/// Draws of a resample, two at a time, each a function of its place: outputs of SplitMix64 (Steele, Lea and Flood
/// 2014), from a seed that Philox makes for each resample. With Philox for the draws, too, four systems on 100,000
/// utterances took 18 s in place of 5.
private struct Draws {
  let seed: UInt64
  let count: Int

  subscript(pair: Int) -> (Int, Int) {
    var z = seed &+ UInt64(truncatingIfNeeded: pair + 1) &* 0x9e37_79b9_7f4a_7c15
    z = (z ^ (z >> 30)) &* 0xbf58_476d_1ce4_e5b9
    z = (z ^ (z >> 27)) &* 0x94d0_49bb_1331_11eb
    z ^= z >> 31
    return (place(z & 0xffff_ffff), place(z >> 32))
  }

  /// floor(bits x count / 2^32): 32 random bits as one of `count` places, each of which has a probability that is
  /// off 1 / count by less than 2^-32.
  private func place(_ bits: UInt64) -> Int { Int((bits &* UInt64(count)) >> 32) }
}

extension UnsafeMutableBufferPointer<Int> {
  /// Adds a row of a matrix that is as wide as this is long.
  fileprivate func add(_ rows: UnsafeBufferPointer<Int32>, row: Int) {
    let start = row * count
    for column in 0..<count { self[column] += Int(rows[start + column]) }
  }
}
