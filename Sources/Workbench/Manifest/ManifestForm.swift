#if canImport(Glibc)
import Glibc
#endif

/// The forms of manifests, each known by how it begins.
indirect enum ManifestForm: Equatable {
  case jsonLines
  /// Columns with names in the first line.
  case table(separator: UInt8)
  case fairseq
  /// A directory with `wav.scp`.
  case kaldi
  /// A directory with one of the forms above in it, called `metadata.csv` or `metadata.jsonl`.
  case metadata(file: String, ManifestForm)
  /// Any other directory.
  case recordings

  /// What is said of anything else.
  static func failure(_ path: String) -> InputFailure {
    InputFailure(
      path,
      """
      expected JSON lines with audio_filepath or file_name, a table with a column file_name or path, fairseq's .tsv \
      or a directory (Kaldi's, LibriSpeech's, or of recordings), found none of these; name a manifest
      """)
  }

  /// - Returns: nil for anything else.
  /// - Throws: what the system says.
  init?(of path: String) throws(SystemError) {
    var status = stat()
    guard stat(path, &status) == 0 else { throw SystemError(number: errno) }
    if status.st_mode & S_IFMT == S_IFDIR {
      self = try Self(ofDirectory: path)
    } else {
      self.init(beginning: try readBeginning(path: path, count: Self.beginning))
    }
  }

  /// - Returns: nil for a file that does not begin as one, such as audio.
  init?(beginning bytes: [UInt8]) {
    let bytes = withoutMark(bytes)
    if bytes.first(where: { !isBlank($0) }) == UInt8(ascii: "{") {
      self = .jsonLines
      return
    }
    let lines = bytes.split(separator: UInt8(ascii: "\n"), maxSplits: 2)
    guard let first = lines.first, !first.contains(where: { $0 < 0x20 && !isBlank($0) }) else { return nil }
    let tab = UInt8(ascii: "\t")
    let separator = first.contains(tab) ? tab : UInt8(ascii: ",")
    let columns = DelimitedText(Array(first), separator: separator).rows.first?.fields ?? []
    if !ManifestFields.audio.isDisjoint(with: columns) {
      self = .table(separator: separator)
    } else if separator != tab, lines.count > 1, Self.isLength(lines[1].split(separator: tab).dropFirst()) {
      self = .fairseq
    } else {
      return nil
    }
  }

  /// Of a file, by which its form is known.
  static let beginning = 1 << 14

  private init(ofDirectory path: String) throws(SystemError) {
    let prefix = asPrefix(path)
    if access(prefix + "wav.scp", F_OK) == 0 {
      self = .kaldi
      return
    }
    for name in ["metadata.jsonl", "metadata.csv"] where access(prefix + name, F_OK) == 0 {
      // Others than Hugging Face give this name to tables of other kinds.
      if let form = Self(beginning: try readBeginning(path: prefix + name, count: Self.beginning)) {
        self = .metadata(file: prefix + name, form)
        return
      }
    }
    self = .recordings
  }

  /// Whether what follows a path is its length alone.
  private static func isLength(_ fields: ArraySlice<ArraySlice<UInt8>>) -> Bool {
    let digits = fields.first.map { $0.last == UInt8(ascii: "\r") ? $0.dropLast() : $0 } ?? []
    return fields.count == 1 && !digits.isEmpty && digits.allSatisfy { (0x30...0x39).contains($0) }
  }
}
