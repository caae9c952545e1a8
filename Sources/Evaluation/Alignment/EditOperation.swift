/// A step of an alignment of a reference with a hypothesis.
///
/// A list of steps is a whole alignment: from the left, each takes the next token of one side or of both.
public enum EditOperation: Sendable, Hashable, CaseIterable {
  case match
  case substitution
  /// A token of the reference that the hypothesis lacks.
  case deletion
  /// A token of the hypothesis that the reference lacks.
  case insertion

  public var isError: Bool { self != .match }
  public var takesReference: Bool { self != .insertion }
  public var takesHypothesis: Bool { self != .deletion }
}
