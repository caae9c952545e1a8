public import AcousticModel

/// A tensor that training does not change.
public struct FrozenTensor: Sendable, Equatable {
  public let name: String
  public let shape: [Int]
  /// Row-major.
  public let elements: [Float]

  public init(name: String, shape: [Int], elements: [Float]) {
    precondition(
      elements.count == shape.reduce(1, *), "\(name): \(elements.count) elements for the shape \(shape)")
    self.name = name
    self.shape = shape
    self.elements = elements
  }
}

/// All weights of a model while it is trained: what changes, and the feature encoder, which usually does not.
public struct TrainingWeights {
  public let configuration: ModelConfiguration
  /// Of the configuration's layout, with the feature encoder if that is trained.
  public let parameters: ParameterStorage
  /// As `ParameterList` names them; empty where they are among the parameters.
  public let featureEncoder: [FrozenTensor]
  /// Whether the mask embedding was read, rather than drawn: then it is written whatever the masks are.
  public let hasMaskEmbedding: Bool

  public init(
    configuration: ModelConfiguration, parameters: ParameterStorage, featureEncoder: [FrozenTensor],
    hasMaskEmbedding: Bool
  ) {
    self.configuration = configuration
    self.parameters = parameters
    self.featureEncoder = featureEncoder
    self.hasMaskEmbedding = hasMaskEmbedding
  }
}
