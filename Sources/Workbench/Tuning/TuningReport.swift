import BeamSearch
import Evaluation
import JSON

/// How a search for weights is written out.
extension TuningPoint {
  /// Prefixes kept behind each frame.
  public var width: Int { decoder.beam?.options.width ?? 1 }

  /// The head of the table of points.
  public static func header(_ axes: [TuningAxis]) -> String {
    (axes.map(\.key) + ["wer", "cer", "word_errors", "character_errors", "ms", "decoder"])
      .joined(separator: "\t")
  }

  /// A line of that table: the weights, the rates (0...1), the errors, milliseconds an utterance, DECODER.
  public var row: String {
    var columns = values.map { "\($0)" }
    columns += [rates.wordErrorRate, rates.characterErrorRate].map { $0.map { decimals($0, 6) } ?? "" }
    columns += ["\(rates.words.errors)", "\(rates.characters.errors)"]
    columns += [decimals(1000 * secondsPerUtterance, 3), "\(decoder)"]
    return columns.joined(separator: "\t")
  }

  /// `WER 5.12 %  CER 1.80 %  2.41 ms an utterance`.
  public var summary: String {
    func percent(_ rate: Double?) -> String { rate.map { decimals(100 * $0, 2) + " %" } ?? "-" }
    return "WER \(percent(rates.wordErrorRate))  CER \(percent(rates.characterErrorRate))  "
      + "\(decimals(1000 * secondsPerUtterance, 2)) ms an utterance"
  }

  var json: JSONValue {
    var object = JSONObject()
    object["decoder"] = .string("\(decoder)")
    object["wer"] = rates.wordErrorRate.map { .number($0) } ?? .null
    object["cer"] = rates.characterErrorRate.map { .number($0) } ?? .null
    object["word_errors"] = .integer(Int64(rates.words.errors))
    object["character_errors"] = .integer(Int64(rates.characters.errors))
    object["seconds"] = .number(secondsPerUtterance)
    return .object(object)
  }

  /// One line of JSON: the best decoder, how the given one did, and other widths.
  public static func jsonLine(
    best: TuningPoint, given: TuningPoint, widths: [TuningPoint], evaluations: Int, utterances: Int
  ) -> String {
    let object: JSONObject = [
      "utterances": .integer(Int64(utterances)), "evaluations": .integer(Int64(evaluations)),
      "best": best.json, "given": given.json, "widths": .array(widths.map(\.json)),
    ]
    return JSONValue.object(object).text(.spaced)
  }
}
