/// The texts of a file by id.
public struct TranscriptTable: Sendable {
  public struct Record: Sendable, Hashable {
    public var id: String
    public var text: String
    /// Of the file, from 1.
    public var line: Int
    /// In the order of the table's.
    public var fields: [String]
  }

  /// The file, for messages.
  public let name: String
  public let format: ScoringFormat
  /// Names of the fields that were asked for.
  public let fields: [String]
  public let records: [Record]

  /// - Parameters:
  ///   - format: nil where the name and the content tell.
  ///   - fields: values to keep, by which utterances are grouped. JSON lines and columns with names have
  ///     whatever they have; trn has `speaker`, its ids' beginning up to the first `-` or `_`.
  /// - Throws: an error that names the file and its line.
  public init(
    parsing bytes: [UInt8], name: String, format: ScoringFormat? = nil, fields: [String] = []
  ) throws(ScoringError) {
    guard let format = format ?? ScoringFormat(name: name, beginning: Array(bytes.prefix(1 << 16))) else {
      throw ScoringError(
        name, "expected trn, JSON lines, id<TAB>text, stm or ctm, found none of them; name the format")
    }
    self.name = name
    self.format = format
    self.fields = fields
    switch format {
    case .trn: records = try trnRecords(bytes, name: name, fields: fields)
    case .jsonl: records = try jsonRecords(bytes, name: name, fields: fields)
    case .tsv: records = try tabRecords(bytes, name: name, fields: fields)
    case .ctm: records = try TimedWords(parsing: bytes, name: name).records
    case .stm:
      throw ScoringError(name, "expected ids, found an stm's times; score it against a ctm")
    }
    guard !records.isEmpty else { throw ScoringError(name, "expected utterances, found none") }
    if format == .ctm, let field = fields.first {
      throw ScoringError(name, "expected a field \(field), found a ctm, which has none")
    }
  }
}

/// The error for a field that no line has.
func missingField(_ field: String, name: String, known: some Sequence<String>) -> ScoringError {
  let known = known.prefix(12).joined(separator: ", ")
  return ScoringError(
    name, "expected a field \(field) to group by, found \(known.isEmpty ? "none" : known); name one of these")
}
