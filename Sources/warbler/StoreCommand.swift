import ArgumentParser
import Store
import Workbench

/// `warbler store`.
struct StoreCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "store", abstract: "Look into the record of what has been done.",
    discussion: """
      decode, finetune and compare keep every run, checkpoint, transcript and comparison in a store, warbler.db in the working directory \
      unless told otherwise. Times are UTC.
      """,
    subcommands: [
      StoreRunsCommand.self, StoreCheckpointsCommand.self, StoreTranscriptsCommand.self,
      StoreComparisonsCommand.self, StoreShowCommand.self,
      StoreSearchCommand.self, StoreExportCommand.self, StorePruneCommand.self,
    ])
}

/// What all of them take.
struct StoreOptions: ParsableArguments {
  @Option(help: ArgumentHelp("The store.", valueName: "file"))
  var store = "warbler.db"

  @Flag(help: "Print a JSON object a line.")
  var json = false

  func read(_ body: (StoreReader) throws -> Void) throws {
    try reportingFailures {
      let store = try Store(path: store, access: .existing)
      let output = try ResultOutput(path: nil)
      try body(StoreReader(store, isJSON: json) { try output.write($0) })
    }
  }
}

struct StoreRunsCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "runs", abstract: "List decode and training runs, the latest last.")

  @OptionGroup var options: StoreOptions

  func run() throws { try options.read { try $0.runs() } }
}

struct StoreCheckpointsCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "checkpoints", abstract: "List checkpoints: what they are and what they came from.")

  @OptionGroup var options: StoreOptions

  func run() throws { try options.read { try $0.checkpoints() } }
}

struct StoreTranscriptsCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "transcripts", abstract: "List transcripts, the latest last.")

  @Option(name: .customLong("run"), help: ArgumentHelp("Of this decode run alone.", valueName: "id"))
  var runID: String?

  @Option(help: ArgumentHelp("Of this checkpoint alone.", valueName: "id"))
  var checkpoint: String?

  @Option(help: ArgumentHelp("The latest so many.", valueName: "n"))
  var limit: Int?

  @OptionGroup var options: StoreOptions

  func validate() throws {
    try checkLimit(limit)
    _ = try filter()
  }

  func run() throws { try options.read { try $0.transcripts(try filter()) } }

  private func filter() throws -> TranscriptFilter {
    var filter = TranscriptFilter()
    filter.run = try runID.map { try recordID("--run", $0, .decodeRun) }
    filter.checkpoint = try checkpoint.map { try recordID("--checkpoint", $0, .checkpoint) }
    filter.limit = limit
    return filter
  }
}

struct StoreComparisonsCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "comparisons", abstract: "List comparisons of systems, the latest last.")

  @OptionGroup var options: StoreOptions

  func run() throws { try options.read { try $0.comparisons() } }
}

struct StoreShowCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "show",
    abstract: "Show a run, a checkpoint, a comparison, or every text that a recording was ever given.")

  @Argument(
    help: ArgumentHelp(
      "A run (d1, t1), a checkpoint (c1), a comparison (m1) or an utterance (u1) by its id; a recording or a checkpoint by its path.",
      valueName: "id"))
  var name: String

  @OptionGroup var options: StoreOptions

  func run() throws { try options.read { try $0.show(name) } }
}

struct StoreSearchCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "search", abstract: "Find transcripts by their words, the best matches first.",
    discussion: """
      All words must occur, in any order; case and diacritics do not matter. Words in double quotes must follow one \
      another, and a word that ends in * is one that begins so.
      """)

  @Argument(help: ArgumentHelp("What to look for.", valueName: "word"))
  var words: [String]

  @Option(help: ArgumentHelp("So many matches.", valueName: "n"))
  var limit = 20

  @OptionGroup var options: StoreOptions

  func validate() throws {
    try checkLimit(limit)
    if TextSearch(words.joined(separator: " ")) == nil {
      throw ValidationError("Expected words to look for, found '\(words.joined(separator: " "))'.")
    }
  }

  func run() throws {
    var filter = TranscriptFilter()
    filter.search = TextSearch(words.joined(separator: " "))
    filter.limit = limit
    try options.read { try $0.transcripts(filter) }
  }
}

