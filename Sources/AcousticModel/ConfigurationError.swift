/// A field of a model's configuration that is missing, wrong or not supported.
public struct ConfigurationError: Error, Sendable, CustomStringConvertible {
  public let path: String
  public let field: String
  public let reason: String

  public init(path: String, field: String, reason: String) {
    self.path = path
    self.field = field
    self.reason = reason
  }

  public var description: String { "\(path): \(field): \(reason)" }
}
