import Vocabulary

/// A vocabulary in a few words.
struct VocabularySummary {
  /// The case that text comes out in.
  enum Case: String {
    case upper, lower, mixed
    /// No token has a case.
    case none
  }

  let letterCase: Case
  /// The first tokens that are neither special nor the delimiter.
  let sample: [String]

  init(_ vocabulary: CTCVocabulary, sampleCount: Int = 16) {
    let settings = vocabulary.settings
    let special = [
      settings.padToken, settings.unknownToken, settings.beginToken, settings.endToken,
      settings.wordDelimiterToken,
    ]
    let ordinary = vocabulary.tokens.filter { !special.contains($0) }
    let scalars = ordinary.lazy.flatMap(\.unicodeScalars)
    let hasUpper = scalars.contains { $0.properties.isUppercase } && !settings.lowercasesOutput
    let hasLower = scalars.contains {
      $0.properties.isLowercase || settings.lowercasesOutput && $0.properties.isUppercase
    }
    letterCase =
      switch (hasUpper, hasLower) {
      case (true, true): .mixed
      case (true, false): .upper
      case (false, true): .lower
      case (false, false): .none
      }
    sample = Array(ordinary.prefix(sampleCount))
  }
}
