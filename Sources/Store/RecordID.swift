/// What a record of a store is called: a letter for its kind and a number that is never given twice.
///
/// `d12` is a decode run, `t3` a training run, `c5` a checkpoint, `u7` an utterance, `m2` a comparison.
public struct RecordID: Sendable, Hashable, CustomStringConvertible {
  public enum Kind: String, Sendable, Hashable, CaseIterable {
    case decodeRun = "d"
    case trainingRun = "t"
    case checkpoint = "c"
    case utterance = "u"
    case comparison = "m"

    /// What an error calls it.
    var noun: String {
      switch self {
      case .decodeRun: "decode run"
      case .trainingRun: "training run"
      case .checkpoint: "checkpoint"
      case .utterance: "utterance"
      case .comparison: "comparison"
      }
    }
  }

  public let kind: Kind
  public let number: Int64

  public init(_ kind: Kind, _ number: Int64) {
    self.kind = kind
    self.number = number
  }

  /// Reads `d12`; nil for anything else.
  public init?(_ text: String) {
    guard let letter = text.first, let kind = Kind(rawValue: String(letter)),
      text.dropFirst().utf8.allSatisfy({ (0x30...0x39).contains($0) }), let number = Int64(text.dropFirst())
    else { return nil }
    self.init(kind, number)
  }

  public var description: String { kind.rawValue + String(number) }

  /// The number, where only one kind can be meant.
  func number(of kind: Kind) -> Int64 {
    precondition(self.kind == kind, "\(self) is no \(kind.noun)")
    return number
  }
}
