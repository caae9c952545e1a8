import Checkpoints
import Clustering
import Tensors

/// The frames of some layers, on disk, with the letter of each: what a probe's clusters are found in and
/// measured on.
struct ProbeFeatures {
  private let layers: [ProbeLayer]
  private let writers: [FeatureFileWriter]
  private let paths: [String]
  private let width: Int
  /// The label of each frame, the blank among them, and the nearest that is not the blank.
  private var letters: [UInt16] = []
  private var nearest: [UInt16] = []
  private(set) var utterances = 0

  /// - Parameter width: features of a frame, of each layer.
  init(_ layers: [ProbeLayer], width: Int, in folder: ScratchFolder) throws(CheckpointError) {
    self.layers = layers
    self.width = width
    paths = layers.map { "\(folder.path)/\($0.name)" }
    var writers: [FeatureFileWriter] = []
    for path in paths { writers.append(try FeatureFileWriter(path: path, dimensions: width)) }
    self.writers = writers
  }

  /// Adds an utterance: for each frame the features of all layers, one behind the other.
  /// - Parameter timing: of these frames; the track's are those of `trackTiming`.
  /// - Returns: the first frame that is not finite; then nothing was added.
  mutating func add(
    _ rows: FrameRows, _ track: LetterTrack, timing: FrameTiming, trackTiming: FrameTiming
  ) throws(CheckpointError) -> Int? {
    precondition(rows.width == layers.count * width, "\(rows.width) features for \(layers.count) x \(width)")
    if let bad = rows.values.firstIndex(where: { !$0.isFinite }) { return bad / rows.width }
    for (index, writer) in writers.enumerated() {
      let columns = index * width..<(index + 1) * width
      let features = [Float](unsafeUninitializedCapacity: rows.frames * width) { buffer, count in
        for frame in 0..<rows.frames {
          for (place, column) in columns.enumerated() {
            buffer[frame * width + place] = rows.values[frame * rows.width + column]
          }
        }
        count = rows.frames * width
      }
      _ = try features.withUnsafeBufferPointer { features throws(CheckpointError) in
        try writer.append(features)
      }
    }
    for frame in 0..<rows.frames {
      // The track's frame at the time that this one begins.
      let time = frame * timing.samplesPerFrame * trackTiming.sampleRate
      let index = min(time / (trackTiming.samplesPerFrame * timing.sampleRate), track.letters.count - 1)
      letters.append(track.letters[index])
      nearest.append(track.nearest[index])
    }
    utterances += 1
    return nil
  }

  /// Clusters each layer and measures it.
  /// - Parameters:
  ///   - classes: V of the letters.
  ///   - progress: told the layer that is begun.
  /// - Returns: nil if it was stopped.
  func report(
    _ options: KMeansOptions, classes: Int, blank: Int, on compute: Compute, shouldStop: () -> Bool,
    progress: (ProbeLayer) -> Void
  ) throws -> [ProbeReport.Layer]? {
    var report: [ProbeReport.Layer] = []
    for (index, layer) in layers.enumerated() {
      progress(layer)
      try writers[index].finish()
      let file = try FeatureFile(path: paths[index])
      guard let result = try MiniBatchKMeans(options).fit(file, on: compute, shouldStop: shouldStop) else {
        return nil
      }
      let nearestCentroid = NearestCentroid(centroids: result.centroids, dimensions: width, on: compute)
      var lettered = ClusterPurity(references: classes, clusters: options.clusters)
      var all = lettered
      var inertia = 0.0
      for first in stride(from: 0, to: file.count, by: 1 << 14) {
        let range = first..<min(first + 1 << 14, file.count)
        let frames = MatrixBuffer(rows: range.count, columns: width)
        try file.read(range, into: frames.matrix.pointer)
        let (labels, distance) = nearestCentroid.assign(frames, on: compute)
        inertia += distance
        all.add(labels, references: nearest[range])
        let said = range.filter { letters[$0] != UInt16(blank) }
        lettered.add(said.map { labels[$0 - first] }, references: said.map { letters[$0] })
      }
      report.append(
        ProbeReport.Layer(
          layer: layer, features: width, inertia: inertia / Double(file.count),
          letters: ProbeReport.Agreement(lettered), nearest: ProbeReport.Agreement(all)))
    }
    return report
  }
}
