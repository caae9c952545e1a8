/// Columns of text, two spaces between them, headings in capitals.
struct TextTable {
  struct Column {
    let heading: String
    var isNumeric = false
  }

  let columns: [Column]
  private(set) var rows: [[String]] = []

  /// - Parameter headings: one that begins with `#` stands over numbers, which are put to the right.
  init(_ headings: String...) {
    columns = headings.map { heading in
      heading.hasPrefix("#")
        ? Column(heading: heading.dropFirst().uppercased(), isNumeric: true)
        : Column(heading: heading.uppercased())
    }
  }

  mutating func add(_ cells: String...) {
    precondition(cells.count == columns.count, "\(cells.count) cells for \(columns.count) columns")
    rows.append(cells.map(oneLine))
  }

  /// Lines with their ends; the last column is not padded.
  var text: String {
    let lines = [columns.map(\.heading)] + rows
    let widths = columns.indices.map { column in lines.reduce(0) { max($0, $1[column].count) } }
    return lines.map { cells in
      var line = ""
      for (place, cell) in cells.enumerated() {
        let padding = String(repeating: " ", count: widths[place] - cell.count)
        let isLast = place == cells.count - 1
        line += columns[place].isNumeric ? padding + cell : isLast ? cell : cell + padding
        if !isLast { line += "  " }
      }
      while line.hasSuffix(" ") { line.removeLast() }
      return line + "\n"
    }.joined()
  }
}

/// Names and values, a pair a line.
func textFields(_ fields: [(String, String?)]) -> String {
  let present = fields.compactMap { name, value in value.map { (name, oneLine($0)) } }
  let width = present.reduce(0) { max($0, $1.0.count) }
  return present.map { name, value in
    name + String(repeating: " ", count: width - name.count) + "  \(value)\n"
  }.joined()
}
