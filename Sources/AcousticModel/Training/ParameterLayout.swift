import Tensors

/// Where each trainable parameter of a model lies in one buffer of floats.
///
/// Values, gradients, an optimizer's moments and averages are buffers of one layout
/// (``ParameterStorage``), so that what treats all parameters alike is one pass over memory.
///
/// A tensor is a matrix: its first extent by all others, rows at ``Entry/stride``; a vector and the gains of
/// weight norm are one row. What lies between rows is 0 and stays 0.
public struct ParameterLayout: Sendable, Equatable {
  public struct Entry: Sendable, Equatable {
    /// As transformers names it.
    public let name: String
    public let shape: [Int]
    public let part: ParameterList.Part
    /// Floats before it.
    public let offset: Int
    public let rows: Int
    public let columns: Int
    /// Floats from row to row: a multiple of 16.
    public let stride: Int
    /// Not trained, such as the running statistics of a batch norm: its gradient is always 0.
    public let isFixed: Bool

    /// The floats that belong to it, padding included.
    public var range: Range<Int> { offset..<offset + rows * stride }
    public var elementCount: Int { rows * columns }
    /// Biases and what belongs to norms, which weight decay usually spares: all of one row.
    public var isBiasOrNorm: Bool { rows == 1 }
    /// The number of the transformer layer that it belongs to.
    public var layer: Int? {
      guard let range = name.firstRange(of: ".encoder.layers.") else { return nil }
      return Int(name[range.upperBound...].prefix { $0 != "." })
    }
  }

  public let entries: [Entry]
  /// Floats of a buffer.
  public let count: Int
  private let indices: [String: Int]

  /// The layout of everything behind the feature encoder, which is usually frozen, or of that too.
  public init(_ configuration: ModelConfiguration, trainsFeatureEncoder: Bool = false) {
    self.init(
      Self.parameters(of: configuration).filter { trainsFeatureEncoder || $0.part != .featureEncoder })
  }

  /// The layout of what pre-training trains: all but a CTC head, and the heads of `objective` by fairseq's
  /// names.
  public init(pretraining configuration: ModelConfiguration, _ objective: MaskedPrediction) {
    let width = objective.projectionWidth
    self.init(
      Self.parameters(of: configuration).filter { $0.part != .head && $0.part != .adapter } + [
        .init(name: "final_proj.weight", shape: [width, configuration.width], part: .head),
        .init(name: "final_proj.bias", shape: [width], part: .head),
        .init(name: "label_embs_concat", shape: [objective.classes, width], part: .head),
      ])
  }

  private static func parameters(of configuration: ModelConfiguration) -> [ParameterList.Parameter] {
    let prefix = configuration.architecture.modelType
    let mask = ParameterList.Parameter(
      name: "\(prefix).masked_spec_embed", shape: [configuration.width], part: .featureProjection)
    return [mask] + ParameterList(configuration).parameters
  }

  /// A layout of these tensors in this order.
  public init(_ parameters: [ParameterList.Parameter]) {
    var entries: [Entry] = []
    var offset = 0
    for parameter in parameters {
      let isRow = parameter.shape.count < 2 || parameter.shape[0] == 1
      let rows = isRow ? 1 : parameter.shape[0]
      let columns = parameter.elementCount / rows
      let stride = isRow ? (columns + 15) / 16 * 16 : Matrix.paddedStride(columns: columns)
      let isFixed = parameter.name.hasSuffix(".running_mean") || parameter.name.hasSuffix(".running_var")
      entries.append(
        Entry(
          name: parameter.name, shape: parameter.shape, part: parameter.part, offset: offset, rows: rows,
          columns: columns, stride: stride, isFixed: isFixed))
      offset += rows * stride
    }
    self.entries = entries
    count = offset
    indices = Dictionary(uniqueKeysWithValues: entries.enumerated().map { ($1.name, $0) })
  }

  public subscript(name: String) -> Entry? { indices[name].map { entries[$0] } }
}
