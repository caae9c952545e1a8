import CKernels
import Tensors

/// The most probable path through the states of a text, exactly, in bounded memory.
///
/// States come in pairs: blank u and label u behind it, u in 0...U (the last pair has no label). In a frame
/// the pairs that may matter are one range, and a kernel takes it to the next frame.
///
/// **Which pairs matter.** Those that can be reached from the start and from which the end can be reached;
/// and, in long recordings, those that pass this test. Let G(t) be the sum, up to frame t, of each frame's
/// greatest log-posterior. The deficit of a path up to t, G(t) less its score, never shrinks from frame to
/// frame. If any complete path is known, with deficit D, then whatever has a deficit above D in some frame
/// is not on the best path, whose own deficit is D at most. Such a path is found first, by a search that
/// keeps only pairs near the best of each frame; it may be any path, a good one only saves time. Where none
/// is found nothing is left out.
///
/// **Memory.** How the path came to every state takes a byte for a pair and frame. When they fill 64 MiB the
/// scores of that frame are kept instead and the bytes begin anew. At the end the last block is traced back;
/// the blocks before it are computed again from the scores at their beginnings, one after the other.
struct ViterbiSearch {
  /// A state of the text.
  struct State: Equatable {
    var pair: Int
    var isLabel: Bool
  }

  /// Which pairs to leave out.
  enum Pruning: Equatable {
    case none
    /// Those whose score is so far below the best of their frame; may lose the best path.
    case distance(Double)
    /// Those whose deficit is above this.
    case deficit(Double)
  }

  private let emissions: Emissions
  private let blank: Int
  private let hasStar: Bool
  private let kernels: ck_kernels
  /// What each pair's blank and label emit: a place in a frame's row of log-posteriors.
  private let blankTokens: [Int32]
  private let labelTokens: [Int32]
  /// 0 where label u may follow label u - 1 without a blank between them, otherwise -inf.
  private let skips: [Double]
  /// U + 1.
  private let pairs: Int
  private let blockBytes: Int
  private let exhaustiveCells: Int

  /// - Parameters:
  ///   - blockBytes: how many bytes of steps are kept at a time.
  ///   - exhaustiveCells: up to so many pairs times frames nothing is left out.
  init(
    _ emissions: Emissions, target: AlignmentTarget, blank: Int, level: KernelLevel,
    blockBytes: Int = 1 << 26, exhaustiveCells: Int = 1 << 26
  ) {
    self.emissions = emissions
    self.blank = blank
    self.blockBytes = blockBytes
    self.exhaustiveCells = exhaustiveCells
    let labels = target.labels
    pairs = labels.count + 1
    hasStar = !target.gaps.isEmpty
    let row = RowPlaces(vocabularySize: emissions.vocabularySize)
    blankTokens = (0...labels.count).map { Int32(target.gaps.contains($0) ? row.gap : blank) }
    labelTokens = labels.map { Int32($0 ?? row.star) } + [Int32(row.never)]
    skips = (0...labels.count).map { u in
      u > 0 && u < labels.count && labels[u] != labels[u - 1] ? 0 : -.infinity
    }
    kernels = level.kernels
  }

  /// The states of the best path, (T), and its score; nil if there is none.
  func bestPath() -> (states: [State], score: Double)? {
    guard emissions.frames > 0 else { return pairs == 1 ? ([], 0) : nil }
    var pruning = Pruning.none
    if emissions.frames > exhaustiveCells / pairs {
      for distance in [500.0, 4000.0] {
        guard let found = run(.distance(distance), keepsSteps: false) else { continue }
        // Room for rounding: sums of T terms in another order.
        let slack = 1e-9 * (1 + abs(found.greedy))
        pruning = .deficit(found.greedy - found.score + slack)
        break
      }
    }
    guard let found = run(pruning, keepsSteps: true) else { return nil }
    return (trace(found, pruning), found.score)
  }

  // MARK: Forward

  private struct Outcome {
    var end: State
    var score: Double
    var greedy: Double
    /// Where blocks begin, the last one too, and the last one's steps.
    var checkpoints: [Checkpoint]
    var last: Block
  }

  private func run(_ pruning: Pruning, keepsSteps: Bool) -> Outcome? {
    var buffers = Buffers(pairs: pairs, rowCount: RowPlaces(vocabularySize: emissions.vocabularySize).count)
    var front = Front(pairs: pairs)
    var block = Block(start: 0, isKept: keepsSteps)
    var checkpoints = keepsSteps ? [Checkpoint(front)] : []
    while front.frame < emissions.frames {
      if block.steps.count + front.alive.count > blockBytes, front.frame > block.start, keepsSteps {
        checkpoints.append(Checkpoint(front))
        block = Block(start: front.frame)
      }
      move(&front, pruning, &block, &buffers)
      if front.alive.isEmpty { return nil }
    }
    let (inBlank, inLabel) = (front.blanks[pairs], pairs > 1 ? front.labels[pairs - 1] : -.infinity)
    let score = max(inBlank, inLabel)
    guard score > -.infinity else { return nil }
    let end =
      inLabel > inBlank ? State(pair: pairs - 2, isLabel: true) : State(pair: pairs - 1, isLabel: false)
    return Outcome(end: end, score: score, greedy: front.greedy, checkpoints: checkpoints, last: block)
  }

