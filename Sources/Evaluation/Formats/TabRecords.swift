/// Columns separated by tabs. The first line names them if it has one for ids (`id`, `path` or `audio_filepath`,
/// paths without their extensions) and one for texts (`text`, `sentence` or `transcript`); else the first column
/// is the id and all that follows it the text.
func tabRecords(_ bytes: [UInt8], name: String, fields: [String]) throws(ScoringError)
  -> [TranscriptTable.Record]
{
  var columns: TabColumns?
  var isFirst = true
  var records: [TranscriptTable.Record] = []
  try forEachLine(of: bytes, name: name) { line, number throws(ScoringError) in
    let place = "\(name):\(number)"
    if isFirst {
      isFirst = false
      columns = try TabColumns(try text(line, place: place), fields: fields, name: name)
      if columns != nil { return }
      if let field = fields.first {
        throw ScoringError(
          place,
          "expected a column \(field) to group by, found no names of columns; add a first line with them")
      }
    }
    guard let tab = line.firstIndex(of: 0x09) else {
      throw ScoringError(place, "expected id<TAB>text, found no tab; correct this line")
    }
    if let columns {
      records.append(try columns.record(try text(line, place: place), line: number, place: place))
    } else {
      let id = try text(trimmed(line[..<tab]), place: place)
      guard !id.isEmpty else {
        throw ScoringError(place, "expected an id before the tab, found none; add it")
      }
      let text = try text(trimmed(line[(tab + 1)...]), place: place)
      records.append(TranscriptTable.Record(id: id, text: text, line: number, fields: []))
    }
  }
  return records
}

/// Which column is what.
private struct TabColumns {
  private let id: Int
  private let isPath: Bool
  private let text: Int
  private let fields: [Int]
  private let count: Int

  init?(_ line: String, fields: [String], name: String) throws(ScoringError) {
    let names = cells(line)
    guard let id = ["id", "path", "audio_filepath"].lazy.compactMap({ names.firstIndex(of: $0) }).first,
      let text = ["text", "sentence", "transcript"].lazy.compactMap({ names.firstIndex(of: $0) }).first
    else { return nil }
    self.id = id
    self.text = text
    isPath = names[id] != "id"
    count = names.count
    var places: [Int] = []
    for field in fields {
      guard let place = names.firstIndex(of: field) else {
        throw missingField(field, name: name, known: names)
      }
      places.append(place)
    }
    self.fields = places
  }

  func record(_ line: String, line number: Int, place: String) throws(ScoringError)
    -> TranscriptTable.Record
  {
    let cells = cells(line)
    guard cells.count > max(id, text), cells.count <= count, !cells[id].isEmpty else {
      throw ScoringError(
        place, "expected \(count) columns with an id, found \(cells.count); correct this line")
    }
    return TranscriptTable.Record(
      id: isPath ? withoutExtension(cells[id]) : cells[id], text: cells[text], line: number,
      fields: fields.map { $0 < cells.count ? cells[$0] : "" })
  }
}

private func cells(_ line: String) -> [String] {
  line.split(separator: "\t", omittingEmptySubsequences: false).map(String.init)
}
