import Evaluation
import JSON

/// Times scoring alone.
public struct ScoringBenchmark {
  private let scoring: ScoringRun

  public init(reference: String, hypothesis: String) throws {
    scoring = try ScoringRun(
      reference: reference, hypothesis: hypothesis, files: ScoringSet.Options(), options: ScoringOptions())
  }

  /// Times `runs` passes over the pairs after one that is not counted.
  public func measure(threads: Int, runs: Int) throws -> ScoringTiming {
    var totals = ScoreTotals()
    var seconds: [Double] = []
    for run in 0...runs {
      let start = monotonicSeconds()
      let report = try scoring.report(threads: threads, shouldStop: { false })
      if run > 0 { seconds.append(monotonicSeconds() - start) }
      totals = report?.totals ?? totals
    }
    return ScoringTiming(totals: totals, threads: threads, seconds: median(seconds))
  }
}

/// How long scoring takes.
public struct ScoringTiming {
  let totals: ScoreTotals
  let threads: Int
  /// Of one pass.
  let seconds: Double

  public var json: String {
    let document: JSONValue = [
      "bench": "score", "utterances": .integer(Int64(totals.sentences)), "threads": .integer(Int64(threads)),
      "seconds": .number(seconds), "word_errors": .integer(Int64(totals.words.errors)),
      "character_errors": .integer(Int64(totals.characters.errors)),
    ]
    return document.text(.spaced)
  }

  public var text: String {
    "\(grouped(totals.sentences)) utterances, \(grouped(totals.words.reference)) words: "
      + "\(decimals(seconds * 1000, 2)) ms on \(threads) thread\(threads == 1 ? "" : "s")"
  }
}