  /// Takes the front over its frame.
  private func move(
    _ front: inout Front, _ pruning: Pruning, _ block: inout Block, _ buffers: inout Buffers
  ) {
    front.greedy += fill(&buffers.row, front.frame)
    // From where two states a frame lead to one of the last two.
    let first = max(front.alive.lowerBound, (2 * pairs - 1 - 2 * (emissions.frames - front.frame)) / 2)
    let end = min(pairs, front.alive.upperBound + 1)
    guard first < end else { return front.alive = 0..<0 }
    kernels.viterbi(
      &buffers.blanks, &buffers.labels, &buffers.steps, front.blanks, front.labels, buffers.row, blankTokens,
      labelTokens, skips, first, end)
    block.append(first..<end, buffers.steps)
    swap(&front.blanks, &buffers.blanks)
    swap(&front.labels, &buffers.labels)
    front.frame += 1
    front.alive = pruned(front, first..<end, pruning)
    // What the next frame reads beside the range.
    for outside in [front.alive.lowerBound, front.alive.upperBound + 1] {
      front.blanks[outside] = -.infinity
      front.labels[outside] = -.infinity
    }
  }

  /// The pairs of `range` without those at its ends that are left out.
  private func pruned(_ front: Front, _ range: Range<Int>, _ pruning: Pruning) -> Range<Int> {
    let threshold: Double
    switch pruning {
    case .none: return range
    case .deficit(let deficit): threshold = front.greedy - deficit
    case .distance(let distance):
      var best = -Double.infinity
      for pair in range { best = max(best, max(front.blanks[pair + 1], front.labels[pair + 1])) }
      threshold = best - distance
    }
    func isAlive(_ pair: Int) -> Bool {
      let score = max(front.blanks[pair + 1], front.labels[pair + 1])
      return score > -.infinity && score >= threshold
    }
    var (first, end) = (range.lowerBound, range.upperBound)
    while first < end, !isAlive(first) { first += 1 }
    while first < end, !isAlive(end - 1) { end -= 1 }
    return first..<end
  }

  /// A frame's log-posteriors and what stands behind them.
  /// - Returns: the greatest.
  private func fill(_ row: inout [Double], _ frame: Int) -> Double {
    let width = emissions.vocabularySize
    var greatest = -Double.infinity
    var spoken = -Double.infinity
    emissions.logPosteriors.withUnsafeBufferPointer { values in
      for token in 0..<width {
        let value = Double(values[frame * width + token])
        row[token] = value
        greatest = max(greatest, value)
        if token != blank { spoken = max(spoken, value) }
      }
    }
    if hasStar {
      let places = RowPlaces(vocabularySize: width)
      row[places.star] = spoken - AlignmentTarget.wildcardCost
      row[places.gap] = max(row[blank], row[places.star])
    }
    return greatest
  }

  // MARK: Back

  private func trace(_ found: Outcome, _ pruning: Pruning) -> [State] {
    var states = [State](repeating: found.end, count: emissions.frames)
    var state = found.end
    var block = found.last
    var end = emissions.frames
    for checkpoint in found.checkpoints.reversed() {
      if checkpoint.frame < block.start { block = steps(from: checkpoint, to: end, pruning) }
      for frame in (checkpoint.frame..<end).reversed() {
        states[frame] = state
        state = state.before(block.step(frame, state.pair))
      }
      end = checkpoint.frame
    }
    return states
  }

  /// The steps of a block, again.
  private func steps(from checkpoint: Checkpoint, to end: Int, _ pruning: Pruning) -> Block {
    var buffers = Buffers(pairs: pairs, rowCount: RowPlaces(vocabularySize: emissions.vocabularySize).count)
    var front = Front(pairs: pairs, at: checkpoint)
    var block = Block(start: checkpoint.frame)
    while front.frame < end { move(&front, pruning, &block, &buffers) }
    return block
  }
}

extension ViterbiSearch.State {
  /// The state of the frame before.
  fileprivate func before(_ step: Int) -> Self {
    if !isLabel { return step & Int(CK_VITERBI_ENTER) != 0 ? .init(pair: pair - 1, isLabel: true) : self }
    if step & Int(CK_VITERBI_SKIP) != 0 { return .init(pair: pair - 1, isLabel: true) }
    return step & Int(CK_VITERBI_BEGIN) != 0 ? .init(pair: pair, isLabel: false) : self
  }
}

/// Where a frame's row has what is no token's log-posterior.
private struct RowPlaces {
  let vocabularySize: Int

  /// The wildcard's.
  var star: Int { vocabularySize }
  /// That of a blank state where anything may be said.
  var gap: Int { vocabularySize + 1 }
  /// -inf.
  var never: Int { vocabularySize + 2 }
  var count: Int { vocabularySize + 3 }
}
