public import Checkpoints

extension ParameterList {
  /// What the forward pass of `configuration` reads from these weights, by the names that they have: with or
  /// without the architecture's prefix, in their spelling of weight norm.
  /// - Parameter hasHead: false for what a model without its CTC head reads.
  public init(_ configuration: ModelConfiguration, for weights: TensorArchive, hasHead: Bool = true) {
    let prefix = weights.prefix(of: configuration)
    let isLegacy = weights["\(prefix)encoder.pos_conv_embed.conv.weight_g"] != nil
    let full = "\(configuration.architecture.modelType)."
    let all = Self(configuration, weightNorm: isLegacy ? .legacy : .parametrized).parameters
    self.init(
      parameters: all.filter { hasHead || $0.part != .head }.map { parameter in
        let isBare = prefix.isEmpty && parameter.name.hasPrefix(full)
        return Parameter(
          name: isBare ? String(parameter.name.dropFirst(full.count)) : parameter.name,
          shape: parameter.shape, part: parameter.part)
      })
  }

  /// A tensor that is not what the forward pass needs.
  public enum Fault: Sendable, Equatable {
    case missing(Parameter)
    case misshapen(Parameter, found: [Int])
    /// Stored as something that is not read as numbers with a fraction.
    case unreadable(Parameter, found: DataType)
  }

  /// What keeps these weights from being loaded, in the list's order. Only their headers are looked at.
  public func faults(in weights: TensorArchive) -> [Fault] {
    parameters.compactMap { parameter in
      guard let tensor = weights[parameter.name] else { return .missing(parameter) }
      guard tensor.shape == parameter.shape else { return .misshapen(parameter, found: tensor.shape) }
      guard tensor.dataType.isReadableAsFloat else { return .unreadable(parameter, found: tensor.dataType) }
      return nil
    }
  }

  /// Tensors that the forward pass has no use for, in ascending order.
  public func unused(in weights: TensorArchive) -> [String] {
    let used = Set(parameters.map(\.name))
    return weights.names.filter { !used.contains($0) }
  }
}
