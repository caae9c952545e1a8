import Evaluation
import JSON
import TestSupport
import Testing
import Vocabulary

@Suite struct `Scoring an utterance` {
  func score(
    _ reference: String, _ hypothesis: String, notation: ReferenceNotation = .plain,
    _ change: (inout ScoringOptions) -> Void = { _ in }
  ) throws -> UtteranceScore {
    var options = ScoringOptions()
    change(&options)
    var scorer = Scorer(options)
    return try scorer.score(
      ScoringPair(id: "u", reference: reference, hypothesis: hypothesis, notation: notation))
  }

  @Test func `words and characters, worked by hand`() throws {
    let score = try score(" the cat\tsat ", "the  cut sat down")
    #expect(score.words == EditCounts(substitutions: 1, insertions: 1, reference: 3))
    // a for u, and a space and four letters too many.
    #expect(score.characters == EditCounts(substitutions: 1, insertions: 5, reference: 11))
    #expect(try self.score("", "").words == EditCounts())
    #expect(try self.score("", "a b").characters == EditCounts(insertions: 3))
    #expect(try self.score("a b", " ").words == EditCounts(deletions: 2, reference: 2))
  }

  /// The two ways to the same numbers, on texts in several scripts.
  @Test func `what is counted is what EditCounts counts`() throws {
    var generator = Seeded(8)
    let pieces = [
      "a", "b", "ab", "é", "e\u{301}", " ", "\t", "\u{A0}", "\u{3000}", "ñ", "ß", "я", "𝄞", "न", "가",
    ]
    var scorer = Scorer(ScoringOptions())
    for _ in 0..<2000 {
      func text() -> String {
        (0..<Int.random(in: 0...30, using: &generator)).map { _ in pieces.randomElement(using: &generator)! }
          .joined()
      }
      let (reference, hypothesis) = (text(), text())
      let score = try scorer.score(ScoringPair(id: "", reference: reference, hypothesis: hypothesis))
      #expect(
        score.words == EditCounts(wordsOf: reference, hypothesis: hypothesis), "\(reference) | \(hypothesis)")
      #expect(
        score.characters == EditCounts(charactersOf: reference, hypothesis: hypothesis),
        "\(reference) | \(hypothesis)")
    }
  }

  @Test func `what has gone before makes no difference`() throws {
    var scorer = Scorer(ScoringOptions())
    let long = String(repeating: "word and more ", count: 300)
    let pairs = [("a b c", "a c"), (long, long + "x"), ("", long), ("日本 b", "b"), ("a b c", "a c")]
    for (reference, hypothesis) in pairs + pairs {
      let pair = ScoringPair(id: "", reference: reference, hypothesis: hypothesis)
      var fresh = Scorer(ScoringOptions())
      #expect(try scorer.score(pair) == fresh.score(pair))
    }
  }

  @Test func `an accent of its own is no error`() throws {
    let score = try score("caf\u{E9} a\u{302}\u{323}", "cafe\u{301} a\u{323}\u{302}")
    #expect(score.words == EditCounts(reference: 2) && score.characters == EditCounts(reference: 6))
  }

  @Test func `Chinese and Japanese are scored by character, Korean is not`() throws {
    #expect(try score("你好世界", "你好世间").words == EditCounts(substitutions: 1, reference: 4))
    #expect(try score("こんにちは ok", "こんにち ok").words == EditCounts(deletions: 1, reference: 6))
    #expect(try score("안녕 세계", "안녕 세상").words == EditCounts(substitutions: 1, reference: 2))
    #expect(try score("iPhone手机", "iPhone 手机").words == EditCounts(reference: 3))
    #expect(try score("iPhone手机", "iPhone 手机").characters == EditCounts(insertions: 1, reference: 8))
    let spaced = try score("你好世界 a", "你好世间 a") { $0.unit = .spaced }
    #expect(spaced.words == EditCounts(substitutions: 1, reference: 2))
  }

  @Test func `sclite -c NOASCII splits 200 mixed texts into the same words`() throws {
    let rows = goldenRows("chinese.tsv")
    #expect(rows.count == 200)
    for row in rows {
      let score = try score(row[0], row[1]) { $0.costs = .sclite }
      #expect(score.words.substitutions == row[2].count { $0 == "S" }, "\(row[0]) | \(row[1])")
      #expect(score.words.deletions == row[2].count { $0 == "D" }, "\(row[0]) | \(row[1])")
      #expect(score.words.insertions == row[2].count { $0 == "I" }, "\(row[0]) | \(row[1])")
      #expect(score.words.reference == row[2].count { $0 != "I" }, "\(row[0]) | \(row[1])")
    }
  }

  @Test func `rules are applied to both sides, to alternatives too`() throws {
    let (reference, hypothesis) = ("Well-known: don't, Zoë!", "well known don't zoe")
    #expect(try score(reference, hypothesis).words.errors == 4)
    let basic = try score(reference, hypothesis) { $0.rules = .basic }
    #expect(basic.words == EditCounts(substitutions: 1, reference: 4))
    var english = TextRules()
    english.letterCase = .upper
    english.replacements = [TextRules.Replacement("Ë", "E"), TextRules.Replacement("&", " AND ")]
    let rules = ScoringRules(english, name: "en")
    #expect(
      try score("{ Zoë & I / - } (Uh) ok", "zoe and i OK", notation: .sclite) { $0.rules = rules }
        .words == EditCounts(reference: 5))
    // Of the second way the rules leave nothing.
    #expect(
      try score("{ Zoë & I / - } (Uh) ok", "OK", notation: .sclite) { $0.rules = rules }
        .words == EditCounts(reference: 2))
    #expect(rules.document["case"] == "upper" && rules.document["replace"]?["&"] == " AND ")
    #expect(ScoringRules.none.document.isNull)
  }

  @Test func `characters are those of the reading that the words chose`() throws {
    let score = try score("{ cannot / can not } (uh) go", "can not go", notation: .sclite)
    #expect(score.words == EditCounts(reference: 4) && score.characters == EditCounts(reference: 10))
    #expect(try self.score("{ a / b }", "b").words.errors == 4)
  }

  @Test func `alignments are kept where they are asked for`() throws {
    #expect(try score("a", "b").alignment == nil)
    for costs in EditCosts.allCases {
      let kept = try score("the cat sat", "a the cut") {
        $0.keepsAlignments = true
        $0.costs = costs
      }
      #expect(kept.words == kept.alignment?.alignment.counts)
      #expect(
        kept.alignment?.reference == ["the", "cat", "sat"]
          && kept.alignment?.hypothesis == ["a", "the", "cut"])
    }
    let graph = try score("{ x / a b } (uh)", "a c", notation: .sclite) { $0.keepsAlignments = true }
    #expect(graph.alignment?.rows.map(\.kind) == [.match, .substitution, .omission])
    #expect(graph.alignment?.rows.map(\.reference) == ["a", "b", "uh"])
    #expect(graph.alignment?.rows.map(\.hypothesis) == ["a", "c", nil])
  }

  @Test func `a reference that is not what its notation says is named`() {
    let error = #expect(throws: ScoringError.self) { try score("a { b", "a b", notation: .sclite) }
    #expect(
      error?.description.hasPrefix("u: expected a } for each {") == true, "\(String(describing: error))")
  }

  @Test func `sums, groups and confusions`() throws {
    var options = ScoringOptions()
    options.keepsAlignments = true
    var scorer = Scorer(options)
    let utterances = try [
      ("1", "a b", "a c", "x"), ("2", "a b", "d a c", "y"), ("3", "e", "e", "x"), ("4", "", "", ""),
    ].map {
      try scorer.score(ScoringPair(id: $0.0, reference: $0.1, hypothesis: $0.2, fields: [$0.3]))
    }
    let report = ScoreReport(fields: ["speaker"], utterances: utterances)
    #expect(report.totals.words == EditCounts(substitutions: 2, insertions: 1, reference: 5))
    #expect(report.totals.wrongSentences == 2 && report.totals.sentences == 4)
    let groups = report.groups(by: "speaker")
    #expect(groups.map(\.value) == ["", "x", "y"])
    #expect(groups[1].totals.words == EditCounts(substitutions: 1, reference: 3))
    #expect(groups[1].totals.sentences == 2 && groups[1].totals.wrongSentences == 1)
    let confusions = report.confusions
    #expect(
      confusions.map(\.count) == [2, 1] && confusions[0].reference == "b" && confusions[0].hypothesis == "c")
    #expect(confusions[1].kind == .insertion && confusions[1].hypothesis == "d")
  }
}
