public import AcousticModel
public import Tensors

/// Low-rank adaptation (LoRA, Hu et al. 2021): a matrix W0 stays, and training learns
///
///     W = W0 + s B A,    s = alpha / r,  A (r, inputs),  B (outputs, r),
///
/// for every projection of attention and feed-forward. The model computes with W, which ``merge(into:on:)``
/// writes into its parameters after each step; from the gradient of W follow those of the factors,
///
///     dA = s B^T dW,    dB = s dW A^T.
///
/// The optimizer sees ``parameters`` and ``gradients`` in place of the model's: the factors, and the head if
/// it is trained along. Moments are then small; W0 costs as much memory as the matrices that are adapted.
public final class LowRankAdaptation {
  public struct Settings: Sendable, Equatable {
    /// r.
    public var rank: Int
    /// alpha.
    public var alpha: Double
    /// The last parts of the names of the layers that are adapted.
    public var targets = ["q_proj", "k_proj", "v_proj", "out_proj", "intermediate_dense", "output_dense"]
    /// Whether the head is trained as a whole, as PEFT does with `modules_to_save=["lm_head"]`.
    public var trainsHead = true

    public init(rank: Int, alpha: Double) {
      precondition(rank > 0 && alpha > 0, "rank \(rank) and alpha \(alpha) must be above 0")
      self.rank = rank
      self.alpha = alpha
    }

    /// s.
    public var scale: Double { alpha / Double(rank) }
  }

  /// A matrix that is adapted.
  struct Target: Sendable {
    let weight: ParameterLayout.Entry
    let a: ParameterLayout.Entry
    let b: ParameterLayout.Entry
    /// W0's place in ``original``.
    let original: ParameterLayout.Entry
  }

  public let settings: Settings
  /// The factors of each layer, A before B, named as PEFT names them without its prefix
  /// (`...q_proj.lora_A.weight`), then the head.
  public let parameters: ParameterStorage
  /// Of the same layout; overwritten by ``collectGradients(from:on:)``.
  public let gradients: ParameterStorage
  let targets: [Target]
  let head: [ParameterLayout.Entry]
  /// W0 of each target.
  private let original: ParameterStorage

  public var layout: ParameterLayout { parameters.layout }

  /// Begins as PEFT does, A uniform within 1 / sqrt(inputs) (`kaiming_uniform_` with a = sqrt(5)) and B 0, so
  /// that the model is what it was.
  /// - Parameter model: its matrices are copied as W0, and its head as the start of the trained one.
  public init(_ settings: Settings, of model: ParameterStorage, seed: UInt64) {
    let adapted = model.layout.entries.filter { entry in
      settings.targets.contains { entry.name.hasSuffix(".\($0).weight") }
    }
    precondition(!adapted.isEmpty, "the model has no \(settings.targets.joined(separator: ", "))")
    head = settings.trainsHead ? model.layout.entries.filter { $0.part == .head } : []
    let layout = ParameterLayout(
      adapted.flatMap { entry in
        [
          ParameterList.Parameter(
            name: Self.name(entry, "A"), shape: [settings.rank, entry.columns], part: entry.part),
          ParameterList.Parameter(
            name: Self.name(entry, "B"), shape: [entry.rows, settings.rank], part: entry.part),
        ]
      } + head.map { ParameterList.Parameter(name: $0.name, shape: $0.shape, part: $0.part) })
    let originals = ParameterLayout(
      adapted.map { ParameterList.Parameter(name: $0.name, shape: $0.shape, part: $0.part) })
    original = ParameterStorage(originals)
    parameters = ParameterStorage(layout)
    gradients = ParameterStorage(layout)
    targets = adapted.indices.map {
      Target(
        weight: adapted[$0], a: layout.entries[2 * $0], b: layout.entries[2 * $0 + 1],
        original: originals.entries[$0])
    }
    self.settings = settings
    for target in targets {
      original.copy(target.original, from: model, target.weight)
      parameters.set(
        target.a,
        to: Distribution.torch(inputs: target.a.columns).elements(
          0..<target.a.elementCount, seed: seed, name: target.a.name))
    }
    for entry in head { parameters.copy(Self.place(of: entry, in: layout), from: model, entry) }
  }

  /// Which entries weight decay applies to: all but the head's bias. (A of rank 1 is one row, and no bias.)
  public var decays: [Bool] { layout.entries.map { $0.part != .head || !$0.isBiasOrNorm } }

  /// Writes W, and the head, into the model's parameters.
  public func merge(into model: ParameterStorage, on compute: Compute) {
    for target in targets {
      compute.addLowRank(
        parameters[target.b], parameters[target.a], scale: Float(settings.scale),
        to: original[target.original], into: model[target.weight])
    }
    for entry in head { model.copy(entry, from: parameters, Self.place(of: entry, in: layout)) }
  }

  /// Sets ``gradients`` from those of the whole model, which may be sums over any number of batches.
  public func collectGradients(from model: ParameterStorage, on compute: Compute) {
    let scale = Float(settings.scale)
    for target in targets {
      let dW = model[target.weight]
      compute.leftFactorGradient(dW, parameters[target.a], scale: scale, into: gradients[target.b])
      compute.rightFactorGradient(parameters[target.b], dW, scale: scale, into: gradients[target.a])
    }
    for entry in head { gradients.copy(Self.place(of: entry, in: layout), from: model, entry) }
  }

  private static func name(_ entry: ParameterLayout.Entry, _ factor: String) -> String {
    "\(entry.name.dropLast(".weight".count)).lora_\(factor).weight"
  }

  private static func place(
    of entry: ParameterLayout.Entry, in layout: ParameterLayout
  ) -> ParameterLayout.Entry {
    guard let place = layout[entry.name] else { preconditionFailure("no parameter \(entry.name)") }
    return place
  }
}

extension ParameterStorage {
  /// Copies an entry of another storage that has the same shape.
  func copy(
    _ entry: ParameterLayout.Entry, from other: ParameterStorage, _ source: ParameterLayout.Entry
  ) {
    precondition(entry.shape == source.shape, "\(source.shape) into \(entry.shape)")
    (pointer + entry.offset).update(from: other.pointer + source.offset, count: entry.range.count)
  }
}
