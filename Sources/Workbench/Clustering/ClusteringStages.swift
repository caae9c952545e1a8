import Checkpoints
import Clustering
import Hashing
import Tensors

/// The stages of a clustering, each passed over if what it would make is there.
struct ClusteringStages {
  let options: ClusteringOptions
  let features: ClusteringFeatures
  let files: ClusteringFiles
  let utterances: [Utterance]
  let compute: Compute
  /// Of the recordings and the features.
  let dataKey: String

  typealias Report = (InputFailure) throws -> Void
  typealias Tell = (ClusteringRun.Event) throws -> Void

  /// What features are standardized by, which takes a pass over all utterances if it is by speaker; nil if it was
  /// stopped.
  func standardizer(_ shouldStop: () -> Bool, _ report: Report, _ tell: Tell) throws -> FrameStandardizer? {
    guard options.standardization.isBySpeaker else { return FrameStandardizer(options.standardization) }
    let key = SHA256.hex(of: "\(dataKey) speakers")
    if files.isCurrent(files.speakers, key: key), let known = try? SpeakerScales(path: files.speakers) {
      return FrameStandardizer(known)
    }
    var moments: [String: FrameMoments] = [:]
    let isWhole = try pass("speakers", over: utterances, shouldStop, report, tell) { utterance, rows in
      // Frames that are not finite are told of when their utterance is labelled.
      _ = moments[utterance.speaker ?? "", default: FrameMoments(dimensions: features.width)].add(rows.values)
    }
    guard isWhole else { return nil }
    let scales = SpeakerScales(moments, origin: features.origin)
    try scales.write(to: files.speakers)
    try files.note(key, of: files.speakers)
    return FrameStandardizer(scales)
  }

  /// Clusters of a part of the utterances; nil if it was stopped.
  func fit(
    _ standardizer: FrameStandardizer, _ shouldStop: () -> Bool, _ report: Report, _ tell: Tell
  ) throws -> KMeansModel? {
    let featuresKey = SHA256.hex(of: "\(dataKey) \(options.fraction) \(options.kmeans.seed)")
    let key = SHA256.hex(of: "\(featuresKey) \(options.kmeans)")
    if files.isCurrent(files.centroids, key: key), let model = try? KMeansModel(path: files.centroids) {
      try tell(.note("\(files.centroids): made of the same before, and kept"))
      return model
    }
    if !files.isCurrent(files.features, key: featuresKey) {
      guard try collect(standardizer, shouldStop, report, tell) else { return nil }
      try files.note(featuresKey, of: files.features)
    }
    let file = try FeatureFile(path: files.features)
    let result: MiniBatchKMeans.Result?
    do {
      result = try MiniBatchKMeans(options.kmeans).fit(
        file, on: compute, shouldStop: shouldStop,
        // A fit cannot be stopped by what is told of it.
        progress: { try? tell(Self.event($0)) })
    } catch {
      throw InputFailure("\(error)")
    }
    guard let result else { return nil }
    let model = KMeansModel(
      result, dimensions: features.width, origin: features.origin, seed: options.kmeans.seed,
      frames: file.count)
    try model.write(to: files.centroids)
    try files.note(key, of: files.centroids)
    files.remove(files.features)
    return model
  }

  private static func event(_ progress: MiniBatchKMeans.Progress) -> ClusteringRun.Event {
    switch progress {
    case .starts(let done, let total):
      .underway("start \(done) of \(total)", part: Double(done) / Double(total))
    case .batches(let done, let total, let inertia):
      .underway(
        "batch \(done) of at most \(total)" + (inertia.map { ", inertia \(decimals($0, 2))" } ?? ""),
        part: Double(done) / Double(total))
    }
  }

  /// Writes the features that clusters are fitted to; false if it was stopped.
  private func collect(
    _ standardizer: FrameStandardizer, _ shouldStop: () -> Bool, _ report: Report, _ tell: Tell
  ) throws -> Bool {
    let chosen = chosenUtterances
    let writer = try FeatureFileWriter(path: files.features, dimensions: features.width)
    let isWhole = try pass("features", over: chosen, shouldStop, report, tell) { utterance, rows in
      let rows = standardizer.standardized(rows, of: utterance)
      let bad = try rows.values.withUnsafeBufferPointer { values throws(CheckpointError) in
        try writer.append(values)
      }
      if let bad { try report(Self.notFinite(utterance, frame: bad)) }
    }
    guard isWhole else { return false }
    guard writer.count > 0 else {
      throw InputFailure("nothing to cluster: none of the inputs gave features; correct those above")
    }
    try writer.finish()
    return true
  }

