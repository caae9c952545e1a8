/// One thing to decode: where its sound is, and what its result is called.
public struct Utterance: Sendable, Equatable {
  public enum Sound: Sendable, Equatable {
    case file(path: String)
    /// All of standard input.
    case standardInput
    /// None: a tensor of emissions in a safetensors file.
    case tensor(path: String, name: String)
  }

  /// Seconds of a recording; nil lengths reach to its end.
  public struct Interval: Sendable, Hashable {
    public var offsetSeconds: Double
    public var durationSeconds: Double?

    public init(offsetSeconds: Double, durationSeconds: Double?) {
      self.offsetSeconds = offsetSeconds
      self.durationSeconds = durationSeconds
    }
  }

  /// Unique within a run.
  public var id: String
  public var sound: Sound
  /// The part of the recording that the utterance is; nil for the whole.
  public var interval: Interval?
  /// What is said in it, where a manifest says so.
  public var text: String?
  /// Who says it, likewise.
  public var speaker: String?

  public init(
    id: String, sound: Sound, interval: Interval? = nil, text: String? = nil, speaker: String? = nil
  ) {
    self.id = id
    self.sound = sound
    self.interval = interval
    self.text = text
    self.speaker = speaker
  }

  /// `audio_filepath` of its result: a path that opens from where the program runs, or `-`.
  public var audioPath: String {
    switch sound {
    case .file(let path), .tensor(let path, _): path
    case .standardInput: "-"
    }
  }
}

/// An input that gave no result. Every other input is decoded all the same.
public struct InputFailure: Error, Sendable, Equatable, CustomStringConvertible {
  /// One line: the file or field, what is wrong, what to do.
  public let description: String

  public init(_ description: String) { self.description = oneLine(description) }

  init(_ name: String, _ reason: String) { self.init("\(name): \(reason)") }
}

/// What an argument or a row of a manifest came to.
public enum InputEntry: Sendable, Equatable {
  case utterance(Utterance)
  case failure(InputFailure)
}
