import CTC
import Tensors
import Vocabulary

/// Aligns what is said in an utterance to its emissions.
struct UtteranceAligner {
  let vocabulary: CTCVocabulary
  let timing: FrameTiming
  let options: AlignmentOptions
  let level: KernelLevel

  /// The utterance's text, as this vocabulary can write it.
  /// - Throws: what is wrong with it.
  func text(of utterance: Utterance) throws(InputFailure) -> AlignmentText {
    guard let written = utterance.text else {
      throw InputFailure(
        utterance.audioPath, "has no text to align; give it a text in the manifest, or one by --text")
    }
    let text = AlignmentText(written, vocabulary: vocabulary, untranscribed: options.untranscribed)
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

  /// - Parameters:
  ///   - emissions: valid ones.
  ///   - samples: the sound that word ends are to include, at the rate of ``timing``; nil where there is none,
  ///     and words end with their tokens.
  func align(
    _ utterance: Utterance, _ emissions: Emissions, durationSeconds: Double, samples: [Float]?
  ) throws(InputFailure) -> AlignedTranscript {
    let start = monotonicSeconds()
    let text = try text(of: utterance)
    let alignment = ForcedAlignment(emissions, target: text.target, blank: vocabulary.blank, level: level)
    guard let alignment else {
      throw infeasible(utterance, text.target, frames: emissions.frames, durationSeconds: durationSeconds)
    }
    var sounds: (WordSounds, longestExtensionSeconds: Double)?
    if options.wordEnds == .sound, let samples {
      sounds = (WordSounds(samples, sampleRate: timing.sampleRate), options.longestExtensionSeconds)
    }
    var aligned = AlignedTranscript(
      utterance, durationSeconds: durationSeconds, text, alignment, emissions, timing: timing, sounds: sounds)
    aligned.cost.decoderSeconds = monotonicSeconds() - start
    return aligned
  }

  private func infeasible(
    _ utterance: Utterance, _ target: AlignmentTarget, frames: Int, durationSeconds: Double
  ) -> InputFailure {
    let labels = target.labels.count
    let needed = target.fewestFrames
    guard needed > frames else {
      return InputFailure(
        utterance.audioPath,
        "the model gives its text a probability of 0; check that the text is of this recording and the model "
          + "whole")
    }
    return InputFailure(
      utterance.audioPath,
      "its text is too long: \(labels) labels\(needed > labels ? " and \(needed - labels) repeats" : "") need "
        + "\(needed) frames (\(decimals(timing.seconds(frame: needed), 2)) s), found \(frames) "
        + "(\(decimals(durationSeconds, 2)) s); check that the text is of this recording")
  }
}
