public import Evaluation

/// What is compared: utterances, what each system made of them, and what can be heard and seen of them.
public struct ComparisonInput {
  /// What is known of a system beside its texts.
  public struct Facts: Sendable, Equatable {
    /// Its model and decoder, run or file, in full.
    public var detail: String
    /// Spent on all utterances: reading, model and decoder; nil where it is not known.
    public var seconds: Double?
    /// Of the utterances that took them.
    public var audioSeconds: Double?
    /// The most memory that the process held while the system's model ran.
    public var peakBytes: Int?

    public init(detail: String) { self.detail = detail }

    public var realTimeFactor: Double? {
      guard let seconds, let audioSeconds, audioSeconds > 0 else { return nil }
      return seconds / audioSeconds
    }
  }

  public internal(set) var utterances: [ComparedUtterance] = []
  public internal(set) var systems: [ComparedSystem] = []
  /// One a system.
  public internal(set) var facts: [Facts] = []
  /// What could not be compared, a line each.
  public internal(set) var failures: [InputFailure] = []
  /// What should be known, a line each.
  public internal(set) var remarks: [String] = []
  /// Where each utterance's sound is; nil where that is not known.
  var sounds: [Utterance?] = []
  /// (system, utterance): words in time, as far as they are known.
  var words: [[[Transcript.Word]]] = []
  /// (system, utterance): what the decoder maximised.
  var searchScores: [[Double?]] = []
  /// The models' emissions; nil where texts are compared that are there already.
  var shelf: EmissionShelf?

  /// Names that differ: the second of a kind is `name#2`, and so on.
  static func distinct(_ names: [String]) -> [String] {
    var counts: [String: Int] = [:]
    return names.map { name in
      counts[name, default: 0] += 1
      return counts[name]! > 1 ? "\(name)#\(counts[name]!)" : name
    }
  }

  /// - Parameter given: by the user, for the first systems; the others are called as `usual`.
  static func names(_ given: [String], usual: [String]) throws(UsageError) -> [String] {
    guard given.count <= usual.count else {
      throw UsageError("--name \(given[usual.count]): there are \(usual.count) systems only; leave it out")
    }
    return distinct(given + usual.dropFirst(given.count))
  }
}
