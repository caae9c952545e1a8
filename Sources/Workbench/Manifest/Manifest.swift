import JSON

/// A manifest: JSON lines, an utterance each.
///
///     {"audio_filepath": "audio/a.flac", "id": "a", "offset": 1.5, "duration": 2.25}
///
/// `audio_filepath` is relative to the manifest. Without `id` an utterance is called by its path without the
/// extension. With `offset` it is an interval of the recording; without, the whole of it, and `duration` is
/// taken as a remark. `text` is what is said, `speaker` who says it. All other fields are let be.
struct Manifest {
  struct Row {
    /// `path:line`, for messages.
    let place: String
    /// As written.
    let audioPath: String
    let id: String?
    let interval: Utterance.Interval?
    /// As declared, of the interval or of the recording.
    let durationSeconds: Double?
    /// Nil where there is none; a number is taken as it is written.
    let text: String?
    /// Likewise.
    let speaker: String?
  }

  /// In the order of the lines; blank ones are passed over.
  let rows: [Result<Row, InputFailure>]
  /// The line of each row, from 1.
  let lines: [Int]

  /// - Throws: a failure for the file as a whole, if no line has an `audio_filepath`.
  init(path: String) throws(InputFailure) {
    let bytes: [UInt8]
    do { bytes = try readAll(path: path) } catch {
      throw InputFailure(path, "cannot be read: \(error); check the path and its permissions")
    }
    var rows: [Result<Row, InputFailure>] = []
    var lines: [Int] = []
    var hasAudio = false
    for (number, line) in withoutMark(bytes).split(separator: 0x0A, omittingEmptySubsequences: false)
      .enumerated()
    where line.contains(where: { !isBlank($0) }) {
      let place = "\(path):\(number + 1)"
      lines.append(number + 1)
      do throws(InputFailure) {
        let object = try Self.object(line, place: place)
        hasAudio = hasAudio || object["audio_filepath"] != nil
        rows.append(.success(try Row(object, place: place)))
      } catch {
        rows.append(.failure(error))
      }
    }
    guard hasAudio else {
      throw InputFailure(
        path, "expected JSON lines with audio_filepath, found none; other forms of manifest are not read yet")
    }
    self.rows = rows
    self.lines = lines
  }

  /// Whether a file with this beginning is to be read as JSON lines: its first character is a brace, as no
  /// audio's is.
  static func isManifest(beginning: [UInt8]) -> Bool {
    withoutMark(beginning).first { !isBlank($0) } == UInt8(ascii: "{")
  }

  private static func object(_ line: ArraySlice<UInt8>, place: String) throws(InputFailure) -> JSONObject {
    let value: JSONValue
    do {
      value = try JSONValue(parsing: Array(line), options: .python)
    } catch {
      // The error counts lines in this line alone: "1:14: ..." is column 14.
      let text = error.description
      throw InputFailure(
        "\(place):" + (error.line > 0 ? text.dropFirst(2) : " " + text) + "; correct this line")
    }
    guard let object = value.object else {
      throw InputFailure(place, "expected a JSON object, found \(value.kindName); correct this line")
    }
    return object
  }
}

extension Manifest.Row {
  fileprivate init(_ object: JSONObject, place: String) throws(InputFailure) {
    func mismatch(_ field: String, _ expected: String) -> InputFailure {
      let found =
        object[field].map { $0.object == nil && $0.array == nil ? $0.text() : $0.kindName } ?? "none"
      return InputFailure(place, "\(field): expected \(expected), found \(found); correct this line")
    }
    func seconds(_ field: String) throws(InputFailure) -> Double? {
      guard let value = object[field], !value.isNull else { return nil }
      guard let seconds = value.double else { throw mismatch(field, "seconds") }
      return seconds
    }
    guard let path = object["audio_filepath"]?.string, !path.isEmpty else {
      throw mismatch("audio_filepath", "a path")
    }
    self.place = place
    audioPath = path
    switch object["id"] {
    case nil, .null: id = nil
    case .string(let text) where !text.isEmpty: id = text
    case .integer(let number): id = "\(number)"
    default: throw mismatch("id", "a string")
    }
    let duration = try seconds("duration")
    durationSeconds = duration
    func written(_ field: String) -> String? {
      switch object[field] {
      case .string(let written): written
      case .integer(let number): "\(number)"
      default: nil
      }
    }
    text = written("text")
    speaker = written("speaker")
    interval = try seconds("offset").map { .init(offsetSeconds: $0, durationSeconds: duration) }
  }
}

/// Bytes without UTF-8's byte order mark.
private func withoutMark(_ bytes: [UInt8]) -> ArraySlice<UInt8> {
  bytes.starts(with: [0xEF, 0xBB, 0xBF]) ? bytes.dropFirst(3) : bytes[...]
}

private func isBlank(_ byte: UInt8) -> Bool { byte == 0x20 || (0x09...0x0D).contains(byte) }
