import AcousticModel
import TestSupport
import Testing
import Training
import Vocabulary

@Suite struct `Corpus checks` {
  /// Seeded noise: every seed is another recording, at a level of about -5 dB.
  func sound(_ seconds: Double, seed: UInt64, scale: Float = 1) -> AudioMeasurement {
    AudioMeasurement(of: random(Int(seconds * 16_000), seed).map { $0 * scale }, sampleRate: 16_000)
  }

  func row(
    _ line: Int, _ text: String?, _ sound: AudioMeasurement, declared: Double? = nil
  ) -> CorpusRow {
    CorpusRow(
      place: "m.jsonl:\(line)", line: line, id: "u\(line)", audioPath: "u\(line).wav",
      durationSeconds: declared, text: text, sound: .measured(sound))
  }

  func report(
    _ train: [CorpusRow], dev: [CorpusRow] = [], tokens: String? = nil,
    options: CorpusCheckOptions = CorpusCheckOptions()
  ) throws -> CorpusReport {
    let vocabulary = try tokens.map {
      try CTCVocabulary(tokens: ["<pad>", "<s>", "</s>", "<unk>", "|"] + $0.map(String.init))
    }
    return CorpusCheck(encoder: TranscriptEncoder(vocabulary: vocabulary), options: options)
      .report(train: train, dev: dev)
  }

  func kinds(_ part: CorpusReport.Part) -> [String] {
    part.findings.map { "\($0.row) \($0.kind.rawValue) \($0.severity.rawValue)" }
  }

  @Test func `a good corpus has no findings and all its labels`() throws {
    let report = try report(
      [row(1, "ab a", sound(1, seed: 1)), row(2, "b", sound(1, seed: 2))], tokens: "ab")
    #expect(report.train.findings.isEmpty && report.train.usable == [0, 1])
    #expect(report.train.labels == [[5, 6, 4, 5], [6]])
    #expect(report.dev.rows.isEmpty)
  }

