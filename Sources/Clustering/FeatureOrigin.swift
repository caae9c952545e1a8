/// What clusters and labels were made of, as their files record it: labels and centroids only make sense
/// together with the features.
public struct FeatureOrigin: Sendable, Equatable {
  /// HuBERT's 39 features, or a hidden layer of a model.
  public enum Kind: Sendable, Equatable {
    case mfcc
    /// `layer` as Hugging Face numbers them; `model` identifies the weights.
    case hiddenStates(model: String, layer: Int)
  }

  public var kind: Kind
  /// Of labels, 100 or 50 for HuBERT.
  public var framesPerSecond: Double
  public var standardization: Standardization

  public init(kind: Kind, framesPerSecond: Double, standardization: Standardization = .none) {
    self.kind = kind
    self.framesPerSecond = framesPerSecond
    self.standardization = standardization
  }

  /// As written into the metadata of files.
  var metadata: [String: String] {
    var fields = ["frames_per_second": "\(framesPerSecond)"]
    switch kind {
    case .mfcc: fields["features"] = "mfcc"
    case .hiddenStates(let model, let layer):
      fields["features"] = "hidden_states"
      fields["model"] = model
      fields["layer"] = "\(layer)"
    }
    if standardization != .none { fields["standardized"] = standardization.rawValue }
    return fields
  }

  /// nil if the metadata say nothing that is understood.
  init?(metadata: [String: String]) {
    guard let rate = metadata["frames_per_second"].flatMap(Double.init), rate > 0, rate.isFinite else {
      return nil
    }
    switch metadata["features"] {
    case "mfcc": kind = .mfcc
    case "hidden_states":
      guard let model = metadata["model"], let layer = metadata["layer"].flatMap(Int.init) else { return nil }
      kind = .hiddenStates(model: model, layer: layer)
    default: return nil
    }
    framesPerSecond = rate
    guard let standardization = Standardization(rawValue: metadata["standardized"] ?? "none") else {
      return nil
    }
    self.standardization = standardization
  }

  /// For people: `mfcc`, `layer 6 of model 0123..., standardized by speaker`.
  public var summary: String {
    let features =
      switch kind {
      case .mfcc: "mfcc"
      case .hiddenStates(let model, let layer): "layer \(layer) of model \(model.prefix(12))"
      }
    return standardization == .none ? features : "\(features), standardized by \(standardization.rawValue)"
  }
}
