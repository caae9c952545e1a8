/// Best-path decoding: the most probable token of each frame, collapsed.
///
/// Equal neighbours are merged first and blanks dropped afterwards, so that a blank keeps the two Ls of HELLO
/// apart. The path is the Viterbi path of the text it collapses to (no path is more probable), so the runs on
/// it are the text's alignment. The text itself need not be the most probable one: many paths may share
/// another text.
///
/// Confidences are geometric means of posteriors on that path: of a token over its run, of a word over all
/// frames of its tokens' runs, of the utterance over all frames that are not blank, or, of an empty text, of
/// the blank over all frames; 0 where there are no frames.
public struct GreedyDecoder: Sendable {
  /// The blank's id.
  public let blank: Int

  public init(blank: Int) {
    precondition(blank >= 0, "the blank's id is \(blank)")
    self.blank = blank
  }

  /// The hypothesis of the best path, its acoustic score summed over all paths of the text.
  ///
  /// Emissions that are not ``Emissions/isValid`` are safe to decode, but scores and confidences then mean
  /// nothing and may be NaN: refuse them first.
  /// - Complexity: O(T V + T U); the second, for the acoustic score, is most of the time.
  public func decode(_ emissions: Emissions) -> Hypothesis {
    let (tokens, confidence) = align(emissions)
    let score = emissions.logProbability(of: tokens.map(\.label), blank: blank)
    return Hypothesis(tokens: tokens, acousticScore: score, confidence: confidence)
  }

  /// The tokens of the best path and the utterance's confidence, without the acoustic score.
  /// - Complexity: O(T V).
  public func align(_ emissions: Emissions) -> (tokens: [AlignedToken], confidence: Double) {
    precondition(blank < emissions.vocabularySize, "blank \(blank) of \(emissions.vocabularySize) tokens")
    let path = emissions.bestPath
    var tokens: [AlignedToken] = []
    var spoken = LogPosteriorSum()
    var silent = LogPosteriorSum()
    var start = 0
    while start < path.count {
      let label = path[start]
      var run = LogPosteriorSum()
      var end = start
      repeat {
        run.add(Double(emissions[end, label]))
        end += 1
      } while end < path.count && path[end] == label
      if label == blank {
        silent.add(run)
      } else {
        spoken.add(run)
        tokens.append(AlignedToken(label: label, frames: start..<end, confidence: run.confidence))
      }
      start = end
    }
    return (tokens, (tokens.isEmpty ? silent : spoken).confidence)
  }
}
