/// Recordings in, the rows that a model gives for them out, in the order of the inputs and each as soon as it
/// is ready: what everything that runs a model over many recordings shares.
///
/// A loader thread reads ahead, up to a minute of sound; whatever it has read meanwhile is computed together,
/// in batches of up to 20 s. What is in memory is therefore bounded, however many inputs there are. A
/// recording over 120 s is a batch by itself, window by window (`ChunkPlan`).
///
/// It works on the caller's thread.
struct RecordingPipeline {
  enum Event {
    /// One recording's rows, and its share of the seconds that the batch took.
    case rows(LoadedUtterance, FrameRows, modelSeconds: Double)
    case failure(InputFailure)
    /// So much of the next result is computed: a part in 0...1, and what that is in seconds of sound.
    case underway(part: Double, audioSeconds: Double)
  }

  let input: ModelInput
  let options: RecordingOptions
  /// The rows of each of several waveforms, none of which depends on the others.
  let compute: ([[Float]]) -> [FrameRows]

  static let batchSeconds = 20.0
  static let aheadSeconds = 60.0
  /// What an entry weighs at least, so that many short or failed ones cannot pile up.
  static let leastSeconds = 0.1

  private enum Loaded: Sendable {
    case utterance(LoadedUtterance)
    case failure(InputFailure)
  }

  /// Computes all `entries`.
  /// - Parameters:
  ///   - shouldStop: asked often. After the batch in hand the run ends early; a chunked recording is then
  ///     given up between two windows.
  ///   - deliver: gets the rows or a failure of each entry, in their order. What it throws ends the run.
  func run(_ entries: [InputEntry], shouldStop: () -> Bool, deliver: (Event) throws -> Void) throws {
    let queue = BoundedQueue<Loaded>(capacity: Self.aheadSeconds)
    let loader = UtteranceLoader(
      input: input, pcmSampleRate: options.pcmSampleRate, identifiesSound: options.identifiesSound)
    runInBackground { [options] in
      var loader = loader
      for entry in entries {
        let loaded = Self.load(entry, &loader)
        guard queue.give(loaded, weight: Self.weight(of: loaded, options)) else { return }
      }
      queue.finish()
    }
    defer { queue.close() }
    while true {
      let batch = queue.take(upTo: Self.batchSeconds, unless: shouldStop)
      if batch.isEmpty { return }
      try compute(batch, shouldStop, deliver)
    }
  }

  private static func load(_ entry: InputEntry, _ loader: inout UtteranceLoader) -> Loaded {
    do throws(InputFailure) {
      switch entry {
      case .failure(let failure): return .failure(failure)
      case .utterance(let utterance): return .utterance(try loader.load(utterance))
      }
    } catch {
      return .failure(error)
    }
  }

  /// Seconds that an entry counts for.
  private static func weight(of loaded: Loaded, _ options: RecordingOptions) -> Double {
    guard case .utterance(let utterance) = loaded else { return leastSeconds }
    let seconds = utterance.durationSeconds
    let isChunked = ChunkPlan.seconds(forRecordingOf: seconds, requested: options.chunkSeconds) != nil
    // More than a batch takes: a recording in chunks is one by itself.
    return max(seconds, isChunked ? batchSeconds + 1 : leastSeconds)
  }

  private func compute(_ batch: [Loaded], _ shouldStop: () -> Bool, _ deliver: (Event) throws -> Void) throws
  {
    let utterances = batch.compactMap { if case .utterance(let utterance) = $0 { utterance } else { nil } }
    let start = monotonicSeconds()
    guard
      let rows = try rows(
        of: utterances, shouldStop: shouldStop,
        underway: { part in
          let seconds = utterances.reduce(0) { $0 + $1.durationSeconds }
          try deliver(.underway(part: part, audioSeconds: part * seconds))
        })
    else { return }
    let modelSeconds = monotonicSeconds() - start
    let total = utterances.reduce(0) { $0 + $1.samples.count }
    var results = zip(utterances, rows).makeIterator()
    for entry in batch {
      switch entry {
      case .failure(let failure): try deliver(.failure(failure))
      case .utterance:
        let (utterance, rows) = results.next()!
        let share = Double(utterance.samples.count) / Double(total)
        try deliver(.rows(utterance, rows, modelSeconds: modelSeconds * share))
      }
    }
  }

  /// The rows of each utterance; nil if `shouldStop` came between.
  private func rows(
    of utterances: [LoadedUtterance], shouldStop: () -> Bool, underway: (Double) throws -> Void
  ) throws -> [FrameRows]? {
    if utterances.count == 1, let utterance = utterances.first,
      let seconds = ChunkPlan.seconds(
        forRecordingOf: utterance.durationSeconds, requested: options.chunkSeconds)
    {
      let plan = ChunkPlan(samples: utterance.samples.count, seconds: seconds, input)
      let joined = try plan.joined(
        utterance.samples, together: Int(Self.batchSeconds) * input.timing.sampleRate,
        shouldStop: shouldStop, underway: underway, compute: compute)
      return joined.map { [$0] }
    }
    return compute(utterances.map(\.samples))
  }
}

/// How recordings are read and cut.
public struct RecordingOptions: Sendable {
  /// Recordings longer than this are chunked, in windows of as much; nil chunks those over 120 s in windows
  /// of 60 s.
  public var chunkSeconds: Double?
  /// The rate of headerless samples on standard input, in Hz; nil if it is an audio file.
  public var pcmSampleRate: Int?
  /// Whether to tell what each utterance sounds like, for which the recordings are hashed.
  public var identifiesSound = false

  public init() {}
}
