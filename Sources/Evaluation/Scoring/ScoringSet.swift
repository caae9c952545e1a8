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
    let format =
      options.referenceFormat
      ?? ScoringFormat(name: reference.name, beginning: Array(reference.bytes.prefix(1 << 16)))
    if format == .stm {
      try self.init(stm: reference, hypothesis, options)
      return
    }
    let references = try TranscriptTable(
      parsing: reference.bytes, name: reference.name, format: format, fields: options.fields)
    let hypotheses = try TranscriptTable(
      parsing: hypothesis.bytes, name: hypothesis.name, format: options.hypothesisFormat)
    try self.init(references, hypotheses, options)
  }

  /// Matches two tables by id.
  public init(
    _ references: TranscriptTable, _ hypotheses: TranscriptTable, _ options: Options = Options()
  ) throws(ScoringError) {
    let places = try Self.places(hypotheses)
    let known = try Self.places(references)
    if let extra = hypotheses.records.first(where: { known[ExactString($0.id)] == nil }) {
      throw ScoringError(
        "\(hypotheses.name):\(extra.line)",
        "the id \(extra.id) is not in \(references.name); remove it, or add its reference")
    }
    let notation = options.notation ?? (references.format == .trn ? .sclite : .plain)
    var missing: [TranscriptTable.Record] = []
    pairs = references.records.map { record in
      let place = places[ExactString(record.id)]
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
        throw ScoringError(
          "\(table.name):\(record.line)",
          "the id \(record.id) stands in line \(table.records[other].line) too; remove one of them")
      }
    }
    return places
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
        "expected a ctm for the stm \(reference.name), found \(format?.rawValue ?? "another file"); give a ctm, or a reference with ids"
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
