/// The arithmetic of one utterance's forward pass: two operations for every multiply-add of its products.
///
/// A nominal count, to hold times against: that of the direct convolution and of each product as it is
/// written in the papers, whatever an implementation saves or adds. Norms, activations and softmax are not
/// counted; they are below 1 %.
public struct Arithmetic: Sendable, Equatable {
  /// Operations by stage; 0 for ``Stage/norms``.
  public private(set) var operations: [Stage: Double]

  public subscript(stage: Stage) -> Double { operations[stage, default: 0] }

  /// Operations of the whole forward pass.
  public var total: Double { Stage.allCases.reduce(0) { $0 + self[$1] } }

  public init(_ configuration: ModelConfiguration, samples: Int) {
    let featureFrames = configuration.featureFrames(for: samples)
    let frames = Double(featureFrames.last ?? 0)
    let width = Double(configuration.width)
    let layers = Double(configuration.layers)
    operations = [:]

    var inputs = 1
    for (layer, outputs) in configuration.convolutionChannels.enumerated() {
      add(
        .featureEncoder, featureFrames[layer], inputs: inputs * configuration.convolutionKernels[layer],
        outputs: outputs)
      inputs = outputs
    }
    add(.featureProjection, featureFrames.last ?? 0, inputs: inputs, outputs: configuration.width)
    operations[.positionalConvolution] =
      2 * frames * width * width / Double(configuration.positionalGroups)
      * Double(configuration.positionalKernel)

    operations[.attentionLinear] = layers * 2 * frames * 4 * width * width
    // Queries with keys, and weights with values.
    operations[.attentionProducts] = layers * 2 * 2 * frames * frames * width
    let bottleneck = Double(configuration.attentionAdapterWidth ?? 0)
    operations[.feedForward] =
      layers * 2 * frames * 2 * width * (Double(configuration.feedForwardWidth) + bottleneck)

    addHead(configuration, frames: featureFrames.last ?? 0)
  }

  /// The convolutional adapter is timed with the head, and counted there.
  private mutating func addHead(_ configuration: ModelConfiguration, frames: Int) {
    var frames = frames
    if let adapter = configuration.adapter {
      if adapter.width != configuration.width {
        add(.head, frames, inputs: configuration.width, outputs: adapter.width)
      }
      for outputFrames in configuration.adapterFrames(for: frames) {
        frames = outputFrames
        add(.head, frames, inputs: adapter.width * adapter.kernel, outputs: 2 * adapter.width)
      }
    }
    add(.head, frames, inputs: configuration.headInputs, outputs: configuration.vocabularySize)
  }

  /// A product of (frames, inputs) and (inputs, outputs).
  private mutating func add(_ stage: Stage, _ frames: Int, inputs: Int, outputs: Int) {
    operations[stage, default: 0] += 2 * Double(frames) * Double(inputs) * Double(outputs)
  }
}
