/// A list of utterances: recordings or parts of them, with what is said and by whom where the list tells.
///
/// Its form is told by its content:
///
/// - JSON lines with `audio_filepath`, as NeMo writes them, or `file_name`, as Hugging Face's `metadata.jsonl`;
/// - a table with one of these columns or `path`: Hugging Face's `metadata.csv`, Common Voice's `.tsv`;
/// - fairseq's `.tsv`, and `.ltr` or `.wrd` beside it;
/// - a directory: Kaldi's (`wav.scp`), one with a `metadata.csv` or `metadata.jsonl`, or any that holds
///   recordings, with the texts of `*.trans.txt` as LibriSpeech keeps them.
struct Manifest {
  struct Row: Equatable {
    /// As it opens from here.
    let path: String
    /// What an id is made of where none is written: the path as the manifest writes it.
    let name: String
    let id: String?
    let interval: Utterance.Interval?
    /// As declared, of the interval or of the recording.
    let durationSeconds: Double?
    /// Nil where there is none.
    let text: String?
    /// Likewise.
    let speaker: String?

    init(
      path: String, name: String, id: String? = nil, interval: Utterance.Interval? = nil,
      durationSeconds: Double? = nil, text: String? = nil, speaker: String? = nil
    ) {
      self.path = path
      self.name = name
      self.id = id
      self.interval = interval
      self.durationSeconds = durationSeconds
      self.text = text
      self.speaker = speaker
    }
  }

  /// A row, or why there is none, and where it stands.
  struct Entry {
    /// `file:line` for messages; the recording where no line lists it.
    let place: String
    /// From 1; 0 for none.
    let line: Int
    let row: Result<Row, InputFailure>

    init(file: String, line: Int, _ row: Result<Row, InputFailure>) {
      place = "\(file):\(line)"
      self.line = line
      self.row = row
    }

    init(recording path: String, _ row: Result<Row, InputFailure>) {
      place = path
      line = 0
      self.row = row
    }
  }

  /// In the order of the lines; blank ones are passed over.
  let entries: [Entry]

  /// - Throws: a failure for the whole, if it cannot be read or is no manifest.
  init(path: String) throws(InputFailure) {
    let form: ManifestForm?
    do { form = try ManifestForm(of: path) } catch { throw Self.unreadable(path, error) }
    guard let form else { throw ManifestForm.failure(path) }
    try self.init(path: path, form: form)
  }

  /// - Throws: a failure for the whole.
  init(path: String, form: ManifestForm) throws(InputFailure) {
    entries =
      switch form {
      case .jsonLines: try Self.jsonLines(path)
      case .table(let separator): try Self.table(path, separator: separator)
      case .fairseq: try Self.fairseq(path)
      case .kaldi: try Self.kaldi(path)
      case .metadata(let file, let form): try Self(path: file, form: form).entries
      case .recordings: try Self.recordings(path)
      }
  }

  /// The text of a file of a manifest.
  static func contents(of path: String) throws(InputFailure) -> ArraySlice<UInt8> {
    do { return withoutMark(try readAll(path: path)) } catch { throw unreadable(path, error) }
  }

  private static func unreadable(_ path: String, _ error: SystemError) -> InputFailure {
    InputFailure(path, "cannot be read: \(error); check the path and its permissions")
  }

  /// The lines of a file with their numbers from 1, without blank ones and carriage returns.
  static func lines(of path: String) throws(InputFailure) -> [(number: Int, text: String)] {
    try contents(of: path).split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false).enumerated()
      .compactMap { index, line in
        let line = line.last == UInt8(ascii: "\r") ? line.dropLast() : line
        return line.allSatisfy(isBlank) ? nil : (index + 1, String(decoding: line, as: UTF8.self))
      }
  }
}

/// Bytes without UTF-8's byte order mark.
func withoutMark(_ bytes: [UInt8]) -> ArraySlice<UInt8> {
  bytes.starts(with: [0xEF, 0xBB, 0xBF]) ? bytes.dropFirst(3) : bytes[...]
}

func isBlank(_ byte: UInt8) -> Bool { byte == 0x20 || (0x09...0x0D).contains(byte) }
