public struct AlignedToken: Sendable, Equatable {
  public var label: Int
  public var frames: Range<Int>
  public var confidence: Double
}

public struct Hypothesis: Sendable, Equatable {
  public var tokens: [AlignedToken]
  public var acousticScore: Double
  public var confidence: Double
  public var labels: [Int] { tokens.map(\.label) }
}

public func wordConfidence(of tokens: some Collection<AlignedToken>) -> Double {
  tokens.map(\.confidence).min() ?? 1
}

public struct GreedyDecoder: Sendable {
  let blank: Int
  public init(blank: Int) { self.blank = blank }

  public func decode(_ emissions: Emissions) -> Hypothesis {
    var tokens: [AlignedToken] = []
    var previous = blank
    var score = 0.0
    for frame in 0..<emissions.frames {
      var best = 0
      for token in 1..<emissions.vocabularySize where emissions[frame, token] > emissions[frame, best] { best = token }
      let value = Double(emissions[frame, best])
      score += value
      if best != blank {
        if best == previous {
          tokens[tokens.count - 1].frames = tokens[tokens.count - 1].frames.lowerBound..<frame + 1
        } else {
          tokens.append(AlignedToken(label: best, frames: frame..<frame + 1, confidence: value))
        }
      }
      previous = best
    }
    return Hypothesis(tokens: tokens, acousticScore: score, confidence: score)
  }
}
