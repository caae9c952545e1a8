import Tensors

/// (column, resample): sums of each column over utterances drawn with replacement, the same ones for all
/// columns.
///
/// - Parameter columns: (column, utterance), at least one.
func resampledSums(_ columns: [[Int]], samples: Int, seed: UInt64, threads: Int) -> [[Int]] {
  let (width, count) = (columns.count, columns[0].count)
  precondition(count < 1 << 32, "\(count) utterances; at most 2^32 - 1 are drawn from")
  guard count > 0 else { return columns.map { _ in [Int](repeating: 0, count: samples) } }
  // (utterance, column), for what is drawn together to lie together.
  let rows = (0..<count).flatMap { utterance in columns.map { $0[utterance] } }
  let random = RandomSource(seed: seed, step: 0, site: 0)
  // (resample, column)
  var sums = [Int](repeating: 0, count: samples * width)
  let compute = Compute(threads: max(1, min(threads, samples)))
  sums.withUnsafeMutableBufferPointer { sums in
    rows.withUnsafeBufferPointer { rows in
      compute.run(tasks: samples) { sample, _ in
        let sum = UnsafeMutableBufferPointer(rebasing: sums[sample * width..<(sample + 1) * width])
        for pair in 0..<(count + 1) / 2 {
          let bits = random.bits(pair, row: sample)
          sum.add(rows, row: place(UInt32(truncatingIfNeeded: bits), of: count))
          // Of an odd number the last draw is a half.
          if 2 * pair + 1 < count { sum.add(rows, row: place(UInt32(bits >> 32), of: count)) }
        }
      }
    }
  }
  return (0..<width).map { column in (0..<samples).map { sums[$0 * width + column] } }
}

/// floor(bits x count / 2^32): 32 random bits as one of `count` places. A place's probability is off 1 / count by
/// less than 2^-32.
private func place(_ bits: UInt32, of count: Int) -> Int { Int((UInt64(bits) * UInt64(count)) >> 32) }

extension UnsafeMutableBufferPointer<Int> {
  /// Adds a row of a matrix that is as wide as this is long.
  fileprivate func add(_ rows: UnsafeBufferPointer<Int>, row: Int) {
    let start = row * count
    for column in 0..<count { self[column] += rows[start + column] }
  }
}
