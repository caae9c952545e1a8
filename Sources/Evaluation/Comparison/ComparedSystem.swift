/// An utterance that systems are compared on.
public struct ComparedUtterance: Sendable, Hashable {
  public var id: String
  public var reference: String
  public var notation: ReferenceNotation
  public var speaker: String?
  public var durationSeconds: Double?
  /// Root mean square of the whole sound, in decibels below full scale.
  public var levelDecibels: Double?

  public init(id: String, reference: String, notation: ReferenceNotation = .plain) {
    self.id = id
    self.reference = reference
    self.notation = notation
  }
}

/// A way to transcribe, and what it made of each utterance.
public struct ComparedSystem: Sendable, Hashable {
  /// What it heard in one utterance.
  public struct Reading: Sendable, Hashable {
    public var text: String
    /// Its n-best list, best first; empty where it is not known.
    public var alternatives: [String] = []
    /// In 0...1; nil where it is not known.
    public var confidence: Double?
    /// Of each word between white space in ``text``; nil where they are not known.
    public var wordConfidences: [Double]?

    public init(_ text: String) { self.text = text }
  }

  public var name: String
  /// One an utterance, in their order.
  public var readings: [Reading]

  public init(name: String, readings: [Reading]) {
    self.name = name
    self.readings = readings
  }
}
