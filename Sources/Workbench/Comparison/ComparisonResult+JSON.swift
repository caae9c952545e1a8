import Evaluation
public import JSON

extension ComparisonResult {
  /// The figures, as they are printed and kept in a store.
  /// - Parameter withUtterances: whether those of each utterance stand behind them.
  public func document(withUtterances: Bool) -> JSONValue {
    var document: JSONObject = [
      "title": .string(title), "utterances": .integer(Int64(input.utterances.count)),
      "audio_seconds": audioSeconds.map { .number(rounded($0, 3)) } ?? .null,
      "rules": ["name": .string(scoring.rules.name), "document": scoring.rules.document],
      "costs": .string(scoring.costs.rawValue),
      "cjk": .string(scoring.unit == .mixed ? "characters" : "words"),
      "bootstrap": [
        "samples": .integer(Int64(bootstrap.samples)), "seed": .integer(Int64(bootstrap.seed)),
        "confidence": .number(bootstrap.confidence),
      ],
      "systems": .array(input.systems.indices.map { .object(system($0)) }),
      "pairs": .array(comparison.pairs.map { .object(pair($0)) }),
    ]
    document["combination"] =
      comparison.combination.map {
        [
          "words": $0.words.document, "interval": interval($0.interval),
          "oracle_errors": .integer(Int64($0.oracleErrors)), "uses_confidences": .bool($0.usesConfidences),
        ]
      } ?? .null
    if withUtterances {
      document["scores"] = .array(
        input.utterances.indices.map { place in
          [
            "id": .string(input.utterances[place].id),
            "reference": .integer(Int64(comparison.scores[0][place].words.reference)),
            "errors": .array(comparison.scores.map { .integer(Int64($0[place].words.errors)) }),
            "texts": .array(input.systems.map { .string($0.readings[place].text) }),
          ]
        })
    }
    return .object(document)
  }

  private func system(_ number: Int) -> JSONObject {
    let (standing, facts) = (comparison.standings[number], input.facts[number])
    var document: JSONObject = [
      "name": .string(input.systems[number].name), "detail": .string(facts.detail),
    ]
    for member in standing.totals.document.members { document[member.key] = member.value }
    document["interval"] = interval(standing.interval)
    document["oracle"] = standing.oracle?.rate.map { .number($0) } ?? .null
    document["seconds"] = facts.seconds.map { .number(rounded($0, 3)) } ?? .null
    document["rtf"] = facts.realTimeFactor.map { .number(rounded($0, 5)) } ?? .null
    document["peak_bytes"] = facts.peakBytes.map { .integer(Int64($0)) } ?? .null
    return document
  }

  private func pair(_ pair: PairComparison) -> JSONObject {
    [
      "a": .string(input.systems[pair.a].name), "b": .string(input.systems[pair.b].name),
      "difference": pair.difference.map { .number($0) } ?? .null, "interval": interval(pair.interval),
      "mapsswe_p": .number(pair.matchedPairsP), "bootstrap_p": .number(pair.bootstrapP),
      "mapsswe_p_corrected": .number(pair.correctedMatchedPairsP),
      "bootstrap_p_corrected": .number(pair.correctedBootstrapP),
      "wins": .integer(Int64(pair.wins)), "ties": .integer(Int64(pair.ties)),
      "losses": .integer(Int64(pair.losses)),
    ]
  }

  private func interval(_ range: ClosedRange<Double>?) -> JSONValue {
    range.map { .array([.number($0.lowerBound), .number($0.upperBound)]) } ?? .null
  }

  private func rounded(_ value: Double, _ decimals: Int) -> Double {
    let scale = (0..<decimals).reduce(1.0) { power, _ in power * 10 }
    return (value * scale).rounded() / scale
  }
}
