/// Why something cannot be scored.
public struct ScoringError: Error, Sendable, Hashable, CustomStringConvertible {
  /// One line: the file and its line, or the utterance; what is wrong; what to do.
  public let description: String

  /// - Parameter place: a file with its line, or an utterance.
  init(_ place: String, _ message: String) {
    var line = ""
    for scalar in "\(place): \(message)".unicodeScalars {
      switch scalar.properties.generalCategory {
      case .control, .lineSeparator, .paragraphSeparator: line += scalar.escaped(asASCII: true)
      default: line.unicodeScalars.append(scalar)
      }
    }
    description = line
  }
}
