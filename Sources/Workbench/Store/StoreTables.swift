import JSON
import Store

/// Records as lines of a table for people.
enum StoreTables {
  static func runs(_ runs: [RunRecord]) -> String {
    var table = TextTable("run", "began", "#seconds", "status", "what", "result")
    for run in runs {
      table.add(
        run.id.description, time(run.startedAt), decimals(run.seconds, 1), run.status.rawValue, run.summary,
        run.result)
    }
    return table.text
  }

  static func checkpoints(_ checkpoints: [CheckpointRecord]) -> String {
    var table = TextTable(
      "id", "hash", "architecture", "#parameters", "parent", "run", "#step", "metrics", "path")
    for checkpoint in checkpoints {
      let entry = checkpoint.entry
      table.add(
        checkpoint.id.description, String(entry.hash.prefix(12)), entry.architecture,
        grouped(entry.parameterCount),
        entry.parent?.description ?? "-", entry.trainingRun?.description ?? "-",
        entry.step.map { "\($0)" } ?? "-",
        metrics(entry.metrics), entry.path)
    }
    return table.text
  }

  static func comparisons(_ comparisons: [ComparisonRecord]) -> String {
    var table = TextTable("id", "made", "#utterances", "what", "systems, best first")
    for comparison in comparisons {
      let systems = (comparison.figures["systems"]?.array ?? []).map { system in
        (name: system["name"]?.string ?? "", rate: system["words"]?["rate"]?.double)
      }
      table.add(
        comparison.id.description, time(comparison.madeAt),
        comparison.figures["utterances"]?.int.map { "\($0)" } ?? "-", comparison.title,
        systems.sorted { ($0.rate ?? .infinity) < ($1.rate ?? .infinity) }
          .map { "\($0.name) \(percent($0.rate))" }.joined(separator: ", "))
    }
    return table.text
  }

  static func systems(_ comparison: ComparisonRecord) -> String {
    var table = TextTable("system", "#wer", "#from", "#to", "#cer", "#rtf")
    for system in comparison.figures["systems"]?.array ?? [] {
      table.add(
        system["name"]?.string ?? "", percent(system["words"]?["rate"]?.double),
        percent(system["interval"]?[0]?.double), percent(system["interval"]?[1]?.double),
        percent(system["characters"]?["rate"]?.double), system["rtf"]?.double.map { decimals($0, 4) } ?? "-")
    }
    return table.text
  }

  static func pairs(_ comparison: ComparisonRecord) -> String {
    var table = TextTable("a", "b", "#difference", "#mapsswe p", "#bootstrap p", "#wins", "#ties", "#losses")
    for pair in comparison.figures["pairs"]?.array ?? [] {
      func count(_ key: String) -> String { pair[key]?.int.map { "\($0)" } ?? "-" }
      func p(_ key: String) -> String { pair[key]?.double.map { decimals($0, 4) } ?? "-" }
      table.add(
        pair["a"]?.string ?? "", pair["b"]?.string ?? "", percent(pair["difference"]?.double), p("mapsswe_p"),
        p("bootstrap_p"), count("wins"), count("ties"), count("losses"))
    }
    return table.text
  }

  private static func percent(_ rate: Double?) -> String { rate.map { decimals(100 * $0, 2) + " %" } ?? "-" }

  static func transcripts(_ transcripts: [TranscriptRecord]) -> String {
    var table = TextTable("utterance", "run", "id", "#confidence", "text")
    for transcript in transcripts {
      table.add(
        transcript.utterance.description, transcript.run.description, transcript.entry.name,
        transcript.entry.confidence.map { decimals($0, 3) } ?? "-", transcript.entry.text)
    }
    return table.text
  }

  /// Texts of one recording, by what gave them.
  static func history(_ transcripts: [TranscriptRecord]) -> String {
    let hasIntervals = transcripts.contains { $0.entry.utterance.offsetSeconds != nil }
    var table =
      hasIntervals
      ? TextTable("run", "began", "checkpoint", "decoder", "precision", "#from", "#confidence", "text")
      : TextTable("run", "began", "checkpoint", "decoder", "precision", "#confidence", "text")
    for transcript in transcripts {
      let confidence = transcript.entry.confidence.map { decimals($0, 3) } ?? "-"
      let run = transcript.run.description
      let checkpoint = transcript.checkpoint?.description ?? "-"
      let began = time(transcript.startedAt)
      if hasIntervals {
        table.add(
          run, began, checkpoint, transcript.decoder, transcript.precision,
          decimals(transcript.entry.utterance.offsetSeconds ?? 0, 2), confidence, transcript.entry.text)
      } else {
        table.add(
          run, began, checkpoint, transcript.decoder, transcript.precision, confidence, transcript.entry.text)
      }
    }
    return table.text
  }

  static func evaluations(_ evaluations: [TrainingMetrics]) -> String {
    var table = TextTable("#step", "metrics")
    for evaluation in evaluations { table.add("\(evaluation.step)", metrics(.object(evaluation.values))) }
    return table.text
  }

  /// `2026-01-31 12:00:00`, UTC.
  static func time(_ stamp: String) -> String { String(stamp.prefix(19)).replacing("T", with: " ") }

  /// `eval_loss 1.25, wer 0.3`: numbers to four decimals, whatever else as JSON.
  static func metrics(_ value: JSONValue) -> String {
    guard let object = value.object else { return "-" }
    let parts = object.members.filter { $0.key != "step" }.map { member in
      guard case .number(let number) = member.value else { return "\(member.key) \(member.value.text())" }
      // Learning rates are small.
      return "\(member.key) " + (abs(number) >= 0.001 || number == 0 ? decimals(number, 4) : "\(number)")
    }
    return parts.isEmpty ? "-" : parts.joined(separator: ", ")
  }
}

/// A run of either kind.
enum RunRecord {
  case decode(DecodeRunRecord)
  case training(TrainingRunRecord)

  var id: RecordID {
    switch self {
    case .decode(let run): run.id
    case .training(let run): run.id
    }
  }
  var startedAt: String {
    switch self {
    case .decode(let run): run.startedAt
    case .training(let run): run.startedAt
    }
  }
  var seconds: Double {
    switch self {
    case .decode(let run): run.seconds
    case .training(let run): run.seconds
    }
  }
  var status: RunStatus {
    switch self {
    case .decode(let run): run.status
    case .training(let run): run.status
    }
  }
  var document: JSONValue {
    switch self {
    case .decode(let run): run.document
    case .training(let run): run.document
    }
  }

  var summary: String {
    switch self {
    case .decode(let run):
      "decode \(run.entry.checkpoint?.description ?? "emissions") \(run.entry.decoder) \(run.entry.precision)"
    case .training(let run):
      "finetune \(run.entry.initialCheckpoint?.description ?? "new") \(run.entry.directory)"
    }
  }

  var result: String {
    switch self {
    case .decode(let run):
      "\(run.decoded) of \(run.entry.inputs)" + (run.failed > 0 ? ", \(run.failed) failed" : "")
        + ", \(decimals(run.audioSeconds, 1)) s of audio"
    case .training(let run):
      [
        run.lastStep.map { "step \($0.step)" },
        run.lastEvaluation.map { StoreTables.metrics(.object($0.values)) },
        run.message,
      ].compactMap { $0 }.joined(separator: ", ")
    }
  }
}
