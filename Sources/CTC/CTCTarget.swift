/// What was said in some frames of a batch.
public struct CTCTarget: Sendable {
  /// The utterance's rows of the batch.
  public var frames: Range<Int>
  /// Token ids, without blanks; may be empty.
  public var labels: [Int]

  public init(frames: Range<Int>, labels: [Int]) {
    self.frames = frames
    self.labels = labels
  }

  /// States visited, as a measure of the time that the loss takes.
  var cost: Int { frames.count * (labels.count + 1) }
}

/// A label that cannot be in a target.
public struct CTCTargetError: Error, Equatable, CustomStringConvertible {
  /// Where it stands: utterance of the batch and label of the utterance, both from 0.
  public let utterance: Int
  public let position: Int
  public let label: Int
  public let blank: Int
  public let vocabularySize: Int

  public var description: String {
    let found = label == blank ? "\(label), the blank" : "\(label)"
    return
      "utterance \(utterance), label \(position): expected an id below \(vocabularySize) that is not the "
      + "blank (\(blank)), found \(found); check that the targets were made with the model's vocabulary"
  }
}
