import JSON

/// JSON lines: `id` (else `audio_filepath` without its extension) and `text` of each.
func jsonRecords(_ bytes: [UInt8], name: String, fields: [String]) throws(ScoringError)
  -> [TranscriptTable.Record]
{
  var records: [TranscriptTable.Record] = []
  var isMissing = [Bool](repeating: true, count: fields.count)
  var known: [String] = []
  try forEachLine(of: bytes, name: name) { line, number throws(ScoringError) in
    let place = "\(name):\(number)"
    let value: JSONValue
    do throws(JSONError) {
      value = try JSONValue(
        parsing: UnsafeRawBufferPointer(UnsafeBufferPointer(rebasing: line)), options: .python)
    } catch {
      throw ScoringError(place, "\(error.placeless); correct this line")
    }
    guard let object = value.object else {
      throw ScoringError(place, "expected a JSON object, found \(value.kindName); correct this line")
    }
    guard let id = id(of: object) else {
      throw ScoringError(place, "expected an id or audio_filepath, found neither; add one")
    }
    guard let text = object["text"].flatMap(plainText) else {
      let found = object["text"].map { " \($0.kindName)" } ?? " none"
      throw ScoringError(
        place, "text: expected a string, found\(found); add what is said, or remove the line")
    }
    if records.isEmpty { known = object.keys }
    var values: [String] = []
    for (index, field) in fields.enumerated() {
      let value = object[field].flatMap(plainText)
      if value != nil { isMissing[index] = false }
      values.append(value ?? "")
    }
    records.append(TranscriptTable.Record(id: id, text: text, line: number, fields: values))
  }
  if let index = isMissing.firstIndex(of: true), !records.isEmpty {
    throw missingField(fields[index], name: name, known: known)
  }
  return records
}

private func id(of object: JSONObject) -> String? {
  if let id = object["id"].flatMap(plainText), !id.isEmpty { return id }
  guard let path = object["audio_filepath"]?.string, !path.isEmpty else { return nil }
  return withoutExtension(path)
}

/// A string, or a number or boolean as it is written.
private func plainText(_ value: JSONValue) -> String? {
  switch value {
  case .string(let text): text
  case .integer, .number, .bool: value.text()
  case .null, .array, .object: nil
  }
}

/// A path without the extension of its last component; a name that begins with its only dot has none.
func withoutExtension(_ path: String) -> String {
  let name = path.lastIndex(of: "/").map { path.index(after: $0) } ?? path.startIndex
  guard let dot = path[name...].lastIndex(of: "."), dot > name else { return path }
  return String(path[..<dot])
}

extension JSONError {
  /// Without the place, of which the line is always the first.
  fileprivate var placeless: String {
    // "1:14: ..." is column 14.
    line > 0 ? "column " + description.dropFirst(2) : description
  }
}
