import Workbench

/// The arguments of `align`, checked before anything is read or written.
struct AlignSettings {
  let recordings: RecordingSettings
  /// What is aligned, and by what.
  enum Origin {
    case recordings(model: String)
    case emissions(vocabulary: String, blank: String?, texts: EmissionTexts)
  }
  let origin: Origin
  let text: String?
  let format: AlignmentFormat
  let out: String?
  let options: AlignmentOptions
  let language: String?
  let isQuiet: Bool

  init(_ command: AlignCommand) throws(UsageError) {
    recordings = try RecordingSettings(inputs: command.inputs, command.recording)
    format = try choice("--format", command.format, AlignmentFormat.self)
    var options = AlignmentOptions()
    if let rule = command.wordEnds {
      options.wordEnds = try choice("--word-ends", rule, AlignmentOptions.WordEnds.self)
    } else if command.vocab != nil {
      options.wordEnds = .spike
    }
    if let milliseconds = command.maxExtension {
      guard (0...10_000).contains(milliseconds) else {
        throw UsageError("--max-extension \(milliseconds): expected 0 to 10000 ms")
      }
      guard options.wordEnds == .sound else {
        throw UsageError("--max-extension: it is about --word-ends sound; leave out one of them")
      }
      options.longestExtensionSeconds = milliseconds / 1000
    }
    if let place = command.untranscribed {
      options.untranscribed = try choice("--untranscribed", place, AlignmentOptions.Untranscribed.self)
      if command.partial, options.untranscribed != .ends {
        throw UsageError("--untranscribed \(place): it goes against --partial; leave out one of them")
      }
    } else if command.partial {
      options.untranscribed = .ends
    }
    options.usesWildcards = !command.noWildcards
    self.options = options
    origin = try Self.origin(command, options)
    text = command.text
    out = command.out.map(withoutTrailingSlash)
    language = command.language
    isQuiet = command.quiet
  }

  private static func origin(
    _ command: AlignCommand, _ options: AlignmentOptions
  ) throws(UsageError) -> Origin {
    switch (command.model, command.vocab) {
    case (let model?, nil):
      if command.blank != nil || command.ref != nil {
        throw UsageError(
          "\(command.ref == nil ? "--blank" : "--ref"): it is about emissions; give it with --vocab")
      }
      return .recordings(model: withoutTrailingSlash(model))
    case (nil, let vocabulary?):
      let recordingOptions: [(String, Bool)] = [
        ("--language", command.language != nil), ("--pcm", command.recording.pcm != nil),
        ("--chunk-seconds", command.recording.chunkSeconds != nil),
        ("--word-ends sound", options.wordEnds == .sound),
        ("--max-extension", command.maxExtension != nil),
      ]
      if let option = recordingOptions.first(where: \.1)?.0 {
        throw UsageError("\(option): it is about recordings; leave it out with --vocab")
      }
      switch (command.text, command.ref) {
      case (let text?, nil):
        return .emissions(vocabulary: vocabulary, blank: command.blank, texts: .one(text))
      case (nil, let path?):
        return .emissions(vocabulary: vocabulary, blank: command.blank, texts: .manifest(path))
      default: throw UsageError("--text: emissions have none; give either one text, or a manifest with --ref")
      }
    case (nil, nil):
      throw UsageError(
        "--model: missing; name the model's directory, or for emissions a vocab.json with --vocab")
    case (_?, let vocabulary?):
      throw UsageError(
        "--vocab \(vocabulary): it goes with emissions, --model with recordings; leave out one of them")
    }
  }
}

/// The choice that an option's value names.
func choice<Choice: RawRepresentable<String> & CaseIterable>(
  _ option: String, _ value: String, _: Choice.Type
) throws(UsageError) -> Choice {
  if let choice = Choice(rawValue: value) { return choice }
  let available = Choice.allCases.map(\.rawValue).joined(separator: ", ")
  throw UsageError("\(option) \(value): no such \(option.dropFirst(2)); use one of \(available)")
}
