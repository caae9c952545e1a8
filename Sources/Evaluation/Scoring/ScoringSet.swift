import JSON

/// What is scored: the pairs of two files.
public struct ScoringSet: Sendable {
  /// Names of the fields by which utterances can be grouped.
  public let fields: [String]
  /// In the order of the reference.
  public let pairs: [ScoringPair]
  /// What should be known of the match, a line each.
  public private(set) var remarks: [String] = []

  /// How two files are brought together.
  public struct Options: Sendable, Hashable {
    /// Nil where the names and contents tell.
    public var referenceFormat: ScoringFormat?
    public var hypothesisFormat: ScoringFormat?
    /// Nil for sclite's in a trn or stm, and plain text elsewhere.
    public var notation: ReferenceNotation?
    /// Of the reference, to group by.
    public var fields: [String] = []
    /// Whether a reference without a hypothesis is compared with nothing, instead of being refused.
    public var countsMissingAsEmpty = false

    public init() {}
  }

  public struct File: Sendable {
    public let name: String
    public let bytes: [UInt8]

    public init(name: String, bytes: [UInt8]) {
      self.name = name
      self.bytes = bytes
    }
  }

  /// Matches by id; an stm with a ctm by time.
  /// - Throws: an error that names the file, its line, and the id that is missing, extra or repeated.
  public init(reference: File, hypothesis: File, _ options: Options = Options()) throws(ScoringError) {
    if Self.isTimed(reference, options) {
      try self.init(stm: reference, hypothesis, options)
      return
    }
    let references = try TranscriptTable(
      parsing: reference.bytes, name: reference.name, format: options.referenceFormat, fields: options.fields)
    let hypotheses = try TranscriptTable(
      parsing: hypothesis.bytes, name: hypothesis.name, format: options.hypothesisFormat)
    try self.init(references, hypotheses, options)
  }

  /// Whether a reference is an stm, which is matched by time and not by id.
  public static func isTimed(_ reference: File, _ options: Options) -> Bool {
    let format =
      options.referenceFormat
      ?? ScoringFormat(name: reference.name, beginning: Array(reference.bytes.prefix(1 << 16)))
    return format == .stm
  }

  /// Matches two tables by id.
  public init(
    _ references: TranscriptTable, _ hypotheses: TranscriptTable, _ options: Options = Options()
  ) throws(ScoringError) {
    let places = try Self.places(references)
    // Of the hypothesis of each reference, which mostly stand in the same order.
    var hypothesis = [Int?](repeating: nil, count: references.records.count)
    var next = 0
    for (number, record) in hypotheses.records.enumerated() {
      let isNext =
        next < references.records.count && references.records[next].id.utf8.elementsEqual(record.id.utf8)
      guard let place = isNext ? next : places[ExactString(record.id)] else {
        throw ScoringError(
          "\(hypotheses.name):\(record.line)",
          "the id \(record.id) is not in \(references.name); remove it, or add its reference")
      }
      if let other = hypothesis[place] {
        throw Self.repeated(record, hypotheses.records[other], in: hypotheses)
      }
      hypothesis[place] = number
      next = place + 1
    }
    let notation = options.notation ?? (references.format == .trn ? .sclite : .plain)
    var missing: [TranscriptTable.Record] = []
    pairs = zip(references.records, hypothesis).map { record, place in
      if place == nil { missing.append(record) }
      return ScoringPair(
        id: record.id, reference: record.text, hypothesis: place.map { hypotheses.records[$0].text } ?? "",
        notation: notation, fields: record.fields)
    }
    fields = references.fields
    try setMissing(
      missing.map { "the id \($0.id) (\(references.name):\($0.line))" }, in: hypotheses.name, options)
  }

  private static func places(_ table: TranscriptTable) throws(ScoringError) -> [ExactString: Int] {
    var places = [ExactString: Int](minimumCapacity: table.records.count)
    for (place, record) in table.records.enumerated() {
      if let other = places.updateValue(place, forKey: ExactString(record.id)) {
        throw repeated(record, table.records[other], in: table)
      }
    }
    return places
  }

  private static func repeated(
    _ record: TranscriptTable.Record, _ other: TranscriptTable.Record, in table: TranscriptTable
  ) -> ScoringError {
    ScoringError(
      "\(table.name):\(record.line)",
      "the id \(record.id) stands in line \(other.line) too; remove one of them")
  }

  private mutating func setMissing(_ missing: [String], in name: String, _ options: Options)
    throws(ScoringError)
  {
    guard let first = missing.first else { return }
    let others = missing.count > 1 ? " and \(missing.count - 1) more" : ""
    guard options.countsMissingAsEmpty else {
      throw ScoringError(
        name, "no hypothesis for \(first)\(others); add it, or let it count as empty with --missing-as-empty")
    }
    remarks.append(
      ScoringError(name, "no hypothesis for \(first)\(others); counted as empty").description)
  }
}

extension ScoringSet {
  private init(stm reference: File, _ hypothesis: File, _ options: Options) throws(ScoringError) {
    for field in options.fields where !TimedSegments.fields.contains(field) {
      throw missingField(field, name: reference.name, known: TimedSegments.fields)
    }
    let format =
      options.hypothesisFormat
      ?? ScoringFormat(name: hypothesis.name, beginning: Array(hypothesis.bytes.prefix(1 << 16)))
    guard format == .ctm else {
      throw ScoringError(
        hypothesis.name,
        "expected a ctm for the stm \(reference.name), found \(format?.rawValue ?? "another file"); give a ctm, "
          + "or a reference with ids"
      )
    }
    let segments = try TimedSegments(parsing: reference.bytes, name: reference.name)
    let words = try TimedWords(parsing: hypothesis.bytes, name: hypothesis.name)
    let known = Set(segments.segments.map(\.channel))
    for channel in words.channels where !known.contains(channel) {
      throw ScoringError(
        "\(hypothesis.name):\(words.words[channel]?.first?.line ?? 0)",
        "the channel \(channel) is not in \(reference.name); remove it, or add its reference")
    }
    var pairs: [ScoringPair] = []
    var lines: [ExactString: Int] = [:]
    for (segment, words) in segments.assigned(words) where !segment.isIgnored {
      let id = segment.id
      if let other = lines.updateValue(segment.line, forKey: ExactString(id)) {
        throw ScoringError(
          "\(reference.name):\(segment.line)",
          "the segment \(id) stands in line \(other) too; remove one of them")
      }
      pairs.append(
        ScoringPair(
          id: id, reference: segment.text, hypothesis: words.map(\.text).joined(separator: " "),
          notation: options.notation ?? .sclite, fields: options.fields.map { segment.value(ofField: $0) }))
    }
    guard !pairs.isEmpty else { throw ScoringError(reference.name, "expected segments to score, found none") }
    self.pairs = pairs
    fields = options.fields
    var missing: [ChannelID] = []
    for segment in segments.segments
    where words.words[segment.channel] == nil && !missing.contains(segment.channel) {
      missing.append(segment.channel)
    }
    try setMissing(missing.map { "the channel \($0) of \(reference.name)" }, in: hypothesis.name, options)
  }
}
