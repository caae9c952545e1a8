extension ViterbiSearch {
  /// What is alive before a frame.
  struct Front {
    var frame = 0
    var alive: Range<Int>
    /// (U + 3): pair u is at u + 1. Beside the pairs that are alive there is -inf on both sides.
    var blanks: [Double]
    var labels: [Double]
    /// The sum of each frame's greatest log-posterior.
    var greedy = 0.0

    /// Before the first frame: before the first blank, at no cost.
    init(pairs: Int) {
      alive = 0..<1
      blanks = [Double](repeating: -.infinity, count: pairs + 2)
      labels = blanks
      blanks[1] = 0
    }

    init(pairs: Int, at checkpoint: Checkpoint) {
      self.init(pairs: pairs)
      frame = checkpoint.frame
      alive = checkpoint.alive
      greedy = checkpoint.greedy
      blanks[1] = -.infinity
      let range = alive.lowerBound + 1..<alive.upperBound + 1
      blanks.replaceSubrange(range, with: checkpoint.blanks)
      labels.replaceSubrange(range, with: checkpoint.labels)
    }
  }

  /// A front, compact.
  struct Checkpoint {
    let frame: Int
    let alive: Range<Int>
    let blanks: [Double]
    let labels: [Double]
    let greedy: Double

    init(_ front: Front) {
      let range = front.alive.lowerBound + 1..<front.alive.upperBound + 1
      frame = front.frame
      alive = front.alive
      blanks = Array(front.blanks[range])
      labels = Array(front.labels[range])
      greedy = front.greedy
    }
  }

  /// How the path came to the states of some neighbouring frames.
  struct Block {
    let start: Int
    /// The pairs that each frame has bytes for, and where these begin.
    var frames: [(pairs: Range<Int>, place: Int)] = []
    var steps: [UInt8] = []

    /// Whether it holds anything; a search for a score alone needs nothing.
    let isKept: Bool

    init(start: Int, isKept: Bool = true) {
      self.start = start
      self.isKept = isKept
    }

    mutating func append(_ pairs: Range<Int>, _ steps: [UInt8]) {
      if !isKept { return }
      frames.append((pairs, self.steps.count))
      self.steps += steps[pairs]
    }

    func step(_ frame: Int, _ pair: Int) -> Int {
      let row = frames[frame - start]
      return Int(steps[row.place + pair - row.pairs.lowerBound])
    }
  }

  /// Memory that all frames share.
  struct Buffers {
    var blanks: [Double]
    var labels: [Double]
    var steps: [UInt8]
    var row: [Double]

    init(pairs: Int, rowCount: Int) {
      blanks = [Double](repeating: -.infinity, count: pairs + 2)
      labels = blanks
      steps = [UInt8](repeating: 0, count: pairs)
      row = [Double](repeating: -.infinity, count: rowCount)
    }
  }
}
