public import Checkpoints

/// How a checkpoint spells the names of `ParameterList`.
public struct StoredNames: Sendable {
  /// What its names do without; empty for nothing.
  private let dropped: String
  /// Whether weight norm is spelled as before PyTorch 2.
  private let isLegacy: Bool

  private static let marker = ".parametrizations.weight.original"

  public init(_ archive: TensorArchive, _ configuration: ModelConfiguration) {
    dropped = archive.prefix(of: configuration).isEmpty ? "\(configuration.architecture.modelType)." : ""
    isLegacy = archive.names.contains { $0.hasSuffix("encoder.pos_conv_embed.conv.weight_g") }
  }

  /// What the tensor is called that `ParameterList` calls `name`.
  public func name(of name: String) -> String {
    let name = !dropped.isEmpty && name.hasPrefix(dropped) ? String(name.dropFirst(dropped.count)) : name
    guard isLegacy, let range = name.firstRange(of: Self.marker) else { return name }
    return name[..<range.lowerBound] + (name.hasSuffix("0") ? ".weight_g" : ".weight_v")
  }
}
