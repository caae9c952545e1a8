public import Clustering

/// What ``ClusteringRun`` is to do.
public struct ClusteringOptions: Sendable {
  /// What the clusters are of.
  public enum Features: Sendable, Equatable {
    /// HuBERT's 39 of a frame, at 16 kHz.
    case mfcc
    /// `hidden_states[layer]` of the model in a directory.
    case hiddenStates(model: String, layer: Int)
  }

  public var features: Features
  /// What the features are standardized over.
  public var standardization = Standardization.none
  public var kmeans: KMeansOptions
  /// A `kmeans.safetensors` whose clusters are used instead of new ones.
  public var centroids: String?
  /// The part of the utterances that clusters are fitted to, above 0 and at most 1. Which they are follows
  /// from ids and seed alone; there is at least one.
  public var fraction = 1.0
  /// Of labels: nil for each frame's; 50 keeps every second one of MFCC's 100, from the first on.
  public var framesPerSecond: Double?
  /// A labels file that the clusters are compared with.
  public var reference: String?
  /// The directory of what is written.
  public var out: String
  /// Where to write the labels as fairseq does, a line an utterance in the order of the inputs.
  public var km: String?
  public var threads = 1

  public init(features: Features, clusters: Int, out: String) {
    self.features = features
    self.out = out
    kmeans = KMeansOptions(clusters: clusters)
  }
}
