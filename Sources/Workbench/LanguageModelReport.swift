import JSON
public import LanguageModel

extension TextScore {
  /// What `lm score` prints.
  public var report: String {
    let share = words == 0 ? 0 : 100 * Double(unknown) / Double(words)
    return """
      sentences          \(grouped(sentences))
      words              \(grouped(words))
      unknown            \(grouped(unknown)) (\(decimals(share, 2)) % of words)
      log10 probability  \(decimals(log10Probability, 4)) (\(decimals(unknownLog10Probability, 4)) of unknown words)
      perplexity         \(shown(perplexity)) (\(shown(knownPerplexity)) without unknown words)
      """
  }

  private func shown(_ perplexity: Double?) -> String { perplexity.map { decimals($0, 3) } ?? "-" }

  /// One line of JSON: of the line of that number, or of all of a text.
  public func jsonLine(number: Int? = nil) -> String {
    var object = JSONObject()
    if let number {
      object["line"] = .integer(Int64(number))
    } else {
      object["sentences"] = .integer(Int64(sentences))
    }
    object["words"] = .integer(Int64(words))
    object["unknown"] = .integer(Int64(unknown))
    object["log10_probability"] = .number(log10Probability)
    object["log10_probability_unknown"] = .number(unknownLog10Probability)
    object["perplexity"] = perplexity.map { .number($0) } ?? .null
    object["perplexity_known"] = knownPerplexity.map { .number($0) } ?? .null
    return JSONValue.object(object).text(.spaced)
  }
}

extension NgramModel {
  /// One line: order, n-grams, quantisation, size.
  public var summary: String {
    "order \(order), \(ngramCounts.map(grouped).joined(separator: " + ")) n-grams, "
      + "\(grouped(states)) states, " + (quantizationBits.map { "\($0) bits, " } ?? "")
      + "\(megabytes(byteCount)) in the binary form"
  }
}
