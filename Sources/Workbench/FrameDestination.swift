public import Checkpoints

/// Where the rows of many recordings go: ``FrameFolder`` or ``FrameFile``.
public protocol FrameDestination {
  /// The same entries, where those are failures whose rows could not be kept here.
  func refusing(_ entries: [InputEntry]) -> [InputEntry]

  /// Keeps one utterance's rows.
  /// - Parameters:
  ///   - type: float32, or float16, to which each value is rounded.
  ///   - id: of no other utterance.
  func write(_ rows: FrameRows, as type: DataType, id: String) throws(InputFailure)

  /// Makes what has been written last, if it does not already.
  func finish() throws(InputFailure)
}

extension FrameDestination {
  public func finish() throws(InputFailure) {}
}
