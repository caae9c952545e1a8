/// How a part of a word is written in a vocabulary.
public struct Spelling: Sendable, Hashable {
  public enum Sound: Sendable, Hashable {
    /// The vocabulary has it: a label's id.
    case label(Int)
    /// It is said, but the vocabulary cannot say how: letters and digits of other scripts, symbols.
    case unknown
    /// It is not said: punctuation.
    case silent
  }

  /// As the text has it.
  public let text: String
  public let sound: Sound
}

extension CTCVocabulary {
  /// How a word of a text that is not made for this vocabulary is written in it: the longest token that fits
  /// from left to right; where none does, the same with the letter in the other case or with one of the
  /// apostrophes for another; and what is left is unknown, or silent if it is punctuation.
  ///
  /// The word is taken as it is written, or in Unicode's normalization form C where that leaves less unknown.
  /// Neighbours that are unknown become one, and what is silent between them is theirs: "1,000" is one.
  /// - Parameter word: without white space.
  public func spelling(of word: String) -> [Spelling] {
    func unknown(_ parts: [Spelling]) -> Int { parts.count { $0.sound == .unknown } }
    let written = parts(of: word)
    guard unknown(written) > 0 else { return written }
    let composed = parts(of: word.inNormalizationFormC)
    return merged(unknown(composed) < unknown(written) ? composed : written)
  }

  private func parts(of word: String) -> [Spelling] {
    let written = Array(word.unicodeScalars)
    let scalars = settings.lowercasesOutput ? Array(word.uppercased().unicodeScalars) : written
    var parts: [Spelling] = []
    var place = 0
    while place < scalars.count {
      let scalar = scalars[place]
      if let match = encoder.match(scalars, at: place) {
        var text = String.UnicodeScalarView()
        text.append(contentsOf: scalars[place..<place + match.count])
        parts.append(Spelling(text: String(text), sound: .label(match.id)))
        place += match.count
        continue
      }
      place += 1
      if let labels = substitutes(for: scalar) {
        // All of the letter's text is with the first of its labels.
        for (index, label) in labels.enumerated() {
          parts.append(Spelling(text: index == 0 ? String(scalar) : "", sound: .label(label)))
        }
      } else {
        parts.append(Spelling(text: String(scalar), sound: isSilent(scalar) ? .silent : .unknown))
      }
    }
    return parts
  }

  /// The labels of what stands for a scalar that the vocabulary has not.
  private func substitutes(for scalar: Unicode.Scalar) -> [Int]? {
    var candidates = [scalar.properties.uppercaseMapping, scalar.properties.lowercaseMapping]
    if apostrophes.contains(scalar) { candidates += apostrophes.map { String($0) } }
    for candidate in candidates {
      let scalars = Array(candidate.unicodeScalars)
      var labels: [Int] = []
      var place = 0
      while place < scalars.count, let match = encoder.match(scalars, at: place) {
        labels.append(match.id)
        place += match.count
      }
      if place == scalars.count { return labels }
    }
    return nil
  }

  private func merged(_ parts: [Spelling]) -> [Spelling] {
    var merged: [Spelling] = []
    for part in parts {
      if part.sound == .unknown {
        // Back over what is silent to an unknown before it.
        let silent = merged.reversed().prefix { $0.sound == .silent }.count
        if let before = merged.dropLast(silent).last, before.sound == .unknown {
          let text = merged.suffix(silent + 1).map(\.text).joined() + part.text
          merged.removeLast(silent + 1)
          merged.append(Spelling(text: text, sound: .unknown))
          continue
        }
      }
      merged.append(part)
    }
    return merged
  }
}

private let apostrophes: [Unicode.Scalar] = ["'", "\u{2019}", "\u{02BC}", "\u{FF07}", "\u{2018}"]

/// Whether nobody says a character: punctuation, marks, what is not seen.
private func isSilent(_ scalar: Unicode.Scalar) -> Bool {
  switch scalar.properties.generalCategory {
  case .connectorPunctuation, .dashPunctuation, .openPunctuation, .closePunctuation, .initialPunctuation,
    .finalPunctuation, .otherPunctuation:
    // The punctuation that is said: per cent, and, at, a number's sign, a star.
    !["%", "&", "@", "#", "\u{2030}"].contains(scalar)
  case .nonspacingMark, .spacingMark, .enclosingMark, .control, .format, .surrogate, .privateUse,
    .unassigned, .lineSeparator, .paragraphSeparator, .spaceSeparator:
    true
  default: false
  }
}
