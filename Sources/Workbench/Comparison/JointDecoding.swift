public import CTC

/// Several decoders over the same emissions, each utterance's of which are computed once.
public struct JointDecoding {
  public enum Event {
    /// What each decoder reads in an utterance, in the decoders' order.
    case transcripts([Transcript], Emissions)
    case failure(InputFailure)
    /// So much of the next result is computed: a part in 0...1, and what that is in seconds of sound.
    case underway(part: Double, audioSeconds: Double)
  }

  private let source: any TranscriptSource
  private var others: [SpeechDecoder]

  /// - Parameters:
  ///   - source: decodes with the first decoder.
  ///   - others: the decoders behind the first.
  /// - Throws: one line that names a decoder's file that cannot be used.
  public init(_ source: any TranscriptSource, others: [DecoderChoice]) throws {
    self.source = source
    self.others = try others.map {
      try SpeechDecoder($0, vocabulary: source.vocabulary, classes: source.classes)
    }
  }

  /// Gives the transcripts or a failure of each of the source's entries, in their order.
  /// - Parameters:
  ///   - shouldStop: asked often; the run then ends early.
  ///   - deliver: what it throws ends the run.
  public mutating func run(shouldStop: () -> Bool, deliver: (Event) throws -> Void) throws {
    var others = others
    defer { self.others = others }
    try source.run(shouldStop: shouldStop) { event in
      switch event {
      case .transcript(let first, let emissions):
        let rest = others.indices.map { reread(first, emissions, with: &others[$0]) }
        try deliver(.transcripts([first] + rest, emissions))
      case .failure(let failure): try deliver(.failure(failure))
      case .underway(let part, let seconds): try deliver(.underway(part: part, audioSeconds: seconds))
      }
    }
  }

  private func reread(_ first: Transcript, _ emissions: Emissions, with decoder: inout SpeechDecoder)
    -> Transcript
  {
    let start = monotonicSeconds()
    let reading = decoder.decode(emissions)
    var cost = first.cost
    cost.decoderSeconds = monotonicSeconds() - start
    var transcript = Transcript(
      Utterance(id: first.id, sound: .file(path: first.audioPath)), durationSeconds: first.durationSeconds,
      reading, timing: source.timing, source.vocabulary, cost: cost, sound: first.sound)
    transcript.levelDecibels = first.levelDecibels
    return transcript
  }
}