  @Test func `a path needs a frame for each label and one between equal neighbours`() throws {
    // 400 + 320 n samples give n + 1 frames.
    func frames(_ count: Int, _ seed: UInt64) -> AudioMeasurement {
      AudioMeasurement(of: random(400 + 320 * (count - 1), seed), sampleRate: 16_000)
    }
    var options = CorpusCheckOptions()
    options.leastSeconds = 0
    let report = try report(
      [
        row(1, "abba", frames(5, 1)), row(2, "abba", frames(4, 2)), row(3, "abab", frames(4, 3)),
        row(4, "a", AudioMeasurement(of: random(399, 4), sampleRate: 16_000)),
      ], options: options)
    #expect(kinds(report.train) == ["1 too-few-frames reject", "3 too-short reject"])
    #expect(
      report.train.findings[0].message.hasPrefix("4 labels and 1 repeats need 5 frames, the audio gives 4"))
    #expect(report.train.usable == [0, 2])
  }

  @Test func `texts that are missing, empty or not in the vocabulary are rejected by name`() throws {
    let report = try report(
      [
        row(1, nil, sound(1, seed: 1)), row(2, " \t", sound(1, seed: 2)),
        row(3, "ab\u{E9} \u{E9}x", sound(1, seed: 3)),
      ], tokens: "ab")
    #expect(
      kinds(report.train) == [
        "0 missing-text reject", "1 empty-text reject", "2 unknown-characters reject",
      ])
    #expect(
      report.train.findings[2].message.hasPrefix(
        "not in the vocabulary: \u{E9} (U+00E9) x 2, x (U+0078) x 1; "))
    #expect(report.train.unknownCharacters == ["\u{E9}": 2, "x": 1])
    #expect(report.train.labels == [nil, nil, nil])
  }

  @Test func `letters take the case of the vocabulary, unless rules say otherwise`() throws {
    let upper = try CTCVocabulary(tokens: ["<pad>", "|", "A", "B", "'"])
    let encoder = TranscriptEncoder(vocabulary: upper)
    #expect(encoder.prepared("a'b") == "A'B")
    #expect(try encoder.labels(ofPrepared: "A'B") == [2, 4, 3])
    var rules = TextRules()
    rules.letterCase = .lower
    #expect(TranscriptEncoder(vocabulary: upper, rules: rules).prepared("A, b!") == "a b")
    let both = try CTCVocabulary(tokens: ["<pad>", "|", "A", "b"])
    #expect(TranscriptEncoder(vocabulary: both).prepared("aB") == "aB")
  }

  @Test func `silence is rejected by its peak or its level, whatever its offset`() throws {
    var click = [Float](repeating: 0.25, count: 160_000)
    click[80_000] = 0.3
    let report = try report([
      row(1, "a", AudioMeasurement(of: [Float](repeating: 0.5, count: 16_000), sampleRate: 16_000)),
      row(2, "a", sound(1, seed: 1, scale: 0.0009)), row(3, "a", sound(1, seed: 2, scale: 0.01)),
      // A peak of -26 dB, a level of 20 log10(0.05 / 400) = -78 dB.
      row(4, "a", AudioMeasurement(of: click, sampleRate: 16_000)),
    ])
    #expect(kinds(report.train) == ["0 silent reject", "1 silent reject", "3 silent reject"])
    #expect(report.train.rows[0].measurement?.peakDecibels == -.infinity)
  }

  @Test func `lengths out of bounds and durations that disagree are found`() throws {
    var options = CorpusCheckOptions()
    options.mostSeconds = 2
    let report = try report(
      [
        row(1, "a", sound(0.05, seed: 1)), row(2, "a", sound(2.1, seed: 2)),
        row(3, "a", sound(1, seed: 3), declared: 1.09), row(4, "a", sound(1, seed: 4), declared: 0.8),
        row(5, "a", sound(1, seed: 5), declared: .nan),
      ], options: options)
    #expect(
      kinds(report.train) == [
        "0 too-short reject", "1 too-long reject", "3 duration-mismatch warn", "4 duration-mismatch warn",
      ])
  }

  @Test func `repeated audio is a duplicate with the same text and a conflict with another`() throws {
    let same = sound(1, seed: 1)
    let report = try report([
      row(1, "a b", same), row(2, "a b", same), row(3, "c", same), row(4, "a b", sound(1, seed: 2)),
    ])
    #expect(kinds(report.train) == ["1 duplicate reject", "2 conflicting-text warn"])
    #expect(report.train.usable == [0, 2, 3])
  }

  @Test func `audio that dev has too is taken out of train, not out of dev`() throws {
    let same = sound(1, seed: 1)
    let report = try report([row(1, "a", sound(1, seed: 2)), row(2, "a", same)], dev: [row(7, "b", same)])
    #expect(kinds(report.train) == ["1 shared-with-dev reject"])
    #expect(report.train.findings[0].message.contains("m.jsonl:7"))
    #expect(report.dev.usable == [0] && report.dev.findings.isEmpty)
  }

  @Test func `unusual speaking rates stand out against the median, which they do not move`() throws {
    // 8 to 12 characters a second, and 40 % of the rows at one end do not hide the outliers.
    var rows = (0..<30).map {
      row($0, String(repeating: "ab", count: 4 + $0 % 3), sound(1, seed: UInt64($0)))
    }
    rows.append(row(30, String(repeating: "ab", count: 20), sound(1, seed: 30)))
    rows.append(row(31, "a", sound(1, seed: 31)))
    let report = try report(rows)
    #expect(kinds(report.train) == ["30 speaking-rate warn", "31 speaking-rate warn"])
    #expect(report.train.usable.count == 32)
    // With fewer rows there is nothing to compare with.
    #expect(try self.report(Array(rows.suffix(19))).train.findings.isEmpty)
  }

  @Test func `a policy of stop names the first bad row, and no rows are never accepted`() throws {
    let good = row(1, "a", sound(1, seed: 1))
    let bad = row(2, nil, sound(1, seed: 2))
    try report([good]).confirm(.stop)
    try report([good, bad]).confirm(.leaveOut)
    let error = #expect(throws: CorpusError.self) { try report([good, bad]).confirm(.stop) }
    #expect(error?.description.hasPrefix("m.jsonl:2: has no text; ") == true)
    #expect(error?.description.contains("1 of 2 rows of train") == true)
    #expect(throws: CorpusError.self) { try report([bad]).confirm(.leaveOut) }
    #expect(throws: CorpusError.self) { try report([]).confirm(.leaveOut) }
    #expect(throws: CorpusError.self) { try report([good], dev: [bad]).confirm(.leaveOut) }
  }
}
