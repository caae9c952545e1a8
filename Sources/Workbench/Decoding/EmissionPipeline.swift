import CTC
public import Vocabulary

/// Emissions that are there already in, transcripts out, in the order of the inputs. A frame is 20 ms.
public final class EmissionPipeline: TranscriptSource {
  public let entries: [InputEntry]
  public let vocabulary: CTCVocabulary
  public var classes: Int { vocabulary.count }
  public let timing = FrameTiming(samplesPerFrame: 320, sampleRate: 16_000)
  private var decoder: SpeechDecoder
  private let identifiesSound: Bool

  /// - Parameters:
  ///   - inputs: `.npy` files, (T, V); `.safetensors` files with such a tensor for each utterance;
  ///     directories of both.
  ///   - vocabulary: a `vocab.json`.
  ///   - blankToken: the blank's entry in it; nil for `<pad>`.
  ///   - identifiesSound: hash the emissions, which a store needs.
  /// - Throws: one line that says what of the vocabulary or the decoder's files cannot be used.
  public init(
    _ inputs: [String], vocabulary: String, blankToken: String? = nil, decoder: DecoderChoice,
    identifiesSound: Bool = false
  ) throws {
    self.vocabulary = try CTCVocabulary(file: vocabulary, blankToken: blankToken)
    self.decoder = try SpeechDecoder(decoder, vocabulary: self.vocabulary, classes: self.vocabulary.count)
    self.identifiesSound = identifiesSound
    entries = EmissionListing(inputs).entries
  }

  public func run(shouldStop: () -> Bool, deliver: (DecodePipeline.Event) throws -> Void) throws {
    let reader = EmissionReader(vocabulary: vocabulary)
    for entry in entries {
      if shouldStop() { return }
      switch entry {
      case .failure(let failure): try deliver(.failure(failure))
      case .utterance(let utterance):
        let start = monotonicSeconds()
        let emissions: Emissions
        do throws(InputFailure) { emissions = try reader.emissions(of: utterance) } catch {
          try deliver(.failure(error))
          continue
        }
        let seconds = monotonicSeconds() - start
        try deliver(.transcript(transcript(of: utterance, emissions, readingSeconds: seconds), emissions))
      }
    }
  }

  private func transcript(of utterance: Utterance, _ emissions: Emissions, readingSeconds: Double)
    -> Transcript
  {
    let start = monotonicSeconds()
    let reading = decoder.decode(emissions)
    var cost = Transcript.Cost()
    cost.audioSeconds = readingSeconds
    cost.decoderSeconds = monotonicSeconds() - start
    return Transcript(
      utterance, durationSeconds: timing.seconds(frame: emissions.frames), reading, timing: timing,
      vocabulary,
      cost: cost, sound: identifiesSound ? SoundIdentity(emissions) : nil)
  }
}
