/// What a probe looks at: hidden states of a model, or the features that HuBERT's first round begins with.
public enum ProbeLayer: Sendable, Hashable {
  /// 39-dimensional MFCC with deltas, at the model's frames.
  case mfcc
  /// `hidden_states[k]`.
  case hidden(Int)

  /// `all`, or a list with commas: `mfcc,0,6,12`.
  /// - Returns: nil for `all`.
  public static func list(parsing text: String) throws(UsageError) -> [ProbeLayer]? {
    if text == "all" { return nil }
    var layers: [ProbeLayer] = []
    for part in text.split(separator: ",", omittingEmptySubsequences: false) {
      let layer: ProbeLayer
      if part == "mfcc" {
        layer = .mfcc
      } else if let index = Int(part), index >= 0 {
        layer = .hidden(index)
      } else {
        throw UsageError("--layers \(text): expected all, or numbers from 0 and mfcc with commas between")
      }
      guard !layers.contains(layer) else { throw UsageError("--layers \(text): \(part) stands twice") }
      layers.append(layer)
    }
    return layers
  }

  /// As it is written on the command line.
  public var name: String {
    switch self {
    case .mfcc: "mfcc"
    case .hidden(let index): "\(index)"
    }
  }
}
