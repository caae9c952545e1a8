import Workbench

/// How a command runs a model over recordings, checked.
struct RecordingSettings {
  let inputs: [String]
  let threads: Int
  let options: RecordingOptions

  init(inputs: [String], _ flags: RecordingFlags) throws(UsageError) {
    try self.init(
      inputs: inputs, threads: flags.threads, chunkSeconds: flags.chunkSeconds, pcm: flags.pcm)
  }

  init(
    inputs: [String], threads: ThreadFlags, chunkSeconds: Double?, pcm: Int? = nil
  ) throws(UsageError) {
    self.threads = try threads.count()
    if let chunkSeconds, !(chunkSeconds >= 1) {
      throw UsageError("--chunk-seconds \(chunkSeconds): expected 1 or more")
    }
    if let pcm {
      guard inputs.contains("-") else {
        throw UsageError("--pcm \(pcm): it is about standard input, which is not among the inputs; add -")
      }
      guard (1_000...768_000).contains(pcm) else {
        throw UsageError("--pcm \(pcm): expected a sample rate from 1000 to 768000 Hz")
      }
    }
    self.inputs = inputs
    var options = RecordingOptions()
    options.chunkSeconds = chunkSeconds
    options.pcmSampleRate = pcm
    self.options = options
  }
}

/// A directory as it was meant: `models/a/` is `models/a`.
func withoutTrailingSlash(_ path: String) -> String {
  path.count > 1 && path.hasSuffix("/") ? String(path.dropLast()) : path
}
