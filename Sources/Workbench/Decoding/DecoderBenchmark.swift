import CTC
import Checkpoints
import JSON
import Vocabulary

/// Times a decoder over emissions that are already in memory, one utterance after another on one thread.
public struct DecoderBenchmark {
  private let emissions: [Emissions]
  private let blank: Int

  /// - Parameters:
  ///   - paths: `.npy` files, (T, V).
  ///   - vocabulary: a `vocab.json` that says which token is the blank; nil for id 0.
  ///   - blankToken: the blank's entry in it; nil for `<pad>`.
  /// - Throws: an error that names the file that cannot be read or decoded.
  public init(emissions paths: [String], vocabulary: String? = nil, blankToken: String? = nil) throws {
    let blank = try vocabulary.map { try CTCVocabulary(file: $0, blankToken: blankToken).blank } ?? 0
    self.blank = blank
    emissions = try paths.map { path in
      let file = try NumPyFile(path: path)
      let shape = try file.matrixShape(path: path)
      guard shape.columns > blank else {
        throw BenchmarkError(
          "\(path): expected more than \(blank) tokens (the blank's id), found \(shape.columns)")
      }
      let emissions = Emissions(frames: shape.rows, vocabularySize: shape.columns, logPosteriors: file.floats)
      if let frame = emissions.firstInvalidFrame {
        throw BenchmarkError("\(path): frame \(frame) holds NaN or +inf; these are no emissions")
      }
      return emissions
    }
  }

  /// Times greedy decoding, `runs` times after one that is not counted.
  public func measureGreedy(runs: Int) -> DecoderTiming {
    let decoder = GreedyDecoder(blank: blank)
    var tokens = 0
    let search = medians(runs) { tokens += decoder.align($0).tokens.count }
    let labels = emissions.map { decoder.align($0).tokens.map(\.label) }
    var scores = 0.0
    var utterance = 0
    let score = medians(runs) {
      scores += $0.logProbability(of: labels[utterance % labels.count], blank: blank)
      utterance += 1
    }
    // Used, so that nothing is optimised away.
    precondition(tokens >= 0 && !scores.isNaN, "no tokens and no scores")
    return DecoderTiming(decoder: "greedy", search: search, score: score)
  }

  /// Each utterance's median over runs, in seconds.
  private func medians(_ runs: Int, _ body: (Emissions) -> Void) -> [Double] {
    var seconds = [[Double]](repeating: [], count: emissions.count)
    for run in 0...runs {
      for (index, emissions) in emissions.enumerated() {
        let elapsed = secondsTaken { body(emissions) }
        if run > 0 { seconds[index].append(elapsed) }
      }
    }
    return seconds.map(median)
  }
}

/// How long a decoder takes for each of some utterances.
public struct DecoderTiming {
  let decoder: String
  /// Seconds of each utterance to find its hypothesis.
  let search: [Double]
  /// Seconds of each utterance for the acoustic score of a hypothesis that is found.
  let score: [Double]

  /// One line; times are of the median utterance.
  public var json: String {
    let document: JSONValue = [
      "bench": "decode", "decoder": .string(decoder), "utterances": .integer(Int64(search.count)),
      "seconds_median": .number(median(search)), "score_seconds_median": .number(median(score)),
    ]
    return document.text(.spaced)
  }

  public var text: String {
    func milliseconds(_ seconds: Double) -> String { decimals(seconds * 1000, 4) + " ms" }
    return
      "\(decoder), \(search.count) \(search.count == 1 ? "utterance" : "utterances"): "
      + "\(milliseconds(median(search))) for the median utterance, \(milliseconds(search.reduce(0, +))) for all; "
      + "their acoustic scores \(milliseconds(median(score))) and \(milliseconds(score.reduce(0, +)))"
  }
}
