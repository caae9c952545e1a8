/// How a beam search searches, and what it weighs.
///
/// All scores are natural logarithms.
public struct BeamSearchOptions: Sendable, Equatable {
  /// Prefixes kept behind each frame.
  public var width = 50
  /// A frame's tokens whose log-posterior is further than this below the frame's best are taken as
  /// impossible; infinite for none.
  public var tokenThreshold: Float = .infinity
  /// The most tokens of a frame that are looked at, the blank not counted; nil for all.
  public var tokensPerFrame: Int?
  /// Prefixes further than this below the best are dropped; infinite for none.
  public var beamThreshold: Double = .infinity
  /// Hypotheses reported, at most.
  public var nbest = 1
  /// What the language model's natural log-probability is multiplied by; not negative.
  public var languageModelWeight = 0.5
  /// Added for each word.
  public var wordInsertionScore = 0.0
  /// Added for each word that the language model does not know, beside what its `<unk>` costs.
  public var unknownWordScore = 0.0
  /// Added for each token of such a word; not positive. A word costs its `<unk>` once, however long it is, so
  /// without this several words said as a single unknown one may cost less than the words.
  public var unknownTokenScore = 0.0
  /// Whether the language model also judges that the sentence ends where the utterance does.
  public var scoresSentenceEnd = true

  public init() {}
}
