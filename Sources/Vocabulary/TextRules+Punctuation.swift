extension TextRules {
  /// Punctuation that is read aloud, and so is never dropped in silence.
  static let spokenPunctuation: Set<Unicode.Scalar> = ["%", "‰", "&", "@", "#", "§"]

  /// One apostrophe for all its shapes, one hyphen, no format characters (soft hyphen, zero-width space, byte
  /// order mark).
  func unified(_ text: String) -> [Unicode.Scalar] {
    var result: [Unicode.Scalar] = []
    for scalar in text.unicodeScalars {
      switch scalar {
      case "\u{2019}", "\u{02BC}", "\u{00B4}", "\u{0060}", "\u{2032}", "\u{FF07}": result.append("'")
      case "\u{2010}", "\u{2011}": result.append("-")
      default:
        switch scalar.properties.generalCategory {
        case .format: break
        case .control: result.append(" ")
        default: result.append(isSpace(scalar) ? " " : scalar)
        }
      }
    }
    return result
  }

  /// Punctuation becomes a space, but for what is kept beside or between letters.
  func withoutPunctuation(_ scalars: [Unicode.Scalar]) -> [Unicode.Scalar] {
    let kept = Set(keptPunctuation.unicodeScalars)
    let inner = Set(punctuationKeptBetweenLetters.unicodeScalars)
    var result: [Unicode.Scalar] = []
    for (place, scalar) in scalars.enumerated() {
      guard isPunctuation(scalar), !Self.spokenPunctuation.contains(scalar) else {
        result.append(scalar)
        continue
      }
      let before = place > 0 && isLetter(scalars[place - 1])
      let after = place + 1 < scalars.count && isLetter(scalars[place + 1])
      let stays =
        kept.contains(scalar) && (before || after) || inner.contains(scalar) && before && after
      result.append(stays ? scalar : " ")
    }
    return result
  }

  func joinedWords(_ scalars: [Unicode.Scalar]) -> String {
    var view = String.UnicodeScalarView()
    var needsSpace = false
    for scalar in scalars {
      if isSpace(scalar) {
        needsSpace = !view.isEmpty
      } else {
        if needsSpace { view.append(" ") }
        needsSpace = false
        view.append(scalar)
      }
    }
    return String(view)
  }

  private func isPunctuation(_ scalar: Unicode.Scalar) -> Bool {
    switch scalar.properties.generalCategory {
    case .connectorPunctuation, .dashPunctuation, .openPunctuation, .closePunctuation, .initialPunctuation,
      .finalPunctuation, .otherPunctuation:
      true
    default: false
    }
  }

  /// Letters, the marks upon them, and digits.
  private func isLetter(_ scalar: Unicode.Scalar) -> Bool {
    switch scalar.properties.generalCategory {
    case .uppercaseLetter, .lowercaseLetter, .titlecaseLetter, .modifierLetter, .otherLetter, .nonspacingMark,
      .spacingMark, .decimalNumber:
      true
    default: false
    }
  }
}
