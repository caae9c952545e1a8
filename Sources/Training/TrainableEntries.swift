public import AcousticModel

/// The entries of a layout that a step changes. The others keep their values, moments and counts of steps, as
/// PyTorch's parameters without a gradient do.
public struct TrainableEntries: Sendable, Equatable {
  /// Places in `layout.entries`, ascending.
  public let indices: [Int]

  /// Those for which `isTrained` holds. What a layout calls fixed is never among them.
  public init(_ layout: ParameterLayout, where isTrained: (ParameterLayout.Entry) -> Bool = { _ in true }) {
    indices = layout.entries.indices.filter {
      !layout.entries[$0].isFixed && isTrained(layout.entries[$0])
    }
  }

  private init(_ indices: [Int]) { self.indices = indices }

  /// Without what belongs to these layers of the transformer: those that LayerDrop skipped in every batch of
  /// a step, which have no gradient in PyTorch.
  public func excluding(layers: Set<Int>, of layout: ParameterLayout) -> TrainableEntries {
    guard !layers.isEmpty else { return self }
    return TrainableEntries(
      indices.filter { index in layout.entries[index].layer.map { !layers.contains($0) } ?? true })
  }
}

/// What stays as it is while a model is fine-tuned.
public struct Freezing: Sendable, Equatable {
  /// `--freeze-steps`: updates at the beginning that change the head alone, as fairseq's
  /// `freeze_finetune_updates`.
  public var headOnlySteps = 0
  /// `--freeze-layers`: layers at the bottom of the transformer that never change, together with what stands
  /// before them (feature projection, mask embedding, positional convolution, and the norm in front of the
  /// layers).
  public var layers = 0

  public init(headOnlySteps: Int = 0, layers: Int = 0) {
    precondition(headOnlySteps >= 0 && layers >= 0, "\(headOnlySteps) steps, \(layers) layers to freeze")
    self.headOnlySteps = headOnlySteps
    self.layers = layers
  }

  /// `step` counts the updates before this one.
  public func trainsHeadOnly(atStep step: Int) -> Bool { step < headOnlySteps }

  /// What the update after `step` others changes.
  /// - Parameters:
  ///   - layout: the model's, or that of its ``LowRankAdaptation``.
  ///   - masksTime: whether frames are masked; if not, the mask embedding has no gradient.
  public func trainable(
    in layout: ParameterLayout, of configuration: ModelConfiguration, atStep step: Int, masksTime: Bool
  ) -> TrainableEntries {
    if trainsHeadOnly(atStep: step) { return TrainableEntries(layout) { $0.part == .head } }
    return TrainableEntries(layout) { entry in
      if entry.name.hasSuffix(".masked_spec_embed") && !masksTime { return false }
      guard layers > 0 else { return true }
      if let layer = entry.layer { return layer >= layers }
      switch entry.part {
      case .featureProjection, .positionalConvolution: return false
      // The norm of the whole transformer: the only one outside of layers.
      case .norms: return configuration.normalisesFirst
      default: return true
      }
    }
  }
}
