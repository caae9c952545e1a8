import AcousticModel
import CTC
import Tensors
import Vocabulary

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
  private let options: AlignmentOptions
  private let level: KernelLevel

  /// - Parameters:
  ///   - modelDirectory: in Hugging Face's layout.
  ///   - language: for a checkpoint of many languages; nil for the `target_lang` of its tokenizer.
  ///   - threads: that compute emissions.
  /// - Throws: an error whose description is one line that names what is wrong and what to do.
  public init(
    modelDirectory: String, language: String? = nil, threads: Int,
    options: AlignmentOptions = AlignmentOptions(), recordings: RecordingOptions = RecordingOptions()
  ) throws {
    level = try KernelLevel.chosen()
    let compute = Compute(threads: threads, level: level)
    let model = try LoadedModel(directory: modelDirectory, language: language, on: compute)
    let inference = Inference(model: model.acoustic, on: compute)
    self.model = model
    self.options = options
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
      _ = try text(of: utterance)
      return entry
    } catch { return .failure(error) }
  }

  private func text(of utterance: Utterance) throws(InputFailure) -> AlignmentText {
    guard let written = utterance.text else {
      throw InputFailure(
        utterance.audioPath, "has no text to align; give it a text in the manifest, or one by --text")
    }
    let text = AlignmentText(written, vocabulary: model.vocabulary, untranscribed: options.untranscribed)
    guard !text.words.isEmpty else {
      throw InputFailure(
        utterance.audioPath,
        "its text has no words to align, found \"\(written.prefix(60))\"; write what is said")
    }
    if !options.usesWildcards, let word = text.unknown.first {
      throw InputFailure(
        utterance.audioPath,
        "its text has \(text.unknown.count) \(text.unknown.count == 1 ? "word" : "words") with characters "
          + "that the vocabulary has not, the first \"\(word)\"; write it as it is said, or leave out "
          + "--no-wildcards")
    }
    return text
  }

  private func alignment(of loaded: LoadedUtterance, _ emissions: Emissions, modelSeconds: Double) -> Event {
    do throws(InputFailure) {
      return .alignment(try align(loaded, emissions, modelSeconds: modelSeconds))
    } catch { return .failure(error) }
  }

  private func align(
    _ loaded: LoadedUtterance, _ emissions: Emissions, modelSeconds: Double
  ) throws(InputFailure) -> AlignedTranscript {
    try checkValidity(of: emissions, from: model, loaded.utterance)
    let start = monotonicSeconds()
    let text = try text(of: loaded.utterance)
    let alignment = ForcedAlignment(
      emissions, target: text.target, blank: model.vocabulary.blank, level: level)
    guard let alignment else { throw infeasible(loaded, text.target, frames: emissions.frames) }
    let sounds =
      options.wordEnds == .spike
      ? nil
      : (
        WordSounds(loaded.samples, sampleRate: model.timing.sampleRate), options.longestExtensionSeconds
      )
    var aligned = AlignedTranscript(
      loaded, text, alignment, emissions, timing: model.timing, sounds: sounds)
    aligned.cost.audioSeconds = loaded.loadingSeconds
    aligned.cost.modelSeconds = modelSeconds
    aligned.cost.decoderSeconds = monotonicSeconds() - start
    return aligned
  }

  private func infeasible(_ loaded: LoadedUtterance, _ target: AlignmentTarget, frames: Int) -> InputFailure {
    let labels = target.labels.count
    let needed = target.fewestFrames
    let path = loaded.utterance.audioPath
    guard needed > frames else {
      return InputFailure(
        path,
        "the model gives its text a probability of 0; check that the text is of this recording and the model "
          + "whole")
    }
    return InputFailure(
      path,
      "its text is too long: \(labels) labels\(needed > labels ? " and \(needed - labels) repeats" : "") need "
        + "\(needed) frames (\(decimals(model.timing.seconds(frame: needed), 2)) s), found \(frames) "
        + "(\(decimals(loaded.durationSeconds, 2)) s); check that the text is of this recording")
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
