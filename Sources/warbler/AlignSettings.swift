import Workbench

/// The arguments of `align`, checked before anything is read or written.
struct AlignSettings {
  let recordings: RecordingSettings
  let model: String
  let text: String?
  let format: AlignmentFormat
  let out: String?
  let options: AlignmentOptions
  let language: String?
  let isQuiet: Bool

  init(_ command: AlignCommand) throws(UsageError) {
    recordings = try RecordingSettings(
      inputs: command.inputs, threads: command.threads, chunkSeconds: command.chunkSeconds, pcm: command.pcm)
    format = try choice("--format", command.format, AlignmentFormat.self)
    var options = AlignmentOptions()
    options.wordEnds = try choice("--word-ends", command.wordEnds, AlignmentOptions.WordEnds.self)
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
    model = withoutTrailingSlash(command.model)
    text = command.text
    out = command.out.map(withoutTrailingSlash)
    language = command.language
    isQuiet = command.quiet
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
