import Checkpoints
import Clustering
import Hashing
import JSON
import Pretraining
import Tensors
import Training

#if canImport(Glibc)
import Glibc
#endif

/// The clusters of a round: k-means on MFCCs or on a layer of the model before, and the label of every frame.
///
/// ``ClusteringRun`` makes them, and goes on where it was stopped. `stage.json` beside them, written last,
/// says what they were made of, by content: recordings that were only touched or moved are not clustered
/// again.
struct ClusterStage {
  let round: Int
  /// `OUT/round-N/clusters`.
  let directory: String
  let clusters: Int
  /// nil for MFCCs.
  let layer: Int?
  /// The model that the layer is of.
  let model: String?
  let standardization: Standardization
  /// Of the utterances, for the fit.
  let fraction: Double
  let seed: UInt64
  /// Of labels: those of the model.
  let framesPerSecond: Double

  static let sampleRate = 16_000
  /// Samples between frames of MFCCs.
  static let mfccHop = 160

  struct Labels {
    /// By place in the corpora.
    let train: [[UInt16]]
    let dev: [[UInt16]]
    /// Samples from label to label.
    let hop: Int
    /// Of the labels of what is trained on.
    let hash: String
  }

  private var labelsPath: String { "\(directory)/labels.safetensors" }
  private var devDirectory: String { "\(directory)/dev" }
  private var devLabelsPath: String { "\(devDirectory)/labels.safetensors" }
  private var stagePath: String { "\(directory)/stage.json" }

  /// The labels of all utterances, made now or before.
  /// - Returns: nil if `shouldStop` came between.
  func labels(
    of corpus: PretrainCorpus, dev: PretrainCorpus?, on compute: Compute, shouldStop: () -> Bool,
    _ deliver: (PretrainEvent) throws -> Void
  ) throws -> Labels? {
    try makeDirectoryTree(directory)
    let inputs = try self.inputs(corpus)
    let devInputs = dev?.hash ?? ""
    let made = try? JSONValue(contentsOf: stagePath)
    let isMade = made?["inputs"]?.string == inputs && fileExists(labelsPath)
    let isDevMade = isMade && (dev == nil || made?["dev"]?.string == devInputs && fileExists(devLabelsPath))
    if !isDevMade {
      if !isMade {
        let what = layer.map { "layer \($0) of \(round > 1 ? "round \(round - 1)" : model ?? "")" } ?? "MFCCs"
        try deliver(.note("round \(round): clustering \(what) into \(clusters)"))
        guard let report = try run(corpus, out: directory, threads: compute.threads, shouldStop) else {
          return nil
        }
        try deliver(.note("round \(round): \(report.text)"))
      }
      if let dev {
        let centroids = "\(directory)/kmeans.safetensors"
        guard
          try run(dev, out: devDirectory, centroids: centroids, threads: compute.threads, shouldStop) != nil
        else { return nil }
      }
      let stage: JSONValue = ["inputs": .string(inputs), "dev": .string(devInputs)]
      try AtomicFile.write(stage.utf8(.pretty) + [0x0A], to: stagePath)
    }
    // What going on would have needed, and what a killed run left half written.
    for place in [directory, devDirectory] {
      for name in namesInDirectory(place) where name == "work" || name.hasPrefix(".") {
        try removeTree("\(place)/\(name)")
      }
    }
    let train = try Self.read(labelsPath, corpus)
    return Labels(
      train: train.labels, dev: try dev.map { try Self.read(devLabelsPath, $0).labels } ?? [],
      hop: Int((Double(Self.sampleRate) / train.framesPerSecond).rounded()),
      hash: try SHA256.hex(ofFile: labelsPath))
  }

  /// What the labels depend on.
  private func inputs(_ corpus: PretrainCorpus) throws -> String {
    var text = "speech \(corpus.hash)\nclusters \(clusters)\nfraction \(fraction)\nseed \(seed)\n"
    if standardization != .none { text += "standardize \(standardization.rawValue)\n" }
    if standardization.isBySpeaker {
      for example in corpus.examples { text += "\(example.row.speaker ?? "")\n" }
    }
    if let layer, let model {
      let weights = try TensorArchive(path: model).files.map { try SHA256.hex(ofFile: $0.path) }
      text += "layer \(layer) of \(weights.joined(separator: " "))\n"
    } else {
      text += "mfcc\n"
    }
    return SHA256.hex(of: text)
  }

  private static func read(
    _ path: String, _ corpus: PretrainCorpus
  ) throws -> (labels: [[UInt16]], framesPerSecond: Double) {
    let file = try ClusterLabels(path: path)
    let labels = try corpus.examples.map { example in
      guard let labels = try file.labels(of: example.row.id) else {
        throw InputFailure(path, "has no labels of \(example.row.id); remove the file to make them again")
      }
      return labels
    }
    return (labels, file.origin.framesPerSecond)
  }

  /// Clusters, or labels with clusters that are there.
  /// - Returns: nil if `shouldStop` came between; what is complete is kept.
  private func run(
    _ corpus: PretrainCorpus, out: String, centroids: String? = nil, threads: Int, _ shouldStop: () -> Bool
  ) throws -> ClusteringReport? {
    let features: ClusteringOptions.Features =
      if let layer, let model { .hiddenStates(model: model, layer: layer) } else { .mfcc }
    var options = ClusteringOptions(features: features, clusters: clusters, out: out)
    options.standardization = standardization
    options.kmeans.seed = seed
    options.centroids = centroids
    options.fraction = fraction
    options.framesPerSecond = framesPerSecond
    options.threads = threads
    let entries = corpus.examples.map { example in
      InputEntry.utterance(
        Utterance(
          id: example.row.id, sound: .file(path: example.row.audioPath),
          interval: example.row.offsetSeconds.map {
            .init(offsetSeconds: $0, durationSeconds: example.row.durationSeconds)
          }, speaker: example.row.speaker))
    }
    return try ClusteringRun(options).run(entries, shouldStop: shouldStop) { event in
      // Every recording has been read before: one that fails now has changed.
      if case .failure(let failure) = event { throw failure }
    }
  }
}
