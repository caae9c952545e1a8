import BeamSearch
import CTC
import Checkpoints
import JSON
import Vocabulary

/// Times a decoder over emissions that are already in memory, one utterance after another on one thread.
public struct DecoderBenchmark {
  private let emissions: [Emissions]
  private let vocabulary: CTCVocabulary?
  private let blank: Int

  /// - Parameters:
  ///   - paths: `.npy` files, (T, V).
  ///   - vocabulary: a `vocab.json` that says which token is the blank; nil for id 0.
  ///   - blankToken: the blank's entry in it; nil for `<pad>`.
  /// - Throws: an error that names the file that cannot be read or decoded.
  public init(emissions paths: [String], vocabulary: String? = nil, blankToken: String? = nil) throws {
    self.vocabulary = try vocabulary.map { try CTCVocabulary(file: $0, blankToken: blankToken) }
    let blank = self.vocabulary?.blank ?? 0
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

  /// Times a beam search, the texts of its hypotheses and their scores included, `runs` times after one that
  /// is not counted. Scores are the search's own.
  /// - Throws: one line, without a vocabulary or for a file that the decoder names and that cannot be used.
  public func measure(_ choice: DecoderChoice, runs: Int) throws -> DecoderTiming {
    guard let beam = choice.beam else { return measureGreedy(runs: runs) }
    guard let vocabulary, let classes = emissions.map(\.vocabularySize).max() else {
      throw BenchmarkError("--decoder \(choice): a beam needs to know the tokens; give --vocab")
    }
    let files = try BeamFiles(beam, vocabulary: vocabulary, classes: classes)
    var decoder = BeamDecoder(files.graph(beam))
    var scores = 0.0
    let search = medians(runs) { scores += decoder.decode($0).first?.score ?? 0 }
    precondition(!scores.isNaN, "no scores")
    return DecoderTiming(decoder: choice.description, search: search, score: nil)
  }

  /// Times greedy decoding, `runs` times after one that is not counted.
  private func measureGreedy(runs: Int) -> DecoderTiming {
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
  /// Seconds of each utterance for the acoustic score of a hypothesis that is found; nil if the search has
  /// it.
  let score: [Double]?

  /// One line; times are of the median utterance.
  public var json: String {
    var document: JSONObject = [
      "bench": "decode", "decoder": .string(decoder), "utterances": .integer(Int64(search.count)),
      "seconds_median": .number(median(search)),
    ]
    if let score { document["score_seconds_median"] = .number(median(score)) }
    return JSONValue.object(document).text(.spaced)
  }

  public var text: String {
    func milliseconds(_ seconds: Double) -> String { decimals(seconds * 1000, 4) + " ms" }
    var line =
      "\(decoder), \(search.count) \(search.count == 1 ? "utterance" : "utterances"): "
      + "\(milliseconds(median(search))) for the median utterance, \(milliseconds(search.reduce(0, +))) for all"
    if let score {
      line += "; their acoustic scores \(milliseconds(median(score))) and \(milliseconds(score.reduce(0, +)))"
    }
    return line
  }
}
