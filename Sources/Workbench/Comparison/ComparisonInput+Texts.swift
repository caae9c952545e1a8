public import Evaluation
import JSON
public import Store

extension ComparisonInput {
  /// Texts that are there already: a file of any tool, or a run of the store.
  public struct Texts {
    let name: String
    let detail: String
    let file: ScoringSet.File

    /// A file; `-` is standard input.
    /// - Throws: one line for one that cannot be read.
    public init(path: String) throws(InputFailure) {
      name = path == "-" ? "stdin" : ComparisonInput.shortName(path)
      detail = path
      file = try ScoringRun.file(path)
    }

    /// A decode run: what `store export --run` writes of it.
    /// - Throws: for a run that is not there, or heard nothing.
    public init(run: RecordID, of store: Store) throws {
      let record = try store.decodeRun(run)
      var filter = TranscriptFilter()
      filter.run = run
      var bytes: [UInt8] = []
      try store.forEachTranscript(filter) { bytes += $0.document.utf8() + [0x0A] }
      name = "\(run) \(record.entry.decoder)"
      detail = "run \(run), \(record.checkpointPath ?? "emissions") \(record.entry.decoder)"
      file = ScoringSet.File(name: "run \(run) of \(store.path)", bytes: bytes)
    }
  }

  /// Matches texts with their references: by id, or a ctm with an stm by time.
  ///
  /// - Parameters:
  ///   - reference: a file of any form that `score` takes. Where it is a manifest, sounds are those of its rows.
  ///   - names: for the first systems.
  /// - Throws: one line that names the file, its line, and what is missing, repeated or too much in it.
  public init(
    reference: String, _ texts: [Texts], names: [String] = [],
    options: ScoringSet.Options = ScoringSet.Options()
  ) throws {
    let names = try Self.names(names, usual: texts.map(\.name))
    let file = try ScoringRun.file(reference)
    let rows = Self.rows(of: reference)
    for (number, text) in texts.enumerated() {
      let set = try ScoringSet(reference: file, hypothesis: text.file, options)
      remarks += set.remarks
      let extras = TranscriptExtras.all(in: text.file.bytes)
      if number == 0 {
        for pair in set.pairs {
          var utterance = ComparedUtterance(id: pair.id, reference: pair.reference, notation: pair.notation)
          let (row, extra) = (rows[pair.id], extras[pair.id])
          utterance.speaker = row?.utterance.speaker
          utterance.durationSeconds = row?.durationSeconds ?? extra?.durationSeconds
          utterances.append(utterance)
          sounds.append(row?.utterance ?? extra?.sound)
        }
      }
      var readings: [ComparedSystem.Reading] = []
      var facts = Facts(detail: text.detail)
      var isTimed = !set.pairs.isEmpty
      for pair in set.pairs {
        let extra = extras[pair.id]
        var reading = ComparedSystem.Reading(pair.hypothesis)
        if let extra {
          reading.alternatives = extra.alternatives
          reading.confidence = extra.confidence
          reading.wordConfidences = extra.wordConfidences(of: pair.hypothesis)
        }
        if let seconds = extra?.seconds, let duration = extra?.durationSeconds {
          facts.seconds = (facts.seconds ?? 0) + seconds
          facts.audioSeconds = (facts.audioSeconds ?? 0) + duration
        } else {
          isTimed = false
        }
        readings.append(reading)
      }
      if !isTimed { (facts.seconds, facts.audioSeconds) = (nil, nil) }
      systems.append(ComparedSystem(name: names[number], readings: readings))
      self.facts.append(facts)
      words.append(set.pairs.map { extras[$0.id]?.words ?? [] })
      searchScores.append(set.pairs.map { extras[$0.id]?.score })
    }
  }

  /// The rows of a manifest by id; none of a file that is no manifest.
  private static func rows(of path: String) -> [String: (utterance: Utterance, durationSeconds: Double?)] {
    guard path != "-", let listing = try? CorpusListing(manifest: path) else { return [:] }
    var rows: [String: (utterance: Utterance, durationSeconds: Double?)] = [:]
    for entry in listing.entries {
      if let utterance = entry.utterance { rows[utterance.id] = (utterance, entry.durationSeconds) }
    }
    return rows
  }
}

/// What a JSON line of `decode` says beside its id and text.
private struct TranscriptExtras {
  var sound: Utterance?
  var durationSeconds: Double?
  var score: Double?
  var confidence: Double?
  var alternatives: [String] = []
  var words: [Transcript.Word] = []
  var seconds: Double?

  /// By id; empty for anything but JSON lines.
  static func all(in bytes: [UInt8]) -> [String: TranscriptExtras] {
    guard bytes.first(where: { $0 != 0x20 && $0 != 0x0A && $0 != 0x0D }) == UInt8(ascii: "{") else {
      return [:]
    }
    var extras: [String: TranscriptExtras] = [:]
    for line in bytes.split(separator: 0x0A) {
      // What cannot be read has been refused by whoever read the texts.
      guard let object = try? JSONValue(parsing: Array(line), options: .python).object,
        let id = object["id"]?.string
      else { continue }
      extras[id] = TranscriptExtras(object, id: id)
    }
    return extras
  }

  private init(_ object: JSONObject, id: String) {
    if let path = object["audio_filepath"]?.string, path != "-" {
      sound = Utterance(
        id: id, sound: .file(path: path),
        interval: object["offset"]?.double.map {
          Utterance.Interval(offsetSeconds: $0, durationSeconds: object["duration"]?.double)
        })
    }
    durationSeconds = object["duration"]?.double
    score = object["score"]?.double
    confidence = object["confidence"]?.double
    let texts = (object["nbest"]?.array ?? []).compactMap { $0["text"]?.string }
    if texts.count > 1 { alternatives = texts }
    words = (object["words"]?.array ?? []).compactMap { word in
      guard let text = word["word"]?.string, let start = word["start"]?.double, let end = word["end"]?.double
      else { return nil }
      return Transcript.Word(
        text: text, startSeconds: start, endSeconds: end, confidence: word["confidence"]?.double ?? 1)
    }
    let parts = ["audio", "model", "decoder"].compactMap { object["seconds"]?[$0]?.double }
    seconds = parts.isEmpty ? nil : parts.reduce(0, +)
  }

  func wordConfidences(of text: String) -> [Double]? {
    words.map(\.text) == text.split(whereSeparator: \.isWhitespace).map(String.init)
      ? words.map(\.confidence) : nil
  }
}
