import JSON
import Workbench

/// The arguments of `decode`, checked before anything is read or written.
struct DecodeSettings {
  let inputs: [String]
  /// What is decoded, and by what.
  enum Origin {
    case recordings(model: String)
    case emissions(vocabulary: String, blank: String?)
  }
  let origin: Origin
  let format: TranscriptFormat
  let out: String?
  let emissions: String?
  let threads: Int
  let options: RecordingOptions
  let language: String?
  let isQuiet: Bool
  let decoder: DecoderChoice
  let precision: String
  /// The store's file; nil for none.
  let store: String?

  init(_ command: DecodeCommand) throws(UsageError) {
    decoder = try DecoderChoice(parsing: command.decoder)
    format = try choice("--format", command.format, TranscriptFormat.self)
    try Self.checkPrecision(command.precision)
    if let store = command.store, command.noStore {
      throw UsageError("--store \(store): it goes against --no-store; leave out one of them")
    }
    let recordings = try RecordingSettings(inputs: command.inputs, command.recording)
    inputs = recordings.inputs
    origin = try Self.origin(command)
    out = command.out
    emissions = command.emissions.map(withoutTrailingSlash)
    threads = recordings.threads
    language = command.language
    isQuiet = command.quiet
    precision = command.precision
    store = command.noStore ? nil : command.store ?? "warbler.db"
    var options = recordings.options
    options.identifiesSound = store != nil
    self.options = options
  }

  /// What settles a run's results beside the model, the decoder and the precision, for the record.
  var document: JSONValue {
    var object = JSONObject()
    object["inputs"] = .array(inputs.map { .string($0) })
    if let seconds = options.chunkSeconds { object["chunk_seconds"] = .number(seconds) }
    if let rate = options.pcmSampleRate { object["pcm"] = .integer(Int64(rate)) }
    if let language { object["language"] = .string(language) }
    object["threads"] = .integer(Int64(threads))
    return .object(object)
  }

  private static func origin(_ command: DecodeCommand) throws(UsageError) -> Origin {
    switch (command.model, command.vocab) {
    case (let model?, nil):
      if let blank = command.blank {
        throw UsageError("--blank \(blank): it is about emissions; give it with --vocab")
      }
      return .recordings(model: withoutTrailingSlash(model))
    case (nil, let vocabulary?):
      let recordingOptions: [(String, Bool)] = [
        ("--emissions", command.emissions != nil), ("--language", command.language != nil),
        ("--pcm", command.recording.pcm != nil), ("--chunk-seconds", command.recording.chunkSeconds != nil),
      ]
      if let option = recordingOptions.first(where: \.1)?.0 {
        throw UsageError("\(option): it is about recordings; leave it out with --vocab")
      }
      return .emissions(vocabulary: vocabulary, blank: command.blank)
    case (nil, nil):
      throw UsageError(
        "--model: missing; name the model's directory, or for emissions a vocab.json with --vocab")
    case (_?, let vocabulary?):
      throw UsageError(
        "--vocab \(vocabulary): it goes with emissions, --model with recordings; leave out one of them")
    }
  }

  private static func checkPrecision(_ name: String) throws(UsageError) {
    switch name {
    case "fp32": return
    case "bf16", "int8": throw UsageError("--precision \(name): not in this version; use fp32")
    default: throw UsageError("--precision \(name): no such precision; use fp32")
    }
  }
}
