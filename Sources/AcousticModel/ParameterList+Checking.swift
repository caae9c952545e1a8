public import Checkpoints

extension ParameterList {
  /// What the forward pass of `configuration` reads from these weights, in the spelling of weight norm that
  /// they have.
  public init(_ configuration: ModelConfiguration, for weights: TensorArchive) {
    let name = "\(configuration.architecture.modelType).encoder.pos_conv_embed.conv.weight_g"
    self.init(configuration, weightNorm: weights[name] == nil ? .parametrized : .legacy)
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
