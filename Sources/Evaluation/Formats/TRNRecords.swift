/// sclite's transcripts, an utterance a line, the id in parentheses at its end; `;;` begins a comment.
func trnRecords(_ bytes: [UInt8], name: String, fields: [String]) throws(ScoringError)
  -> [TranscriptTable.Record]
{
  for field in fields where field != "speaker" {
    throw missingField(field, name: name, known: ["speaker"])
  }
  var records: [TranscriptTable.Record] = []
  try forEachLine(of: bytes, name: name) { line, number throws(ScoringError) in
    let line = trimmed(line)
    if isComment(line) { return }
    guard let close = line.lastIndex(of: UInt8(ascii: ")")),
      let open = line[..<close].lastIndex(of: UInt8(ascii: "(")), close == line.endIndex - 1
    else {
      throw ScoringError("\(name):\(number)", "expected an id in parentheses at the end, found none; add it")
    }
    let id = try text(trimmed(line[(open + 1)..<close]), place: "\(name):\(number)")
    guard !id.isEmpty else { throw ScoringError("\(name):\(number)", "expected an id, found (); add it") }
    let text = try text(trimmed(line[..<open]), place: "\(name):\(number)")
    records.append(
      TranscriptTable.Record(
        id: id, text: text, line: number, fields: fields.isEmpty ? [] : fields.map { _ in speaker(ofID: id) })
    )
  }
  return records
}

/// What an id says of the speaker, as sclite's `-i spu_id` reads it: up to the first `-` or `_`.
private func speaker(ofID id: String) -> String {
  String(id.prefix { $0 != "-" && $0 != "_" })
}
