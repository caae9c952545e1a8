import JSON

/// JSON lines, an utterance each.
///
///     {"audio_filepath": "audio/a.flac", "id": "a", "offset": 1.5, "duration": 2.25}
///
/// `audio_filepath` is relative to the manifest, as is Hugging Face's `file_name`. Without `id` an utterance is
/// called by its path without the extension. With `offset` it is an interval of the recording; without, the whole
/// of it, and `duration` is taken as a remark. `text` is what is said, `speaker` who says it. All other fields are
/// let be.
extension Manifest {
  /// - Throws: a failure for the file as a whole, if no line has an `audio_filepath`.
  static func jsonLines(_ path: String) throws(InputFailure) -> [Entry] {
    var entries: [Entry] = []
    var hasAudio = false
    for (number, line) in try contents(of: path).split(separator: 0x0A, omittingEmptySubsequences: false)
      .enumerated()
    where line.contains(where: { !isBlank($0) }) {
      let place = "\(path):\(number + 1)"
      let row: Result<Row, InputFailure>
      do throws(InputFailure) {
        let object = try object(line, place: place)
        hasAudio =
          hasAudio || object[ManifestFields.audioPath] != nil || object[ManifestFields.fileName] != nil
        row = .success(try Row(object, place: place, directory: directoryPrefix(of: path)))
      } catch {
        row = .failure(error)
      }
      entries.append(Entry(file: path, line: number + 1, row))
    }
    guard hasAudio else {
      throw InputFailure(path, "expected JSON lines with audio_filepath or file_name, found none; add it")
    }
    return entries
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
  fileprivate init(_ object: JSONObject, place: String, directory: String) throws(InputFailure) {
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
    /// A number is taken as it is written.
    func written(_ fields: [String]) -> String? {
      for field in fields {
        switch object[field] {
        case .string(let written): return written
        case .integer(let number): return "\(number)"
        default: continue
        }
      }
      return nil
    }
    let field =
      object[ManifestFields.audioPath] == nil && object[ManifestFields.fileName] != nil
      ? ManifestFields.fileName : ManifestFields.audioPath
    guard let name = object[field]?.string, !name.isEmpty else { throw mismatch(field, "a path") }
    let id: String?
    switch object["id"] {
    case nil, .null: id = nil
    case .string(let text) where !text.isEmpty: id = text
    case .integer(let number): id = "\(number)"
    default: throw mismatch("id", "a string")
    }
    let duration = try seconds("duration")
    self.init(
      path: resolved(name, against: directory), name: name, id: id,
      interval: try seconds("offset").map { .init(offsetSeconds: $0, durationSeconds: duration) },
      durationSeconds: duration, text: written(ManifestFields.text), speaker: written(ManifestFields.speaker))
  }
}
