import CTC
import Vocabulary

/// What was heard in one utterance. Times are seconds from the beginning of the utterance's own sound: for an
/// interval of a recording, from where the interval begins.
public struct Transcript: Sendable, Equatable {
  public struct Word: Sendable, Equatable {
    public var text: String
    /// The start of the first frame of the word's first token.
    public var startSeconds: Double
    /// The end of the last frame of its last token.
    public var endSeconds: Double
    /// In 0...1; see `Hypothesis`.
    public var confidence: Double
  }

  /// A reading of the utterance and what it scores, natural logs.
  public struct Alternative: Sendable, Equatable {
    public var text: String
    public var score: Double
    public var acousticScore: Double
    /// nil without a language model.
    public var languageModelScore: Double?
  }

  /// Where the time went.
  public struct Cost: Sendable, Equatable {
    /// Reading, resampling and normalising.
    public var audioSeconds = 0.0
    /// The utterance's share of its batch.
    public var modelSeconds = 0.0
    public var decoderSeconds = 0.0

    public init() {}
  }

  public var id: String
  public var audioPath: String
  public var durationSeconds: Double
  public var text: String
  public var words: [Word]
  /// The tokens other than those between words, as they were emitted.
  public var characters: [Word]
  public var confidence: Double
  /// Best first; the first is ``text``.
  public var alternatives: [Alternative]
  public var cost: Cost
  /// Root mean square of the sound, in decibels below full scale; nil where there is none, or only silence.
  public var levelDecibels: Double?
  /// nil where nobody asked; see `RecordingOptions`.
  public var sound: SoundIdentity?
}

extension Transcript {
  init(_ loaded: LoadedUtterance, _ reading: Reading, model: LoadedModel, cost: Cost) {
    self.init(
      loaded.utterance, durationSeconds: loaded.durationSeconds, reading, timing: model.timing,
      model.vocabulary,
      cost: cost, sound: loaded.sound)
    levelDecibels = loaded.levelDecibels
  }

  init(
    _ utterance: Utterance, durationSeconds: Double, _ reading: Reading, timing: FrameTiming,
    _ vocabulary: CTCVocabulary, cost: Cost, sound: SoundIdentity?
  ) {
    let tokens = reading.tokens
    func timed(_ text: String, _ range: Range<Int>, _ confidence: Double) -> Word {
      func seconds(_ frame: Int) -> Double { min(timing.seconds(frame: frame), durationSeconds) }
      return Word(
        text: text, startSeconds: seconds(tokens[range.lowerBound].frames.lowerBound),
        endSeconds: seconds(tokens[range.upperBound - 1].frames.upperBound),
        confidence: confidence)
    }
    id = utterance.id
    audioPath = utterance.audioPath
    self.durationSeconds = durationSeconds
    text = reading.text
    words = zip(reading.words, reading.wordConfidences).map { timed($0.text, $0.labels, $1) }
    characters = tokens.indices.filter { !vocabulary.separatesWords(tokens[$0].label) }.map { place in
      let token = vocabulary.token(tokens[place].label)
      return timed(
        vocabulary.settings.lowercasesOutput ? token.lowercased() : token, place..<place + 1,
        tokens[place].confidence)
    }
    confidence = reading.confidence
    alternatives = reading.alternatives
    self.cost = cost
    self.sound = sound
  }
}
