import CTC
import Tensors
import Vocabulary

/// Emissions that are there already and their texts in, words in time out, in the order of the inputs. A
/// frame is 20 ms; words end with their tokens, since there is no sound to look at.
public final class EmissionAlignPipeline {
  /// Each with its text, or why it cannot be aligned.
  public let entries: [InputEntry]
  private let aligner: UtteranceAligner

  /// - Parameters:
  ///   - inputs: `.npy` files, (T, V); `.safetensors` files with such a tensor for each utterance;
  ///     directories of both.
  ///   - texts: what is said in them.
  ///   - vocabulary: a `vocab.json`.
  ///   - blankToken: the blank's entry in it; nil for `<pad>`.
  /// - Throws: one line that says what of the vocabulary or the manifest cannot be used, or how `--text` is
  ///   meant.
  public init(
    _ inputs: [String], texts: EmissionTexts, vocabulary: String, blankToken: String? = nil,
    options: AlignmentOptions
  ) throws {
    aligner = UtteranceAligner(
      vocabulary: try CTCVocabulary(file: vocabulary, blankToken: blankToken),
      timing: FrameTiming(samplesPerFrame: 320, sampleRate: 16_000), options: options,
      level: try KernelLevel.chosen())
    let listed = EmissionListing(inputs).entries
    switch texts {
    case .one(let text): entries = try InputEntry.entries(listed, text: text)
    case .manifest(let path):
      var references = try ReferenceTexts(manifest: path)
      let given = listed.map { entry -> InputEntry in
        guard case .utterance(var utterance) = entry else { return entry }
        do throws(InputFailure) {
          utterance.text = try references.take(of: utterance)
          return .utterance(utterance)
        } catch { return .failure(error) }
      }
      entries = references.failures.map { .failure($0) } + given + references.untaken.map { .failure($0) }
    }
  }

  /// Aligns all ``entries``.
  /// - Parameters:
  ///   - shouldStop: asked before each.
  ///   - deliver: gets one alignment or failure an entry, in their order. What it throws ends the run.
  public func run(shouldStop: () -> Bool, deliver: (AlignPipeline.Event) throws -> Void) throws {
    let reader = EmissionReader(vocabulary: aligner.vocabulary)
    for entry in entries {
      if shouldStop() { return }
      switch entry {
      case .failure(let failure): try deliver(.failure(failure))
      case .utterance(let utterance):
        let start = monotonicSeconds()
        let event: AlignPipeline.Event
        do throws(InputFailure) {
          _ = try aligner.text(of: utterance)
          let emissions = try reader.emissions(of: utterance)
          let seconds = monotonicSeconds() - start
          var aligned = try aligner.align(
            utterance, emissions, durationSeconds: aligner.timing.seconds(frame: emissions.frames),
            samples: nil)
          aligned.cost.audioSeconds = seconds
          event = .alignment(aligned)
        } catch { event = .failure(error) }
        try deliver(event)
      }
    }
  }
}

/// What is said in emissions.
public enum EmissionTexts: Sendable, Equatable {
  /// In the only ones there are.
  case one(String)
  /// JSON lines with `id` and `text`.
  case manifest(String)
}
