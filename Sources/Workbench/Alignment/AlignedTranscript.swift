import CTC
import Vocabulary

#if canImport(Glibc)
import Glibc
#endif

/// When the words of a known text are said in one utterance. Times are seconds from the beginning of the
/// utterance's own sound, scores natural logs.
public struct AlignedTranscript: Sendable, Equatable {
  public struct Word: Sendable, Equatable {
    /// Its text is as given; its confidence is that of its tokens, 0 for a wildcard.
    public var timed: Transcript.Word
    /// Mean over its frames, from its first token's first to its last token's last, of the log-posterior of
    /// what the path says there; nil for a wildcard.
    public var score: Double?
    /// Whether nothing of it is in the vocabulary.
    public var isWildcard: Bool { score == nil }
  }

  /// A line of the text.
  public struct Segment: Sendable, Equatable {
    public var text: String
    public var words: Range<Int>
    public var startSeconds: Double
    public var endSeconds: Double
    /// As a word's, over all of its frames; nil if all of its words are wildcards.
    public var score: Double?
    public var confidence: Double
  }

  public var id: String
  public var audioPath: String
  public var durationSeconds: Double
  public var text: String
  /// The log-probability of the path, less what wildcards cost.
  public var score: Double
  /// The geometric mean of the posteriors over all frames of the text's own tokens.
  public var confidence: Double
  public var words: [Word]
  /// Each character of the words, or what of the text a wildcard stands for.
  public var characters: [Transcript.Word]
  public var segments: [Segment]
  /// Sound that is not in the text, where that was allowed for: seconds.
  public var untranscribed: [Range<Double>]
  /// Words of the text that hold something that the vocabulary has not.
  public var unknown: [String]
  public var cost: Transcript.Cost

  /// One line each, of what was not taken word for word.
  public var notes: [String] {
    var notes: [String] = []
    if !unknown.isEmpty {
      let shown = unknown.prefix(5).map { "\"\($0)\"" }.joined(separator: ", ")
      let more = unknown.count > 5 ? " and \(unknown.count - 5) more" : ""
      notes.append(
        oneLine("\(id): wildcards stand for what the vocabulary has not, in \(shown)\(more)"))
    }
    if !untranscribed.isEmpty {
      let seconds = untranscribed.reduce(0) { $0 + $1.upperBound - $1.lowerBound }
      let stretches = untranscribed.count == 1 ? "1 stretch" : "\(untranscribed.count) stretches"
      notes.append(oneLine("\(id): \(stretches) of untranscribed sound, \(decimals(seconds, 2)) s"))
    }
    return notes
  }

  public var timedText: TimedText {
    TimedText(
      id: id, durationSeconds: durationSeconds, words: words.map(\.timed), characters: characters,
      lineStarts: Set(segments.map(\.words.lowerBound)))
  }
}

extension AlignedTranscript {
  /// - Parameter sounds: where words end with their sound; nil where they end with their tokens.
  init(
    _ utterance: Utterance, durationSeconds duration: Double, _ text: AlignmentText,
    _ alignment: ForcedAlignment, _ emissions: Emissions,
    timing: FrameTiming, sounds: (WordSounds, longestExtensionSeconds: Double)?
  ) {
    func seconds(_ frames: Range<Int>) -> Range<Double> {
      min(
        timing.seconds(frame: frames.lowerBound), duration)..<min(
          timing.seconds(frame: frames.upperBound), duration)
    }
    let frames = alignment.frames
    let tokens = alignment.tokens(in: emissions)
    func span(_ labels: Range<Int>) -> Range<Int> {
      frames[labels.lowerBound].lowerBound..<frames[labels.upperBound - 1].upperBound
    }
    func score(_ frames: Range<Int>) -> Double {
      frames.reduce(0) { $0 + Double(emissions[$1, alignment.path[$1]]) } / Double(frames.count)
    }
    untranscribed = alignment.untranscribed.map(seconds)
    var times = text.words.map { seconds(span($0.labels)) }
    if let (sounds, longest) = sounds {
      times = sounds.widened(
        times, barriers: untranscribed, durationSeconds: duration, longestExtensionSeconds: longest)
    }
    words = zip(text.words, times).map { word, time in
      Word(
        timed: Transcript.Word(
          text: word.text, startSeconds: time.lowerBound, endSeconds: time.upperBound,
          confidence: tokens[word.labels].compactMap(\.self).confidence),
        score: word.isWildcard ? nil : score(span(word.labels)))
    }
    characters = zip(text.words, times).flatMap { word, time in
      word.labels.filter { !text.characters[$0].isEmpty }.map { label in
        var own = seconds(frames[label])
        if sounds != nil {
          // A word's characters share out its time: each lasts until the next begins.
          let next = word.labels.first { $0 > label && !text.characters[$0].isEmpty }
          let start = label == word.labels.lowerBound ? time.lowerBound : own.lowerBound
          own = start..<(next.map { seconds(frames[$0]).lowerBound } ?? time.upperBound)
        }
        return Transcript.Word(
          text: text.characters[label], startSeconds: own.lowerBound, endSeconds: own.upperBound,
          confidence: tokens[label]?.confidence ?? 0)
      }
    }
    segments = text.segments.map { range in
      let labels =
        text.words[range.lowerBound].labels.lowerBound..<text.words[range.upperBound - 1].labels.upperBound
      return Segment(
        text: text.words[range].map(\.text).joined(separator: " "), words: range,
        startSeconds: times[range.lowerBound].lowerBound, endSeconds: times[range.upperBound - 1].upperBound,
        score: text.words[range].allSatisfy(\.isWildcard) ? nil : score(span(labels)),
        confidence: tokens[labels].compactMap(\.self).confidence)
    }
    id = utterance.id
    audioPath = utterance.audioPath
    durationSeconds = duration
    self.text = text.words.map(\.text).joined(separator: " ")
    self.score = alignment.score
    confidence = tokens.compactMap(\.self).confidence
    unknown = text.unknown
    cost = Transcript.Cost()
  }
}
