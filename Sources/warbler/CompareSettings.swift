import Evaluation
import Store
import Workbench

/// The arguments of `compare`, checked before anything is read or written.
struct CompareSettings {
  /// Where the systems' texts come from.
  enum Origin {
    case models(manifest: String, ComparisonInput.ModelRun)
    case runs(reference: String, [RecordID])
    case files(reference: String, [String])
  }

  let origin: Origin
  /// Nil for the usual ones.
  let rules: String?
  let names: [String]
  let files: ScoringSet.Options
  let unit: WordUnit
  let bootstrap: Bootstrap.Options
  let html: String?
  let soundBytes: Int
  let isJSON: Bool
  let top: Int
  /// The store's file.
  let store: String
  /// Whether the comparison is kept in it.
  let isKept: Bool
  let threads: Int
  let isQuiet: Bool

  init(_ command: CompareCommand) throws(UsageError) {
    let recording = try RecordingSettings(
      inputs: [command.manifest ?? command.ref ?? ""], threads: command.threads,
      chunkSeconds: command.chunkSeconds)
    threads = recording.threads
    origin = try Self.origin(command, recording)
    rules = command.rules
    names = command.name
    var files = ScoringSet.Options()
    if let notation = command.notation {
      files.notation = try choice("--notation", notation, ReferenceNotation.self)
    }
    files.countsMissingAsEmpty = command.missingAsEmpty
    self.files = files
    unit = try choice("--cjk", command.cjk, CJKUnit.self) == .characters ? .mixed : .spaced
    guard (1...10_000_000).contains(command.samples) else {
      throw UsageError("--samples \(command.samples): expected 1 to 10000000")
    }
    guard command.seed >= 0 else { throw UsageError("--seed \(command.seed): expected 0 or more") }
    guard command.top >= 0 else { throw UsageError("--top \(command.top): expected 0 (none) or more") }
    guard command.soundMegabytes >= 0, command.soundMegabytes <= 100_000 else {
      throw UsageError("--sound-megabytes \(command.soundMegabytes): expected 0 to 100000")
    }
    var bootstrap = Bootstrap.Options()
    bootstrap.samples = command.samples
    bootstrap.seed = UInt64(command.seed)
    self.bootstrap = bootstrap
    html = command.html
    soundBytes = Int(command.soundMegabytes * 1e6)
    isJSON = command.json
    top = command.top
    if let store = command.store, command.noStore, command.runs.isEmpty {
      throw UsageError("--store \(store): it goes against --no-store; leave out one of them")
    }
    store = command.store ?? "warbler.db"
    isKept = !command.noStore
    isQuiet = command.quiet
  }

  private static func origin(
    _ command: CompareCommand, _ recording: RecordingSettings
  ) throws(UsageError) -> Origin {
    let kinds = [
      ("--model", !command.model.isEmpty), ("--run", !command.runs.isEmpty), ("--hyp", !command.hyp.isEmpty),
    ].filter(\.1).map(\.0)
    guard let kind = kinds.first else {
      throw UsageError("--model, --run or --hyp: expected one of them, the systems to compare, found none")
    }
    if kinds.count > 1 {
      throw UsageError("\(kinds[1]): it goes against \(kind); compare systems of one kind at a time")
    }
    if kind == "--model" {
      guard let manifest = command.manifest else {
        throw UsageError("manifest: missing; name the speech that the models are to decode")
      }
      if let ref = command.ref {
        throw UsageError("--ref \(ref): references are the texts of the manifest; leave it out")
      }
      var run = ComparisonInput.ModelRun(models: command.model.map(withoutTrailingSlash))
      var decoders: [DecoderChoice] = []
      for text in command.decoder { decoders.append(try DecoderChoice(parsing: text)) }
      if !decoders.isEmpty { run.decoders = decoders }
      run.names = command.name
      run.language = command.language
      run.threads = recording.threads
      run.recording = recording.options
      run.emissions = command.emissions.map(withoutTrailingSlash)
      run.needsEmissions = command.html != nil
      return .models(manifest: manifest, run)
    }
    let ofModels: [(String, Bool)] = [
      ("--decoder", !command.decoder.isEmpty), ("--emissions", command.emissions != nil),
      ("--language", command.language != nil), ("--chunk-seconds", command.chunkSeconds != nil),
    ]
    if let option = ofModels.first(where: \.1)?.0 {
      throw UsageError("\(option): it is about models; leave it out with \(kind)")
    }
    if let manifest = command.manifest, let ref = command.ref {
      throw UsageError("--ref \(ref): given beside \(manifest); name what was said once")
    }
    guard let reference = command.ref ?? command.manifest else {
      throw UsageError("--ref: missing; name what was said")
    }
    guard kind == "--run" else { return .files(reference: reference, command.hyp) }
    var ids: [RecordID] = []
    for text in command.runs {
      guard let id = RecordID(text), id.kind == .decodeRun else {
        throw UsageError("--run \(text): expected a decode run as warbler store runs lists them, such as d12")
      }
      ids.append(id)
    }
    return .runs(reference: reference, ids)
  }
}

/// How `--cjk` names what a Chinese or Japanese word is.
enum CJKUnit: String, CaseIterable {
  case characters, words
}
