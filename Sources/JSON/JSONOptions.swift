/// What a reader accepts and how much of it.
public struct JSONOptions: Sendable, Hashable {
  public enum DuplicateKeys: Sendable, Hashable {
    case refused
    /// The last value stands, at the place of the first, as Python and JavaScript have it.
    case lastWins
  }

  /// Arrays and objects within one another. The reader recurses once a level and no further.
  public var depthLimit = 128
  public var byteLimit = 256 << 20
  /// Values of any kind in all. It bounds memory: `[[],[],...]` costs some ten bytes a byte of text.
  public var valueLimit = 1 << 26
  public var duplicateKeys = DuplicateKeys.refused
  /// Accepts `NaN`, `Infinity` and `-Infinity`, which Python's json writes and no standard knows,
  /// and numbers too large for a double as infinities.
  public var acceptsNonFiniteNumbers = false

  public init() {}

  /// The defaults, with Python's non-finite literals.
  public static var python: JSONOptions {
    var options = JSONOptions()
    options.acceptsNonFiniteNumbers = true
    return options
  }
}