struct StoreExportCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "export", abstract: "Write transcripts, runs or checkpoints as JSON lines.",
    discussion: """
      A transcript's line has the fields of decode --format jsonl, and those that say where it comes from. It is a \
      manifest's line too: audio_filepath is a path from the root on.
      """)

  @Option(help: ArgumentHelp("transcripts, runs or checkpoints.", valueName: "records"))
  var what = StoreReader.Exported.transcripts.rawValue

  @Option(name: .customLong("run"), help: ArgumentHelp("Of this run alone.", valueName: "id"))
  var runID: String?

  @Option(help: ArgumentHelp("Write to this file instead of stdout.", valueName: "file"))
  var out: String?

  @Option(help: ArgumentHelp("The store.", valueName: "file"))
  var store = "warbler.db"

  func validate() throws { _ = try selection() }

  func run() throws {
    let (what, run) = try selection()
    try reportingFailures {
      // First the store: one that cannot be read leaves the file as it was.
      let store = try Store(path: store, access: .existing)
      let output = try ResultOutput(path: out)
      try StoreReader(store, isJSON: true) { try output.write($0) }.export(what, of: run)
    }
  }

  private func selection() throws -> (StoreReader.Exported, RecordID?) {
    guard let what = StoreReader.Exported(rawValue: what) else {
      throw ValidationError("--what: expected transcripts, runs or checkpoints, found '\(what)'.")
    }
    let run = try runID.map { name in
      switch what {
      case .transcripts: try recordID("--run", name, .decodeRun)
      case .runs: try recordID("--run", name, .decodeRun, .trainingRun)
      case .checkpoints: try recordID("--run", name, .trainingRun)
      }
    }
    return (what, run)
  }
}

struct StorePruneCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "prune", abstract: "Delete runs, with their transcripts and measurements.",
    discussion: "Checkpoints stay on record. With --before or --keep, runs under way are spared.")

  @Option(
    name: .customLong("run"),
    help: ArgumentHelp("Delete this run, or comparison; may be repeated.", valueName: "id"))
  var runIDs: [String] = []

  @Option(help: ArgumentHelp("Delete runs that began before this day, or time (UTC).", valueName: "date"))
  var before: String?

  @Option(help: ArgumentHelp("Keep the latest so many runs, and delete the others.", valueName: "n"))
  var keep: Int?

  @Flag(help: "Say what would be deleted, and delete nothing.")
  var dryRun = false

  @OptionGroup var options: StoreOptions

  func validate() throws { _ = try pruning() }

  func run() throws { try options.read { try $0.prune(try pruning(), isRehearsal: dryRun) } }

  private func pruning() throws -> Pruning {
    if !runIDs.isEmpty {
      guard before == nil, keep == nil else {
        throw ValidationError("--run names what to delete; leave out --before and --keep.")
      }
      return .runs(try runIDs.map { try recordID("--run", $0, .decodeRun, .trainingRun, .comparison) })
    }
    guard before != nil || keep != nil else {
      throw ValidationError("Say what to delete: --run ID, --before DATE or --keep N.")
    }
    if let keep, keep < 0 { throw ValidationError("--keep: expected 0 or more, found \(keep).") }
    let time = before.map { $0.replacing(" ", with: "T") }
    if let time, time.wholeMatch(of: /\d{4}-\d\d-\d\d(T\d\d:\d\d(:\d\d)?)?/) == nil {
      throw ValidationError("--before: expected YYYY-MM-DD or YYYY-MM-DDTHH:MM, found '\(before ?? "")'.")
    }
    return .old(before: time, keep: keep ?? 0)
  }
}

private func recordID(_ option: String, _ text: String, _ kinds: RecordID.Kind...) throws -> RecordID {
  guard let id = RecordID(text), kinds.contains(id.kind) else {
    let examples = kinds.map { "\($0.rawValue)1" }.joined(separator: " or ")
    throw ValidationError("\(option): expected an id such as \(examples), found '\(text)'.")
  }
  return id
}

private func checkLimit(_ limit: Int?) throws {
  if let limit, limit < 1 { throw ValidationError("--limit: expected 1 or more, found \(limit).") }
}

/// Runs `body`; what goes wrong is a line on stderr and exit code 1.
private func reportingFailures(_ body: () throws -> Void) throws {
  var console = Console(isQuiet: true)
  do {
    try body()
  } catch ResultOutput.Failure.closed {
    ResultOutput.endByClosedPipe()
  } catch ResultOutput.Failure.failed(let reason) {
    console.failure(reason)
    throw ExitCode(1)
  } catch {
    console.failure("\(error)")
    throw ExitCode(1)
  }
}
