/// Word and character errors summed over utterances.
public struct ErrorRates: Sendable, Hashable {
  public private(set) var words = EditCounts()
  public private(set) var characters = EditCounts()

  public init() {}

  /// Adds an utterance.
  public mutating func add(reference: String, hypothesis: String) {
    words += EditCounts(wordsOf: reference, hypothesis: hypothesis)
    characters += EditCounts(charactersOf: reference, hypothesis: hypothesis)
  }

  /// WER: word errors over words of the references, not a mean over utterances; nil without any.
  public var wordErrorRate: Double? { words.rate }

  /// CER, of characters likewise.
  public var characterErrorRate: Double? { characters.rate }
}
