import ArgumentParser

/// How recordings are read and computed, as every command takes it that runs one model over its inputs.
struct RecordingFlags: ParsableArguments {
  @OptionGroup var threads: ThreadFlags

  @Option(
    name: .customLong("chunk-seconds"),
    help: ArgumentHelp(
      "Compute recordings longer than this in windows of this length (default: those over 120 s, in windows of 60 s).",
      valueName: "s"))
  var chunkSeconds: Double?

  @Option(
    help: ArgumentHelp(
      "Standard input is raw 16-bit little-endian mono samples at this rate, in Hz.", valueName: "rate"))
  var pcm: Int?
}
