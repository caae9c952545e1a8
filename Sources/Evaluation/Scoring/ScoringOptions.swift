/// How a text's white space and scripts make words.
public enum WordUnit: String, Sendable, Hashable, CaseIterable {
  /// A word is what stands between white space, but each character of a script that is written without spaces
  /// between words (Chinese and Japanese) is a word by itself. Korean writes spaces.
  case mixed
  /// A word is what stands between white space, whatever the script.
  case spaced
}

/// How references are written.
public enum ReferenceNotation: String, Sendable, Hashable, CaseIterable {
  /// As they are read.
  case plain
  /// As sclite's transcripts: `{ a / b c / @ }` is one of these, `(word)` may be left out.
  case sclite
}

/// How utterances are scored.
public struct ScoringOptions: Sendable {
  public var rules = ScoringRules.none
  public var costs = EditCosts.unit
  public var unit = WordUnit.mixed
  /// Whether the alignment of the words of each utterance is kept.
  public var keepsAlignments = false

  public init() {}
}

/// Whether a scalar belongs to a script that is written without spaces between words: Han, Hiragana, Katakana,
/// Bopomofo, and marks of theirs that stand for a character.
@inline(__always)
func isWrittenWithoutSpaces(_ scalar: UInt32) -> Bool {
  if scalar < 0x2E80 { return false }
  switch scalar {
  case 0x2E80...0x2FDF, 0x3005...0x3007, 0x3021...0x3029, 0x3031...0x3035, 0x3038...0x303B, 0x3041...0x312F,
    0x31A0...0x31BF, 0x31F0...0x31FF, 0x3400...0x4DBF, 0x4E00...0x9FFF, 0xF900...0xFAFF, 0xFF66...0xFF9F,
    0x1AFF0...0x1B16F, 0x20000...0x323AF:
    return true
  default: return false
  }
}