  /// Each with the probability that is asked for, by its id and the seed.
  private var chosenUtterances: [Utterance] {
    if options.fraction == 1 { return utterances }
    let keyed = utterances.map { (key: SHA256.hex(of: "\(options.kmeans.seed) \($0.id)"), utterance: $0) }
    let chosen = keyed.filter {
      Double(UInt64($0.key.prefix(16), radix: 16) ?? 0) * 0x1p-64 < options.fraction
    }
    return chosen.isEmpty ? [keyed.min { $0.key < $1.key }!.utterance] : chosen.map(\.utterance)
  }

  /// Labels of all utterances; nil if it was stopped.
  /// - Parameter step: every how many frames a label is kept.
  func label(
    _ model: KMeansModel, _ standardizer: FrameStandardizer, step: Int, centroids: String,
    _ shouldStop: () -> Bool, _ report: Report, _ tell: Tell
  ) throws -> LabelLog? {
    let key = SHA256.hex(of: "\(dataKey) \(centroids) \(step)")
    let log = try LabelLog(path: files.log, identity: key)
    let known = Set(log.records.map(\.id))
    let rest = utterances.filter { !known.contains($0.id) }
    let nearest = model.nearest(on: compute)
    let behind = utterances.count - rest.count
    let isWhole = try pass("labels", over: rest, behind: behind, shouldStop, report, tell) {
      utterance, rows in
      let rows = standardizer.standardized(rows, of: utterance)
      let (labels, inertia) = nearest.assign(rows.every(step), on: compute)
      if inertia.isFinite {
        try log.append(utterance.id, labels, inertia: inertia)
      } else {
        let bad = rows.values.firstIndex { !$0.isFinite } ?? 0
        try report(Self.notFinite(utterance, frame: bad / rows.width))
      }
    }
    guard isWhole else { return nil }
    guard !log.records.isEmpty else {
      throw InputFailure("nothing to label: none of the inputs gave features; correct those above")
    }
    let labelsKey = SHA256.hex(of: "\(key) \(log.records.count)")
    if !files.isCurrent(files.labels, key: labelsKey) {
      var origin = model.origin
      origin.framesPerSecond /= Double(step)
      try log.write(to: files.labels, clusters: model.clusters, origin: origin, centroids: centroids)
      try files.note(labelsKey, of: files.labels)
    }
    return log
  }

  /// Hands the features of utterances over, one after the other; false if it was stopped before the last.
  /// - Parameters:
  ///   - name: what progress is told of.
  ///   - behind: how many utterances were done before these, for progress.
  private func pass(
    _ name: String, over some: [Utterance], behind: Int = 0, _ shouldStop: () -> Bool, _ report: Report,
    _ tell: Tell, _ take: (Utterance, FrameRows) throws -> Void
  ) throws -> Bool {
    let total = behind + some.count
    var done = behind
    try features.recordings.run(some.map { .utterance($0) }, shouldStop: shouldStop) { event in
      switch event {
      case .underway: return
      case .failure(let failure): try report(failure)
      case .rows(let loaded, let rows, _): try take(loaded.utterance, rows)
      }
      done += 1
      try tell(.underway("\(name) \(done)/\(total)", part: Double(done) / Double(total)))
    }
    return done == total
  }

  private static func notFinite(_ utterance: Utterance, frame: Int) -> InputFailure {
    InputFailure(
      utterance.audioPath,
      "its features are NaN, infinite or too large at frame \(frame); mend the recording or leave it out")
  }
}

extension FrameRows {
  /// Frames 0, step, 2 step, ...
  fileprivate func every(_ step: Int) -> MatrixBuffer {
    let kept = Array(stride(from: 0, to: frames, by: step))
    let result = MatrixBuffer(rows: kept.count, columns: width)
    values.withUnsafeBufferPointer { values in
      guard let values = values.baseAddress else { return }
      for (place, frame) in kept.enumerated() {
        result.matrix.row(place).update(from: values + frame * width, count: width)
      }
    }
    return result
  }
}
