public import AcousticModel
public import CTC
import Vocabulary

/// Recordings in, transcripts out, in the order of the inputs and each as soon as it is ready
/// (`RecordingPipeline`). Neither batch mates nor threads change a result.
///
/// It works on the caller's thread, which owns the `Inference`.
public final class DecodePipeline {
  public enum Event {
    case transcript(Transcript, Emissions)
    case failure(InputFailure)
    /// So much of the next result is computed: a part in 0...1, and what that is in seconds of sound.
    case underway(part: Double, audioSeconds: Double)
  }

  public let model: LoadedModel
  private let recordings: RecordingPipeline
  private var decoder: SpeechDecoder

  /// - Parameter decoder: made for the model's vocabulary.
  public init(
    model: LoadedModel, decoder: SpeechDecoder, inference: Inference,
    options: RecordingOptions = RecordingOptions()
  ) {
    self.model = model
    recordings = RecordingPipeline(input: model.input, options: options) {
      inference.emissions(for: $0).map { FrameRows($0) }
    }
    self.decoder = decoder
  }

  /// Decodes all `entries`.
  /// - Parameters:
  ///   - shouldStop: asked often. After the batch in hand the run ends early; a chunked recording is then
  ///     given up between two windows.
  ///   - deliver: gets one transcript or failure an entry, in their order. What it throws ends the run.
  public func run(
    _ entries: [InputEntry], shouldStop: () -> Bool, deliver: (Event) throws -> Void
  ) throws {
    try recordings.run(entries, shouldStop: shouldStop) { event in
      switch event {
      case .rows(let utterance, let rows, let seconds): try deliver(transcribe(utterance, rows, seconds))
      case .failure(let failure): try deliver(.failure(failure))
      case .underway(let part, let seconds): try deliver(.underway(part: part, audioSeconds: seconds))
      }
    }
  }

  private func transcribe(_ loaded: LoadedUtterance, _ rows: FrameRows, _ modelSeconds: Double) -> Event {
    let emissions = Emissions(rows)
    do throws(InputFailure) {
      try checkValidity(of: emissions, from: model, loaded.utterance)
    } catch { return .failure(error) }
    let start = monotonicSeconds()
    let reading = decoder.decode(emissions)
    var cost = Transcript.Cost()
    cost.audioSeconds = loaded.loadingSeconds
    cost.modelSeconds = modelSeconds
    cost.decoderSeconds = monotonicSeconds() - start
    return .transcript(Transcript(loaded, reading, model: model, cost: cost), emissions)
  }
}

extension Emissions {
  /// Rows of log-posteriors.
  init(_ rows: FrameRows) {
    self.init(frames: rows.frames, vocabularySize: rows.width, logPosteriors: rows.values)
  }
}
