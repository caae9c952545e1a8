public import BeamSearch

/// What `beam:key=value,...` asks for.
public struct BeamChoice: Sendable, Equatable {
  public var options = BeamSearchOptions()
  /// The language model's file: ARPA, gzip'd ARPA or Warbler's binary form.
  public var languageModel: String?
  /// What the language model counts as a word; nil for what the vocabulary suggests.
  public var unit: DecodingGraph.Unit?
  public var lexicon: String?
  public var hotwords: String?
  /// A second language model's file, which reorders what the search finds, and its weight.
  public var rescoringModel: String?
  public var rescoringWeight = 0.5
  /// Whether the answer is the text of least expected word errors instead of the best score.
  public var minimisesRisk = false
  /// What scores are multiplied by before they are taken for logarithms of posteriors.
  public var posteriorScale = 1.0
  public var confidence = ConfidenceMeasure.frames
  /// Whether words and phrases match the vocabulary in another case, too.
  public var foldsCase = false

  /// - Throws: a line that says which key or value is wrong in `text`.
  init(_ items: [DecoderChoice.Option], of text: String) throws(UsageError) {
    for item in items {
      guard let setter = Self.setters[item.key] else {
        throw UsageError(
          "--decoder \(text): unknown key \(item.key); one of \(Self.setters.keys.sorted().joined(separator: ", "))"
        )
      }
      if let expected = setter(&self, item.value) {
        throw UsageError("--decoder \(text): \(item.key) is \(item.value); expected \(expected)")
      }
    }
    if rescoringModel == nil, items.contains(where: { $0.key == "rescore-weight" }) {
      throw UsageError("--decoder \(text): rescore-weight without rescore-lm=FILE")
    }
    let needsModel = items.first {
      ["lm-weight", "unk-score", "unk-token-score", "unit", "sentence-end"].contains($0.key)
    }
    if languageModel == nil, let needsModel {
      throw UsageError("--decoder \(text): \(needsModel.key) without a language model; name one with lm=FILE")
    }
  }

  /// Sets a key's value.
  /// - Returns: what was expected, where the value is none of that.
  private typealias Setter = @Sendable (inout BeamChoice, String) -> String?

  private static let setters: [String: Setter] = [
    "width": whole(\.options.width, from: 1, to: 100_000),
    "nbest": whole(\.options.nbest, from: 1, to: 100_000),
    "tokens": { choice, value in
      guard let count = Int(value), count > 0 else { return "a whole number above 0" }
      choice.options.tokensPerFrame = count
      return nil
    },
    "token-threshold": { choice, value in
      guard let number = threshold(value) else { return thresholdForm }
      choice.options.tokenThreshold = Float(number)
      return nil
    },
    "beam-threshold": { choice, value in
      guard let number = threshold(value) else { return thresholdForm }
      choice.options.beamThreshold = number
      return nil
    },
    "lm": { choice, value in
      choice.languageModel = value
      return nil
    },
    "lm-weight": { choice, value in
      guard let number = Double(value), number.isFinite, number >= 0 else { return "a number, 0 or more" }
      choice.options.languageModelWeight = number
      return nil
    },
    "word-score": number(\.options.wordInsertionScore),
    "unk-score": number(\.options.unknownWordScore),
    "unk-token-score": { choice, value in
      guard let number = Double(value), number.isFinite, number <= 0 else { return "a number, 0 or less" }
      choice.options.unknownTokenScore = number
      return nil
    },
    "sentence-end": flag(\.options.scoresSentenceEnd),
    "unit": { choice, value in
      switch value {
      case "word": choice.unit = .word
      case "token": choice.unit = .token
      default: return "word or token"
      }
      return nil
    },
    "rescore-lm": { choice, value in
      choice.rescoringModel = value
      return nil
    },
    "rescore-weight": number(\.rescoringWeight),
    "mbr": flag(\.minimisesRisk),
    "posterior-scale": { choice, value in
      guard let number = Double(value), number.isFinite, number >= 0 else { return "a number, 0 or more" }
      choice.posteriorScale = number
      return nil
    },
    "confidence": { choice, value in
      guard let measure = ConfidenceMeasure(rawValue: value) else {
        return ConfidenceMeasure.allCases.map(\.rawValue).joined(separator: " or ")
      }
      choice.confidence = measure
      return nil
    },
    "lexicon": { choice, value in
      choice.lexicon = value
      return nil
    },
    "hotwords": { choice, value in
      choice.hotwords = value
      return nil
    },
    "case": { choice, value in
      guard ["fold", "exact"].contains(value) else { return "fold or exact" }
      choice.foldsCase = value == "fold"
      return nil
    },
  ]

  private static let thresholdForm = "a natural-log distance, 0 or more, or inf"

  private static func threshold(_ value: String) -> Double? {
    guard let number = value == "inf" ? Double.infinity : Double(value), number >= 0 else { return nil }
    return number
  }

  private static func whole(
    _ path: any WritableKeyPath<BeamChoice, Int> & Sendable, from low: Int, to high: Int
  ) -> Setter {
    { choice, value in
      guard let count = Int(value), (low...high).contains(count) else {
        return "a whole number from \(low) to \(high)"
      }
      choice[keyPath: path] = count
      return nil
    }
  }

  private static func number(_ path: any WritableKeyPath<BeamChoice, Double> & Sendable) -> Setter {
    { choice, value in
      guard let number = Double(value), number.isFinite else { return "a finite number" }
      choice[keyPath: path] = number
      return nil
    }
  }

  private static func flag(_ path: any WritableKeyPath<BeamChoice, Bool> & Sendable) -> Setter {
    { choice, value in
      guard let flag = ["yes": true, "no": false][value] else { return "yes or no" }
      choice[keyPath: path] = flag
      return nil
    }
  }
}
