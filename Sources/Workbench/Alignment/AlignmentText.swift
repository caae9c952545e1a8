import CTC
import Vocabulary

/// A text as it is aligned: its words in a vocabulary's labels, wildcards for what that has not, and where
/// something may be said that the text has not.
///
/// Words are split at white space; a line of the text is a segment. A `*` by itself is a place where anything
/// may be said (unless it is a token of the vocabulary). Punctuation is not said, and a word of nothing else
/// is passed over.
struct AlignmentText {
  struct Word: Equatable {
    /// As the text has it.
    let text: String
    /// Those of the target that it is written in.
    let labels: Range<Int>
    /// Whether nothing of it could be written.
    let isWildcard: Bool
  }

  let target: AlignmentTarget
  let words: [Word]
  /// For each of the target's labels what of the text it stands for; empty for what is between words.
  let characters: [String]
  /// The words of each line that has any.
  let segments: [Range<Int>]
  /// Words that hold something that the vocabulary has not, in the order of the text.
  let unknown: [String]

  init(_ text: String, vocabulary: CTCVocabulary, untranscribed: AlignmentOptions.Untranscribed) {
    let space = vocabulary.delimiter ?? vocabulary.id(of: " ")
    let marksGaps = vocabulary.id(of: "*") == nil
    var labels: [Int?] = []
    var characters: [String] = []
    var gaps: Set<Int> = []
    var words: [Word] = []
    var segments: [Range<Int>] = []
    var unknown: [String] = []
    var isGap = untranscribed != .marked
    for line in text.split(whereSeparator: \.isNewline) {
      let firstWord = words.count
      for word in line.unicodeScalars.split(whereSeparator: isSpace).map({ String($0) }) {
        if word == "*", marksGaps {
          isGap = true
          continue
        }
        let parts = vocabulary.spelling(of: word).filter { $0.sound != .silent }
        if parts.isEmpty { continue }
        if let space, !labels.isEmpty {
          labels.append(space)
          characters.append("")
        }
        if isGap { gaps.insert(labels.count) }
        isGap = untranscribed == .words
        let first = labels.count
        for part in parts {
          if case .label(let label) = part.sound { labels.append(label) } else { labels.append(nil) }
          characters.append(part.text)
        }
        let own = first..<labels.count
        words.append(Word(text: word, labels: own, isWildcard: labels[own].allSatisfy { $0 == nil }))
        if labels[own].contains(nil) { unknown.append(word) }
      }
      if words.count > firstWord { segments.append(firstWord..<words.count) }
    }
    if isGap || untranscribed == .ends { gaps.insert(labels.count) }
    target = AlignmentTarget(labels: labels, gaps: gaps)
    self.words = words
    self.characters = characters
    self.segments = segments
    self.unknown = unknown
  }
}
