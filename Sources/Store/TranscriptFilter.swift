import GRDB

/// Which transcripts are asked for: those that meet every condition set.
public struct TranscriptFilter: Sendable {
  public var run: RecordID?
  public var utterance: RecordID?
  public var checkpoint: RecordID?
  /// The whole recording or any interval of it.
  public var audioHash: String?
  /// What to look for in the texts.
  public var search: TextSearch?
  /// The latest so many; with `search`, the best matches.
  public var limit: Int?

  public init() {}

  /// SQL behind `SELECT * FROM history`, and what it binds.
  var clauses: (sql: String, arguments: StatementArguments) {
    var conditions: [String] = []
    var arguments = StatementArguments()
    func add(_ condition: String, _ value: any DatabaseValueConvertible) {
      conditions.append(condition)
      arguments += [value]
    }
    if let search { add("transcript_search MATCH ?", search.expression) }
    if let run { add("run_id = ?", run.number(of: .decodeRun)) }
    if let utterance { add("utterance_id = ?", utterance.number(of: .utterance)) }
    if let checkpoint { add("checkpoint_id = ?", checkpoint.number(of: .checkpoint)) }
    if let audioHash { add("audio_hash = ?", audioHash) }
    var sql = search == nil ? "" : " JOIN transcript_search ON transcript_search.rowid = transcript_id"
    if !conditions.isEmpty { sql += " WHERE " + conditions.joined(separator: " AND ") }
    sql += search == nil ? " ORDER BY transcript_id" : " ORDER BY transcript_search.rank, transcript_id"
    if let limit {
      if search == nil { sql += " DESC" }
      sql += " LIMIT ?"
      arguments += [limit]
    }
    return (sql, arguments)
  }
}

/// Words to find in transcripts: all of them, in any order, case and diacritics aside.
///
///     good morn*        both words, the second only begun
///     "good morning"    one after the other
public struct TextSearch: Sendable, Hashable {
  /// Of SQLite's FTS5: every word or phrase as a string, so that nothing in it is taken for an operator.
  let expression: String

  /// - Returns: nil if there is no word in the text.
  public init?(_ text: String) {
    var terms: [String] = []
    for (place, part) in text.split(separator: "\"", omittingEmptySubsequences: false).enumerated() {
      if place % 2 == 1 {
        if Self.hasWord(part) { terms.append("\"\(part)\"") }
        continue
      }
      for word in part.split(whereSeparator: \.isWhitespace) where Self.hasWord(word) {
        let begun = word.hasSuffix("*")
        terms.append("\"\(begun ? word.dropLast() : word)\"" + (begun ? "*" : ""))
      }
    }
    if terms.isEmpty { return nil }
    expression = terms.joined(separator: " ")
  }

  private static func hasWord(_ text: Substring) -> Bool { text.contains { $0.isLetter || $0.isNumber } }
}

extension Store {
  /// Hands over the transcripts that meet a filter: in the order of their entry, or best match first.
  ///
  /// They are read one by one, all from the state at the beginning; other processes write meanwhile.
  public func forEachTranscript(
    _ filter: TranscriptFilter = TranscriptFilter(), _ body: (TranscriptRecord) throws -> Void
  ) throws {
    var thrown: (any Error)?
    try read { db in
      let (clauses, arguments) = filter.clauses
      // The latest, but in their order.
      let isReversed = filter.limit != nil && filter.search == nil
      let selection = "SELECT history.* FROM history" + clauses
      let rows = try Row.fetchCursor(
        db, sql: isReversed ? "SELECT * FROM (\(selection)) ORDER BY transcript_id" : selection,
        arguments: arguments)
      while let row = try rows.next() {
        let record = try TranscriptRecord(row)
        do { try body(record) } catch {
          thrown = error
          return
        }
      }
    }
    if let thrown { throw thrown }
  }

  /// The transcripts that meet a filter, in the same order.
  public func transcripts(_ filter: TranscriptFilter = TranscriptFilter()) throws -> [TranscriptRecord] {
    var records: [TranscriptRecord] = []
    try forEachTranscript(filter) { records.append($0) }
    return records
  }
}
