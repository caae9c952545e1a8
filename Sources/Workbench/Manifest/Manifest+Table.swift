#if canImport(Glibc)
import Glibc
#endif

/// A table whose first line names its columns.
///
///     file_name,transcription                      Hugging Face's metadata.csv: paths relative to it
///     client_id<TAB>path<TAB>sentence<TAB>...      Common Voice: paths below clips/ beside it
///
/// Columns mean what the fields of JSON lines of the same name do; an empty cell is none, but of a text.
extension Manifest {
  /// - Throws: a failure for the file as a whole.
  static func table(_ path: String, separator: UInt8) throws(InputFailure) -> [Entry] {
    let rows = DelimitedText(try contents(of: path), separator: separator).rows
    guard let header = rows.first, let columns = TableColumns(header.fields) else {
      throw InputFailure(path, "expected a column file_name or path, found none; name the columns in line 1")
    }
    let directory = directoryPrefix(of: path)
    let clips = directory + "clips/"
    let base = columns.isBelowClips && access(clips, F_OK) == 0 ? clips : directory
    return rows.dropFirst().map { row in
      let place = "\(path):\(row.line)"
      do throws(InputFailure) {
        return Entry(
          file: path, line: row.line, .success(try columns.row(row.fields, place: place, base: base)))
      } catch {
        return Entry(file: path, line: row.line, .failure(error))
      }
    }
  }
}

/// Where a table has what.
private struct TableColumns {
  let count: Int
  let audio: Int
  let isBelowClips: Bool
  let id: Int?
  let offset: Int?
  let duration: Int?
  let text: Int?
  let speaker: Int?

  /// - Returns: nil without a column of recordings.
  init?(_ names: [String]) {
    func column(_ fields: String...) -> Int? { column(fields) }
    func column(_ fields: [String]) -> Int? {
      for field in fields { if let index = names.firstIndex(of: field) { return index } }
      return nil
    }
    guard let audio = column(ManifestFields.audioPath, ManifestFields.fileName, ManifestFields.path) else {
      return nil
    }
    self.audio = audio
    count = names.count
    isBelowClips = names[audio] == ManifestFields.path
    id = column("id")
    offset = column("offset")
    duration = column("duration")
    text = column(ManifestFields.text)
    speaker = column(ManifestFields.speaker)
  }

  func row(_ cells: [String], place: String, base: String) throws(InputFailure) -> Manifest.Row {
    guard cells.count == count else {
      throw InputFailure(place, "expected \(count) columns, found \(cells.count); correct this line")
    }
    func cell(_ column: Int?) -> String? { column.map { cells[$0] }.flatMap { $0.isEmpty ? nil : $0 } }
    func seconds(_ column: Int?, _ name: String) throws(InputFailure) -> Double? {
      guard let written = cell(column) else { return nil }
      guard let seconds = Double(written), seconds.isFinite else {
        throw InputFailure(place, "\(name): expected seconds, found \(written); correct this line")
      }
      return seconds
    }
    guard let name = cell(audio) else {
      throw InputFailure(place, "expected a path, found an empty cell; correct this line")
    }
    let durationSeconds = try seconds(duration, "duration")
    return Manifest.Row(
      path: resolved(name, against: base), name: name, id: cell(id),
      interval: try seconds(offset, "offset").map {
        .init(offsetSeconds: $0, durationSeconds: durationSeconds)
      },
      durationSeconds: durationSeconds, text: text.map { cells[$0] }, speaker: cell(speaker))
  }
}
