import AcousticModel
import CTC
import Tensors

/// Recordings and their texts in, words in time out, in the order of the inputs and each as soon as it is
/// ready (`RecordingPipeline`). Neither batch mates nor threads change a result.
///
/// It works on the caller's thread, on which the alignment itself is done too.
public final class AlignPipeline {
  public enum Event {
    case alignment(AlignedTranscript)
    case failure(InputFailure)
    /// So much of the next result is computed: a part in 0...1, and what that is in seconds of sound.
    case underway(part: Double, audioSeconds: Double)
  }

  private let model: LoadedModel
  private let recordings: RecordingPipeline
  private let aligner: UtteranceAligner

  /// - Parameters:
  ///   - modelDirectory: in Hugging Face's layout.
  ///   - language: for a checkpoint of many languages; nil for the `target_lang` of its tokenizer.
  ///   - threads: that compute emissions.
  /// - Throws: an error whose description is one line that names what is wrong and what to do.
  public init(
    modelDirectory: String, language: String? = nil, threads: Int,
    options: AlignmentOptions = AlignmentOptions(), recordings: RecordingOptions = RecordingOptions()
  ) throws {
    let level = try KernelLevel.chosen()
    let compute = Compute(threads: threads, level: level)
    let model = try LoadedModel(directory: modelDirectory, language: language, on: compute)
    let inference = Inference(model: model.acoustic, on: compute)
    self.model = model
    aligner = UtteranceAligner(
      vocabulary: model.vocabulary, timing: model.timing, options: options, level: level)
    self.recordings = RecordingPipeline(input: model.input, options: recordings) {
      inference.emissions(for: $0).map { FrameRows($0) }
    }
  }

  /// Aligns all `entries` to their texts.
  /// - Parameters:
  ///   - shouldStop: asked often. After the batch in hand the run ends early; a chunked recording is then
  ///     given up between two windows.
  ///   - deliver: gets one alignment or failure an entry, in their order. What it throws ends the run.
  public func run(
    _ entries: [InputEntry], shouldStop: () -> Bool, deliver: (Event) throws -> Void
  ) throws {
    try recordings.run(entries.map(checked), shouldStop: shouldStop) { event in
      switch event {
      case .rows(let utterance, let rows, let seconds):
        try deliver(alignment(of: utterance, Emissions(rows), modelSeconds: seconds))
      case .failure(let failure): try deliver(.failure(failure))
      case .underway(let part, let seconds): try deliver(.underway(part: part, audioSeconds: seconds))
      }
    }
  }

  /// What is wrong with a text is said before its recording is computed.
  private func checked(_ entry: InputEntry) -> InputEntry {
    guard case .utterance(let utterance) = entry else { return entry }
    do throws(InputFailure) {
      _ = try aligner.text(of: utterance)
      return entry
    } catch { return .failure(error) }
  }

  private func alignment(of loaded: LoadedUtterance, _ emissions: Emissions, modelSeconds: Double) -> Event {
    do throws(InputFailure) {
      try checkValidity(of: emissions, from: model, loaded.utterance)
      var aligned = try aligner.align(
        loaded.utterance, emissions, durationSeconds: loaded.durationSeconds, samples: loaded.samples)
      aligned.cost.audioSeconds = loaded.loadingSeconds
      aligned.cost.modelSeconds = modelSeconds
      return .alignment(aligned)
    } catch { return .failure(error) }
  }
}

/// Refuses emissions that no decoder can use.
func checkValidity(
  of emissions: Emissions, from model: LoadedModel, _ utterance: Utterance
) throws(InputFailure) {
  guard !emissions.isValid, let frame = emissions.firstInvalidFrame else { return }
  throw InputFailure(
    utterance.audioPath,
    "the model's emissions are NaN or infinite at frame \(frame) (\(model.timing.seconds(frame: frame)) s); its "
      + "weights are damaged, or the sound is far from what it can take")
}
