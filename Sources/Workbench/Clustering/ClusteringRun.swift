import AcousticModel
import Checkpoints
import Clustering
import Hashing
import Tensors

#if canImport(Glibc)
import Glibc
#endif

/// Recordings in, clusters and labels out: HuBERT's targets.
///
/// Stages: mean and variance of each speaker's features are gathered, if they are to be standardized by speaker;
/// features of a fraction of the utterances go to a file; clusters are fitted to it; then all
/// utterances are labelled, their features computed again. A stage whose inputs have not changed since it was
/// done is passed over, and labelling goes on where it was stopped, so that the same call resumes a run. What
/// is in memory does not grow with the recordings, but for the ids.
public struct ClusteringRun {
  public enum Event {
    case failure(InputFailure)
    case note(String)
    /// What is being done, and which part of it is done, in 0...1.
    case underway(String, part: Double)
  }

  private let options: ClusteringOptions

  public init(_ options: ClusteringOptions) {
    precondition(options.fraction > 0 && options.fraction <= 1, "a fraction of \(options.fraction)")
    self.options = options
  }

  /// Runs all stages.
  /// - Parameters:
  ///   - entries: ids are distinct; failures among them are passed on.
  ///   - shouldStop: asked often; what is complete is then kept.
  /// - Returns: nil if it was stopped.
  /// - Throws: one line; what is complete is kept.
  public func run(
    _ entries: [InputEntry], shouldStop: () -> Bool, tell: (Event) throws -> Void
  ) throws -> ClusteringReport? {
    let compute = Compute(threads: options.threads, level: try KernelLevel.chosen())
    let given = try options.centroids.map { try KMeansModel(path: $0) }
    let features = try ClusteringFeatures(options.features, options.standardization, on: compute)
    let step = try labelStep(features.origin.framesPerSecond)
    let reference = try options.reference.map { try ClusterLabels(path: $0) }
    if let reference { _ = try referenceStep(reference, features.origin.framesPerSecond / Double(step)) }
    let files = try ClusteringFiles(out: options.out)
    var utterances: [Utterance] = []
    var told: Set<String> = []
    for entry in entries {
      switch entry {
      case .utterance(let utterance): utterances.append(utterance)
      case .failure(let failure):
        told.insert(failure.description)
        try tell(.failure(failure))
      }
    }
    guard !utterances.isEmpty else {
      throw InputFailure("nothing to cluster: none of the inputs is a recording; correct those above")
    }
    if options.standardization.isBySpeaker,
      let nameless = utterances.first(where: { $0.speaker == nil })
    {
      throw InputFailure(
        nameless.id,
        "has no speaker to standardize by; give \"speaker\" in each row of the manifest, or standardize by utterance"
      )
    }
    let stages = ClusteringStages(
      options: options, features: features, files: files, utterances: utterances, compute: compute,
      dataKey: Self.key(of: utterances, features.origin))
    let report = { (failure: InputFailure) in
      if told.insert(failure.description).inserted { try tell(.failure(failure)) }
    }
    guard let standardizer = try stages.standardizer(shouldStop, report, tell) else { return nil }
    let model: KMeansModel
    if let given {
      try check(given, against: features)
      model = given
      try given.write(to: files.centroids)
    } else {
      guard let fitted = try stages.fit(standardizer, shouldStop, report, tell) else { return nil }
      model = fitted
    }
    let labelKey = try SHA256.hex(ofFile: files.centroids)
    guard
      let log = try stages.label(
        model, standardizer, step: step, centroids: labelKey, shouldStop, report, tell)
    else { return nil }
    if let km = options.km {
      let labels = try ClusterLabels(path: files.labels)
      try labels.writeKM(utterances.map(\.id).filter { labels.frames(of: $0) != nil }, to: km)
    }
    let result = try quality(model, log, reference, failed: entries.count - log.records.count, step: step)
    try AtomicFile.write(Array((result.json + "\n").utf8), to: files.report)
    return result
  }

  /// Every how many frames a label is kept.
  private func labelStep(_ framesPerSecond: Double) throws -> Int {
    guard let wanted = options.framesPerSecond else { return 1 }
    let step = framesPerSecond / wanted
    guard step >= 1, step <= 1000, step == step.rounded() else {
      throw UsageError(
        "--rate \(decimals(wanted, 3)): expected a whole part of the features' \(decimals(framesPerSecond, 3)) Hz"
      )
    }
    return Int(step)
  }

  private func referenceStep(_ reference: ClusterLabels, _ framesPerSecond: Double) throws -> Int {
    let step = reference.origin.framesPerSecond / framesPerSecond
    guard step >= 1, step == step.rounded() else {
      throw InputFailure(
        reference.path,
        "frames_per_second: expected a multiple of the labels' \(framesPerSecond), found "
          + "\(reference.origin.framesPerSecond); make it at that rate, or lower --rate")
    }
    return Int(step)
  }

  private func check(_ model: KMeansModel, against features: ClusteringFeatures) throws {
    guard model.origin == features.origin, model.dimensions == features.width else {
      throw InputFailure(
        options.centroids ?? "",
        "is of \(model.origin.summary), \(model.dimensions) features a frame; expected \(features.origin.summary), "
          + "\(features.width) features: give what it was made with")
    }
  }

  /// What recordings are, as far as their labels depend on them: paths, parts, speakers, sizes and times of change.
  private static func key(of utterances: [Utterance], _ origin: FeatureOrigin) -> String {
    var hash = SHA256()
    hash.update("clustering 2, \(origin)\n")
    for utterance in utterances {
      var status = stat()
      let isThere = stat(utterance.audioPath, &status) == 0
      hash.update(
        "\(utterance.id.utf8.count) \(utterance.id) \(absolutePath(utterance.audioPath)) "
          + "\(utterance.interval.map { "\($0)" } ?? "whole") \(isThere ? Int(status.st_size) : -1) "
          + "\(status.st_mtim.tv_sec) \(status.st_mtim.tv_nsec) \(utterance.speaker ?? "")\n")
    }
    return hash.finalizeHex()
  }

  private func quality(
    _ model: KMeansModel, _ log: LabelLog, _ reference: ClusterLabels?, failed: Int, step: Int
  ) throws -> ClusteringReport {
    var usage = ClusterUsage(clusters: model.clusters)
    var purity = reference.map { ClusterPurity(references: $0.clusters, clusters: model.clusters) }
    var compared = 0
    try log.forEach { record, labels in
      usage.add(labels)
      guard let reference, let truth = try reference.labels(of: record.id) else { return }
      let every = try referenceStep(reference, model.origin.framesPerSecond / Double(step))
      let kept = stride(from: 0, to: truth.count, by: every).map { truth[$0] }
      let count = min(kept.count, labels.count)
      purity?.add(labels[..<count], references: kept[..<count])
      compared += 1
    }
    let inertia = log.records.reduce(0) { $0 + $1.inertia }
    return ClusteringReport(
      model: model, utterances: log.records.count, failed: failed, inertia: inertia / Double(usage.frames),
      usage: usage, agreement: purity.map { ClusteringReport.Agreement($0, utterances: compared) })
  }
}
