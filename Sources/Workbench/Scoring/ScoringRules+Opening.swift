public import Evaluation
import JSON
import Training
import Vocabulary

#if canImport(Glibc)
import Glibc
#endif

extension ScoringRules {
  /// - Parameter name: `none`, `basic`, a `rules.json`, or a folder that holds one, as those of `Vocab/`.
  public static func named(_ name: String) throws -> ScoringRules {
    switch name {
    case "none": return .none
    case "basic": return .basic
    default:
      let inside = asPrefix(name) + "rules.json"
      let path = access(inside, F_OK) == 0 ? inside : name
      if access(path, F_OK) != 0 {
        throw InputFailure(
          name, "no such rules; use none, basic, a rules.json or a folder with one, as Vocab/de")
      }
      return ScoringRules(try TextRules(path: path), name: name)
    }
  }

  /// What training does to the texts of a vocabulary: the rules beside it; without such, the case of its letters.
  /// - Parameter path: a `vocab.json`, or a folder that holds one.
  public static func vocabulary(_ path: String) throws -> ScoringRules {
    let encoder = try TranscriptEncoder(vocabularyPath: path)
    // Without rules the case is all that can change.
    let letterCase = ["aa": "lower", "AA": "upper"][encoder.prepared("aA")] ?? "keep"
    let document = encoder.rules?.document ?? ["case": .string(letterCase)]
    return ScoringRules(name: path, document: document) { encoder.prepared($0) }
  }
}
