public import AcousticModel
import Audio
public import CTC
import Vocabulary

/// Recordings in, transcripts out, in the order of the inputs and each as soon as it is ready.
///
/// A loader thread reads ahead, up to a minute of sound; whatever it has read meanwhile is computed together,
/// in batches of up to 20 s. What is in memory is therefore bounded, however many inputs there are. A
/// recording over 120 s is a batch by itself, window by window (`ChunkPlan`). Neither batch mates nor threads
/// change a result.
///
/// It works on the caller's thread, which owns the `Inference`.
public final class DecodePipeline {
  public struct Options: Sendable {
    /// Recordings longer than this are chunked, in windows of as much; nil chunks those over 120 s in windows
    /// of 60 s.
    public var chunkSeconds: Double?
    /// The rate of headerless samples on standard input, in Hz; nil if it is an audio file.
    public var pcmSampleRate: Int?
    /// Whether transcripts tell what their utterances sound like, for which the recordings are hashed.
    public var identifiesSound = false

    public init() {}
  }

  public enum Event {
    case transcript(Transcript, Emissions)
    case failure(InputFailure)
    /// So much of the next result is computed: a part in 0...1, and what that is in seconds of sound.
    case underway(part: Double, audioSeconds: Double)
  }

  public let model: LoadedModel
  private let inference: Inference
  private let decoder: GreedyDecoder
  private let options: Options

  static let batchSeconds = 20.0
  static let aheadSeconds = 60.0
  /// What an entry weighs at least, so that many short or failed ones cannot pile up.
  static let leastSeconds = 0.1

  private enum Loaded: Sendable {
    case utterance(LoadedUtterance)
    case failure(InputFailure)
  }

  public init(model: LoadedModel, inference: Inference, options: Options = Options()) {
    self.model = model
    self.inference = inference
    self.options = options
    decoder = GreedyDecoder(blank: model.vocabulary.blank)
  }

  /// Decodes all `entries`.
  /// - Parameters:
  ///   - shouldStop: asked often. After the batch in hand the run ends early; a chunked recording is then
  ///     given up between two windows.
  ///   - deliver: gets one transcript or failure an entry, in their order. What it throws ends the run.
  public func run(
    _ entries: [InputEntry], shouldStop: () -> Bool, deliver: (Event) throws -> Void
  ) throws {
    let queue = BoundedQueue<Loaded>(capacity: Self.aheadSeconds)
    let loader = UtteranceLoader(
      model: model, pcmSampleRate: options.pcmSampleRate, identifiesSound: options.identifiesSound)
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
      try decode(batch, shouldStop, deliver)
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
  private static func weight(of loaded: Loaded, _ options: Options) -> Double {
    guard case .utterance(let utterance) = loaded else { return leastSeconds }
    let seconds = utterance.durationSeconds
    let isChunked = ChunkPlan.seconds(forRecordingOf: seconds, requested: options.chunkSeconds) != nil
    // More than a batch takes: a recording in chunks is one by itself.
    return max(seconds, isChunked ? batchSeconds + 1 : leastSeconds)
  }

  private func decode(_ batch: [Loaded], _ shouldStop: () -> Bool, _ deliver: (Event) throws -> Void) throws {
    let utterances = batch.compactMap { if case .utterance(let utterance) = $0 { utterance } else { nil } }
    let start = monotonicSeconds()
    guard
      let emissions = try emissions(
        for: utterances, shouldStop: shouldStop,
        underway: { part in
          let seconds = utterances.reduce(0) { $0 + $1.durationSeconds }
          try deliver(.underway(part: part, audioSeconds: part * seconds))
        })
    else { return }
    let modelSeconds = monotonicSeconds() - start
    let total = utterances.reduce(0) { $0 + $1.samples.count }
    var results = zip(utterances, emissions).makeIterator()
    for entry in batch {
      switch entry {
      case .failure(let failure): try deliver(.failure(failure))
      case .utterance:
        let (utterance, emissions) = results.next()!
        try deliver(
          transcribe(utterance, emissions, modelSeconds * Double(utterance.samples.count) / Double(total)))
      }
    }
  }

  private func transcribe(_ loaded: LoadedUtterance, _ emissions: Emissions, _ modelSeconds: Double) -> Event
  {
    if !emissions.isValid, let frame = emissions.firstInvalidFrame {
      return .failure(
        InputFailure(
          loaded.utterance.audioPath,
          "the model's emissions are NaN or infinite at frame \(frame) (\(model.timing.seconds(frame: frame)) s); its "
            + "weights are damaged, or the sound is far from what it can take"))
    }
    let start = monotonicSeconds()
    let hypothesis = decoder.decode(emissions)
    var cost = Transcript.Cost()
    cost.audioSeconds = loaded.loadingSeconds
    cost.modelSeconds = modelSeconds
    cost.decoderSeconds = monotonicSeconds() - start
    return .transcript(Transcript(loaded, hypothesis, model: model, cost: cost), emissions)
  }

  /// Emissions of each utterance; nil if `shouldStop` came between.
  private func emissions(
    for utterances: [LoadedUtterance], shouldStop: () -> Bool, underway: (Double) throws -> Void
  ) throws -> [Emissions]? {
    if utterances.count == 1, let utterance = utterances.first,
      let seconds = ChunkPlan.seconds(
        forRecordingOf: utterance.durationSeconds, requested: options.chunkSeconds)
    {
      let plan = ChunkPlan(samples: utterance.samples.count, seconds: seconds, model)
      let joined = try inference.emissions(
        for: utterance.samples, plan, together: Int(Self.batchSeconds) * model.timing.sampleRate,
        shouldStop: shouldStop, underway: underway)
      return joined.map { [$0] }
    }
    return inference.emissions(for: utterances.map(\.samples))
  }
}
