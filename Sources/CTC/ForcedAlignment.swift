/// When each label of a known text is said: of all paths that collapse to the text, the most probable.
///
/// The Viterbi form of the forward recursion (Graves et al. 2006), with the greatest path in place of the sum
/// over paths. Over l', the labels with a blank at both ends and between neighbours,
///
///     delta_t(s) = ln y_t(l'_s) + max(delta_{t-1}(s), delta_{t-1}(s-1),
///                                     delta_{t-1}(s-2) if l'_s is a label other than l'_{s-2})
///     score      = max(delta_T(|l'|), delta_T(|l'| - 1))
///
/// in Double. It is exact: no state is pruned but those from which the end cannot be reached, or that cannot
/// be reached from the start. Of equally probable paths it takes the one that is furthest in the text at the
/// last frame in which they differ: the ending on a blank rather than on the last label, and staying in a
/// state rather than having come from the one before.
public struct ForcedAlignment: Sendable, Equatable {
  /// U ids.
  public let labels: [Int]
  public let blank: Int
  /// Where the path is in each frame, (T): an index of ``labels``; nil where it says the blank.
  public let positions: [Int?]
  /// Natural log of the path's probability: the sum of its log-posteriors.
  public let score: Double

  /// - Parameters:
  ///   - labels: U ids below the vocabulary's size, none the blank; may be empty.
  ///   - blank: the blank's id.
  /// - Returns: nil where no path has the text: with fewer frames than U plus the repeats among neighbours,
  ///   or where every path meets a probability of 0. Without meaning if the emissions are not `isValid`.
  /// - Complexity: O(T U) time; two bits for each frame and state of space.
  public init?(_ emissions: Emissions, labels: [Int], blank: Int) {
    let tokens = 0..<emissions.vocabularySize
    precondition(tokens.contains(blank), "blank \(blank) of \(emissions.vocabularySize) tokens")
    precondition(
      labels.allSatisfy { $0 != blank && tokens.contains($0) },
      "labels must be ids below \(emissions.vocabularySize) other than the blank, \(blank)")
    var search = ViterbiSearch(labels: labels, frames: emissions.frames)
    guard let end = search.run(emissions, blank: blank) else { return nil }
    self.labels = labels
    self.blank = blank
    positions = search.trace(from: end.state)
    score = end.score
  }

  /// The token of each frame, (T): a label's or the blank's.
  public var path: [Int] { positions.map { $0.map { labels[$0] } ?? blank } }

  /// The frames of each label, (U), in order of time: from its first to its last, never empty.
  public var frames: [Range<Int>] {
    var frames: [Range<Int>] = []
    for (frame, position) in positions.enumerated() {
      guard let position else { continue }
      if position == frames.count {
        frames.append(frame..<frame + 1)
      } else {
        frames[position] = frames[position].lowerBound..<frame + 1
      }
    }
    return frames
  }
}

/// The states 0...2U of l': the even ones are blanks, state 2u + 1 is label u.
private struct ViterbiSearch {
  private let labels: [Int]
  private let frames: Int
  private let states: Int
  /// How many states back the best path to (frame, state) was in the frame before, two bits each, four to a
  /// byte.
  private var steps: [UInt8]
  private let bytesPerFrame: Int

  init(labels: [Int], frames: Int) {
    self.labels = labels
    self.frames = frames
    states = 2 * labels.count + 1
    bytesPerFrame = (states + 3) / 4
    steps = [UInt8](repeating: 0, count: frames * bytesPerFrame)
  }

  /// Fills in the steps.
  /// - Returns: the state of the last frame that the best path ends in; nil if there is none.
  mutating func run(_ emissions: Emissions, blank: Int) -> (state: Int, score: Double)? {
    // Before the first frame the path stands, at no cost, before the blank and the first label alike.
    guard frames > 0 else { return labels.isEmpty ? (0, 0) : nil }
    // Whether label u may follow label u - 1 without a blank between them.
    let follows = labels.indices.map { $0 > 0 && labels[$0] != labels[$0 - 1] }
    var scores = [Double](repeating: -.infinity, count: states)
    let width = emissions.vocabularySize
    emissions.logPosteriors.withUnsafeBufferPointer { values in
      for frame in 0..<frames {
        let row = UnsafeBufferPointer(rebasing: values[frame * width..<(frame + 1) * width])
        // From where two states a frame lead to one of the last two, and no further than two states a frame
        // from the first two.
        let first = max(0, states - 2 * (frames - frame))
        let last = min(states - 1, 2 * frame + 1)
        guard first <= last else { continue }
        // Downwards, so that states below are still those of the frame before.
        for state in (first...last).reversed() {
          var best = scores[state]
          var step = 0
          if state > 0, scores[state - 1] > best { (best, step) = (scores[state - 1], 1) }
          if state % 2 == 1, follows[state / 2], scores[state - 2] > best {
            (best, step) = (scores[state - 2], 2)
          }
          // The path begins in one of the first two states.
          if frame == 0 { best = 0 }
          scores[state] = best + Double(row[state % 2 == 1 ? labels[state / 2] : blank])
          steps[frame * bytesPerFrame + state / 4] |= UInt8(step) << UInt8(2 * (state % 4))
        }
      }
    }
    let end = states > 1 && scores[states - 2] > scores[states - 1] ? states - 2 : states - 1
    return scores[end] == -.infinity ? nil : (end, scores[end])
  }

  /// The label of each frame on the best path to `end`; nil for a blank.
  func trace(from end: Int) -> [Int?] {
    var positions = [Int?](repeating: nil, count: frames)
    var state = end
    for frame in (0..<frames).reversed() {
      if state % 2 == 1 { positions[frame] = state / 2 }
      state -= Int(steps[frame * bytesPerFrame + state / 4] >> UInt8(2 * (state % 4))) & 3
    }
    return positions
  }
}
