/// A row of a corpus: what a manifest says of an utterance, and what its audio was found to be.
public struct CorpusRow: Sendable {
  /// Where it stands, for messages: `train.jsonl:12`.
  public var place: String
  /// The line in that file, from 1.
  public var line: Int
  public var id: String
  /// As it opens from here.
  public var audioPath: String
  /// Where the utterance begins in the recording; nil where it is all of it.
  public var offsetSeconds: Double?
  /// As declared: of the interval, or of the recording; nil where nothing is.
  public var durationSeconds: Double?
  /// As written; nil where there is none.
  public var text: String?
  /// Who says it; nil where nothing is declared.
  public var speaker: String?
  public var sound: Sound

  public enum Sound: Sendable {
    case measured(AudioMeasurement)
    /// It cannot be used whatever the rest says; `reason` is one line.
    case failed(CorpusFinding.Kind, reason: String)
  }

  public init(
    place: String, line: Int, id: String, audioPath: String, offsetSeconds: Double? = nil,
    durationSeconds: Double? = nil, text: String? = nil, speaker: String? = nil, sound: Sound
  ) {
    self.place = place
    self.line = line
    self.id = id
    self.audioPath = audioPath
    self.offsetSeconds = offsetSeconds
    self.durationSeconds = durationSeconds
    self.text = text
    self.speaker = speaker
    self.sound = sound
  }

  public var measurement: AudioMeasurement? {
    if case .measured(let measurement) = sound { measurement } else { nil }
  }

  /// Of the audio; 0 where it could not be read.
  public var seconds: Double { measurement?.seconds ?? 0 }
}
