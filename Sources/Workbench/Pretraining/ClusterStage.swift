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
/// `stage.json` beside them, written last, says what they were made of: labels of the same inputs are not made
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
  /// Of the utterances, for the fit.
  let fraction: Double
  let seed: UInt64

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
  private var devLabelsPath: String { "\(directory)/dev-labels.safetensors" }
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
      let features = try ClusterFeatures(layer: layer, model: model, on: compute)
      let what = layer.map { "layer \($0) of round \(round - 1)" } ?? "MFCCs"
      let kmeans: KMeansModel
      if isMade {
        kmeans = try KMeansModel(path: "\(directory)/kmeans.safetensors")
      } else {
        try deliver(.note("round \(round): clustering \(what) into \(clusters)"))
        guard let fitted = try fit(corpus, features, on: compute, shouldStop) else { return nil }
        kmeans = fitted
        try deliver(
          .note(
            "round \(round): \(clusters) clusters of \(kmeans.frames) frames after \(kmeans.batches) batches, "
              + "\(shortNumber(kmeans.inertia)) from their centres in the mean square"))
        try kmeans.write(to: "\(directory)/kmeans.safetensors")
        guard try write(corpus, features, kmeans, to: labelsPath, on: compute, shouldStop) else { return nil }
      }
      if let dev, try !write(dev, features, kmeans, to: devLabelsPath, on: compute, shouldStop) { return nil }
      let stage: JSONValue = ["inputs": .string(inputs), "dev": .string(devInputs)]
      try AtomicFile.write(stage.utf8(.pretty) + [0x0A], to: stagePath)
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
    if let layer, let model {
      text += "layer \(layer) of \(try SHA256.hex(ofFile: "\(model)/model.safetensors"))\n"
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

  // MARK: Making them

  private func fit(
    _ corpus: PretrainCorpus, _ features: ClusterFeatures, on compute: Compute, _ shouldStop: () -> Bool
  ) throws -> KMeansModel? {
    let scratch = "\(directory)/features"
    defer { unlink(scratch) }
    let writer = try FeatureFileWriter(path: scratch, dimensions: features.dimensions)
    var chosen = corpus.examples.filter { example in
      var random = KeyedRandom(.clusters, seed, UInt64(example.key))
      return random.uniform() < fraction
    }
    if chosen.isEmpty { chosen = [corpus.examples[0]] }
    let isComplete = try features.forEach(of: chosen, on: compute, shouldStop) { example, frames in
      let bad = try writer.append(UnsafeBufferPointer(start: frames.pointer, count: frames.rows * frames.columns))
      if let bad { throw InputFailure(example.row.audioPath, "frame \(bad) is not finite; leave it out") }
    }
    guard isComplete else { return nil }
    try writer.finish()
    let source = try FeatureFile(path: scratch)
    var options = KMeansOptions(clusters: clusters)
    options.seed = seed
    guard let result = try MiniBatchKMeans(options).fit(source, on: compute, shouldStop: shouldStop) else {
      return nil
    }
    return KMeansModel(
      result, dimensions: features.dimensions, origin: features.origin, seed: seed, frames: source.count)
  }

  /// - Returns: false if `shouldStop` came between.
  private func write(
    _ corpus: PretrainCorpus, _ features: ClusterFeatures, _ kmeans: KMeansModel, to path: String,
    on compute: Compute, _ shouldStop: () -> Bool
  ) throws -> Bool {
    let nearest = kmeans.nearest(on: compute)
    var labels: [(id: String, labels: [UInt16])] = []
    let isComplete = try features.forEach(of: corpus.examples, on: compute, shouldStop) { example, frames in
      let frames = MatrixBuffer(frames.elements(), columns: frames.columns)
      labels.append((example.row.id, nearest.assign(frames, on: compute).labels))
    }
    guard isComplete else { return false }
    try ClusterLabels.write(labels, clusters: kmeans.clusters, origin: kmeans.origin, to: path)
    return true
  }
}
