/// What an alignment may leave open, and where its words end.
public struct AlignmentOptions: Sendable, Equatable {
  /// Where a word ends.
  public enum WordEnds: String, Sendable, CaseIterable {
    /// With the last frame of its last token, as decoding's words do.
    case spike
    /// Where its sound ends; see `WordSounds`.
    case sound
  }

  /// Where sound that the text does not have may be.
  public enum Untranscribed: String, Sendable, CaseIterable {
    /// Only where the text has a `*`.
    case marked
    /// Before the first word and behind the last, too.
    case ends
    /// Between any two words, too.
    case words
  }

  public var wordEnds = WordEnds.sound
  /// How far a word may reach beyond its tokens on either side.
  public var longestExtensionSeconds = 0.3
  public var untranscribed = Untranscribed.marked
  /// Whether wildcards take the place of what the vocabulary cannot write; otherwise such a text is refused.
  public var usesWildcards = true

  public init() {}
}
