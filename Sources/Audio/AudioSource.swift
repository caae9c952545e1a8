/// Where a recording comes from.
public enum AudioSource: Sendable {
  /// An audio file. A named pipe is read to its end first, because most formats need seeking.
  case file(path: String)

  /// A whole audio file that is already in memory, such as what came on stdin. `name` is what errors call it.
  case bytes([UInt8], name: String)

  /// Samples without a header: one channel of signed 16-bit little-endian PCM at `sampleRate` Hz.
  case pcm16LittleEndian([UInt8], sampleRate: Int, name: String)

  /// What every error message starts with: the path, or the given name.
  public var name: String {
    switch self {
    case .file(let path): path
    case .bytes(_, let name), .pcm16LittleEndian(_, _, let name): name
    }
  }
}

/// The lower-case extensions, without the dot, of the files that a walk through a directory takes for audio.
///
/// A hint for choosing files, nothing more: reading looks at the content alone and never at the name.
public let audioFileExtensions: Set<String> = [
  "wav", "wave", "rf64", "w64", "flac", "ogg", "oga", "opus", "mp3", "aif", "aiff", "aifc", "au", "snd",
  "caf",
  "sph", "nist",
]
