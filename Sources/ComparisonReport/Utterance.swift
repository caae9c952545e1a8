/// A step of the alignment of a hypothesis with its reference.
public enum AlignedWord: Sendable, Equatable {
  case match(String)
  case substitution(reference: String, hypothesis: String)
  /// A word of the reference that the hypothesis lacks.
  case deletion(String)
  /// A word that it has too many.
  case insertion(String)

  public var reference: String? {
    switch self {
    case .match(let word), .substitution(let word, _), .deletion(let word): word
    case .insertion: nil
    }
  }

  public var hypothesis: String? {
    switch self {
    case .match(let word), .substitution(_, let word), .insertion(let word): word
    case .deletion: nil
    }
  }

  public var isError: Bool { if case .match = self { false } else { true } }
}

extension ComparisonPage {
  /// What was said in one utterance, and what each system made of it.
  public struct Utterance: Sendable, Equatable {
    public var id: String
    /// Words.
    public let reference: [String]
    /// A system each, in their order.
    public let readings: [Reading]
    public var durationSeconds: Double?
    /// Whoever speaks, or another name to filter by.
    public var speaker: String?
    /// Of the whole sound, root mean square: decibels below full scale, so negative.
    public var levelDecibels: Double?
    /// Words of the reference a second.
    public var wordsPerSecond: Double?

    /// - Precondition: every reading's alignment spells the reference.
    public init(id: String, reference: [String], readings: [Reading]) {
      for reading in readings {
        let spelt = reading.alignment.compactMap(\.reference)
        precondition(spelt == reference, "\(id): aligned with \(spelt), reference \(reference)")
      }
      self.id = id
      self.reference = reference
      self.readings = readings
    }

    /// The most errors of a system less the fewest.
    public var spread: Int {
      let errors = readings.map(\.errors)
      return (errors.max() ?? 0) - (errors.min() ?? 0)
    }
  }

  /// A system's hypothesis for one utterance.
  public struct Reading: Sendable, Equatable {
    public var alignment: [AlignedWord]
    /// In 0...1.
    public var confidence: Double?
    /// What the decoder maximised, natural log.
    public var score: Double?

    public init(_ alignment: [AlignedWord], confidence: Double? = nil, score: Double? = nil) {
      self.alignment = alignment
      self.confidence = confidence
      self.score = score
    }

    public var errors: Int { alignment.count(where: \.isError) }
  }
}
