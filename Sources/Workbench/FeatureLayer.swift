/// Which of a model's features: a hidden state by transformers' number, or the last hidden state.
public enum FeatureLayer: Sendable, Equatable {
  /// `hidden_states[k]`.
  case hidden(Int)
  /// `last_hidden_state`.
  case last

  /// `0`, `1`, ... or `last`.
  public init(parsing text: String) throws(UsageError) {
    if text == "last" {
      self = .last
    } else if let layer = Int(text), layer >= 0 {
      self = .hidden(layer)
    } else {
      throw UsageError("--layer \(text): expected a number from 0, or last")
    }
  }

  /// As it is written on the command line.
  public var name: String {
    switch self {
    case .hidden(let layer): "\(layer)"
    case .last: "last"
    }
  }
}
