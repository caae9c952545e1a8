/// Something about a row of a corpus that training cannot use, or would learn wrongly.
public struct CorpusFinding: Sendable, Hashable {
  public enum Kind: String, Sendable, Hashable, CaseIterable {
    /// The manifest's line cannot be read.
    case malformedRow = "malformed-row"
    /// An id that another row has.
    case repeatedID = "repeated-id"
    /// No audio there, or none that can be decoded.
    case unreadableAudio = "unreadable-audio"
    case missingText = "missing-text"
    /// Nothing is left of the text, by the text rules where there are any.
    case emptyText = "empty-text"
    /// Characters that the vocabulary has not.
    case unknownCharacters = "unknown-characters"
    /// The text needs more frames than the audio gives: no path spells it, and the loss is infinite.
    case tooFewFrames = "too-few-frames"
    case tooShort = "too-short"
    case tooLong = "too-long"
    case silent
    /// The same audio and text as a row before.
    case duplicate
    /// The same audio as a row before, with another text.
    case conflictingText = "conflicting-text"
    /// Audio that is in dev too.
    case sharedWithDev = "shared-with-dev"
    /// The audio is not as long as the manifest says.
    case durationMismatch = "duration-mismatch"
    /// Far more or far fewer characters a second than the other rows have.
    case speakingRate = "speaking-rate"
  }

  public enum Severity: String, Sendable, Hashable {
    /// Training leaves the row out, or stops.
    case reject
    /// Training uses the row; a person should look at it.
    case warn
  }

  public enum Split: String, Sendable, Hashable {
    case train
    case dev
  }

  public let split: Split
  /// The index of the row within its split.
  public let row: Int
  public let kind: Kind
  public let severity: Severity
  /// What was found and what to do, in one line, without the row's place.
  public let message: String
}
