import Evaluation
import TestSupport
import Testing

@Suite struct `Files to score` {
  func set(
    _ reference: String, as name: String = "ref.trn", _ hypothesis: String, as other: String = "hyp.trn",
    _ change: (inout ScoringSet.Options) -> Void = { _ in }
  ) throws -> ScoringSet {
    var options = ScoringSet.Options()
    change(&options)
    return try ScoringSet(
      reference: .init(name: name, bytes: Array(reference.utf8)),
      hypothesis: .init(name: other, bytes: Array(hypothesis.utf8)), options)
  }

  /// What is said of files that cannot be scored.
  func failure(
    _ reference: String, as name: String = "ref.trn", _ hypothesis: String, as other: String = "hyp.trn",
    fields: [String] = []
  ) -> String {
    do {
      _ = try set(reference, as: name, hypothesis, as: other) { $0.fields = fields }
      return "none"
    } catch {
      return "\(error)"
    }
  }

  @Test func `the same texts in every format that has ids`() throws {
    let expected = try set("the cat (a-1)\n\n (a-2)\n", "a cat (a-2)\n;; remark\nthe cat (a-1)").pairs.map {
      [$0.id, $0.reference, $0.hypothesis]
    }
    #expect(expected == [["a-1", "the cat", "the cat"], ["a-2", "", "a cat"]])
    let references = [
      ("ref.trn", "the cat (a-1)\r\n(a-2)\r\n"),
      ("ref.jsonl", #"{"id": "a-1", "text": "the cat"}\#n{"audio_filepath": "a-2.wav", "text": ""}"#),
      ("ref.tsv", "a-1\tthe cat\na-2\t"),
      ("ref.tsv", "\u{FEFF}path\tage\tsentence\na-1.mp3\t20\tthe cat\na-2.mp3\t\t\n"),
      ("ref", #"{"text": "the cat", "id": "a-1"}\#n{"id": "a-2", "text": ""}"#),
      ("ref", "a-1\tthe cat\na-2\t"), ("ref", "the cat (a-1)\n(a-2)"),
    ]
    let hypotheses = [
      ("hyp.jsonl", #"{"id": "a-2", "text": "a cat", "words": []}\#n{"id": "a-1", "text": "the cat"}"#),
      ("hyp.ctm", "a-2 1 0.5 0.1 cat 0.9\na-1 1 0 0.1 the\na-2 1 0.1 0.1 a 1\na-1 1 0.2 0.1 cat\n"),
      ("hyp", "a-2 1 0.1 0.1 a 1\na-2 1 0.5 0.1 cat 0.9\na-1 1 0 0.1 the\na-1 1 0.2 0.1 cat\n"),
    ]
    for reference in references {
      for hypothesis in hypotheses {
        let pairs = try set(reference.1, as: reference.0, hypothesis.1, as: hypothesis.0).pairs
        #expect(
          pairs.map { [$0.id, $0.reference, $0.hypothesis] } == expected, "\(reference.0) \(hypothesis.0)")
        #expect(
          pairs.allSatisfy {
            $0.notation == (reference.1.hasSuffix("(a-2)") || reference.0 == "ref.trn" ? .sclite : .plain)
          })
      }
    }
  }

  @Test func `a text of numbers or parentheses is no other format`() throws {
    let text = "u1\tcall 5 5 5 (now)\nu2\t5 5 5 5 5\n"
    #expect(
      try set(text, as: "r", text, as: "h").pairs.map(\.reference) == ["call 5 5 5 (now)", "5 5 5 5 5"])
    #expect(try TranscriptTable(parsing: Array("a 1 0.5 1 b\n".utf8), name: "c").format == .ctm)
    #expect(try TranscriptTable(parsing: Array("a\t1\t0.5\t1\tb\n".utf8), name: "c").format == .ctm)
  }

  @Test func `a missing, an extra or a repeated id is named`() {
    let reference = "a (u1)\nb (u2)\nc (u3)\n"
    #expect(
      failure(reference, "a (u1)") == """
        hyp.trn: no hypothesis for the id u2 (ref.trn:2) and 1 more; add it, or let it count as empty with \
        --missing-as-empty
        """)
    #expect(
      failure(reference, reference + "\nd (u4)")
        == "hyp.trn:5: the id u4 is not in ref.trn; remove it, or add its reference")
    #expect(
      failure(reference, "a (u1)\nb (u1)") == "hyp.trn:2: the id u1 stands in line 1 too; remove one of them")
    #expect(
      failure(reference + "a (u1)", reference)
        == "ref.trn:4: the id u1 stands in line 1 too; remove one of them")
    // Bytes, not letters: these are two ids.
    #expect(failure("a (caf\u{E9})", "a (cafe\u{301})").contains("is not in ref.trn"))
  }

  @Test func `a missing hypothesis can count as empty`() throws {
    let set = try set("a (u1)\nb (u2)\n", "b (u2)") { $0.countsMissingAsEmpty = true }
    #expect(set.pairs.map(\.hypothesis) == ["", "b"])
    #expect(set.remarks == ["hyp.trn: no hypothesis for the id u1 (ref.trn:1); counted as empty"])
  }

  @Test(arguments: [
    ("ref.trn", "a b\n", "ref.trn:1: expected an id in parentheses at the end, found none; add it"),
    ("ref.trn", "a (u1) b\n", "ref.trn:1: expected an id in parentheses at the end, found none; add it"),
    ("ref.trn", "a ()\n", "ref.trn:1: expected an id, found (); add it"),
    ("ref.trn", "\n \n", "ref.trn: expected utterances, found none"),
    (
      "ref.jsonl", "{\"id\": \"u1\", \"text\": \"a\"}\n{\"id\": \"u2\"}",
      "ref.jsonl:2: text: expected a string, found none;"
    ),
    (
      "ref.jsonl", "{\"text\": \"a\"}",
      "ref.jsonl:1: expected an id or audio_filepath, found neither; add one"
    ),
    ("ref.jsonl", "\n{\"id\": }", "ref.jsonl:2: column 8: "),
    ("ref.jsonl", "[]", "ref.jsonl:1: expected a JSON object, found an array; correct this line"),
    ("ref.tsv", "u1 a\n", "ref.tsv:1: expected id<TAB>text, found no tab; correct this line"),
    ("ref.tsv", "\ta\n", "ref.tsv:1: expected an id before the tab, found none; add it"),
    (
      "ref.tsv", "id\ttext\nu1\ta\tb\n",
      "ref.tsv:2: expected 2 columns with an id, found 3; correct this line"
    ),
    (
      "ref.ctm", "u1 1 a 0 a\n",
      "ref.ctm:1: expected file, channel, begin, duration and word, found \"u1 1 a 0 a\";"
    ),
    (
      "ref.ctm", "u1 1 * * <ALT_BEGIN>\n",
      "ref.ctm:1: expected one hypothesis, found alternatives; keep one of them"
    ),
    ("ref.stm", "u1 1 s 2 1 a\n", "ref.stm:1: expected file, channel, speaker, begin, end and text, found "),
    (
      "ref", "hello\n",
      "ref: expected trn, JSON lines, id<TAB>text, stm or ctm, found none of them; name the format"
    ),
  ])
  func `a bad line is named`(name: String, reference: String, message: String) {
    let hypothesis = name.hasSuffix("stm") ? "u1 1 0 1 a\n" : "u1\ta\n"
    let found = failure(reference, as: name, hypothesis, as: name.hasSuffix("stm") ? "hyp.ctm" : "hyp.tsv")
    #expect(found.hasPrefix(message), "\(found)")
  }

  @Test func `bytes that are no UTF-8 are named`() {
    let error = #expect(throws: ScoringError.self) {
      try TranscriptTable(parsing: Array("a (1)\n".utf8) + [0xFF, 0x20] + Array("(2)".utf8), name: "r.trn")
    }
    #expect(error?.description == "r.trn:2: expected UTF-8, found other bytes; convert the file")
  }

  @Test func `fields to group by`() throws {
    let rows = """
      {"id": "1", "text": "a", "speaker": "x", "age": 7}
      {"id": "2", "text": "b", "age": null, "noisy": true}
      """
    let set = try set(rows, as: "r.jsonl", "1\ta\n2\tb", as: "h.tsv") {
      $0.fields = ["age", "speaker", "noisy"]
    }
    #expect(set.fields == ["age", "speaker", "noisy"])
    #expect(set.pairs.map(\.fields) == [["7", "x", ""], ["", "", "true"]])
    #expect(
      failure(rows, as: "r.jsonl", "", fields: ["language"])
        == "r.jsonl: expected a field language to group by, found id, text, speaker, age; name one of these")
    let trn = try self.set("a (s1-1)\nb (s_2)\nc (u)", "a (s1-1)\nb (s_2)\nc (u)") { $0.fields = ["speaker"] }
    #expect(trn.pairs.map(\.fields) == [["s1"], ["s"], ["u"]])
    #expect(failure("a (1)", "a (1)", fields: ["age"]).contains("found speaker; name one"))
    #expect(
      failure("1\ta", as: "r.tsv", "1\ta", as: "h.tsv", fields: ["age"]).contains("found no names of columns")
    )
    let tsv = try self.set("id\ttext\tage\n1\ta\t7\n2\tb", as: "r.tsv", "1\ta\n2\tb", as: "h.tsv") {
      $0.fields = ["age"]
    }
    #expect(tsv.pairs.map(\.fields) == [["7"], [""]])
  }

  @Test func `segments and words in time, as sclite assigns and aligns them`() throws {
    let (stm, ctm) = (golden("timed.stm"), golden("timed.ctm"))
    let set = try ScoringSet(
      reference: .init(name: stm, bytes: contents(of: stm)),
      hypothesis: .init(name: ctm, bytes: contents(of: ctm)),
      {
        var options = ScoringSet.Options(); options.fields = ["file", "channel", "speaker", "labels"];
        return options
      }())
    var options = ScoringOptions()
    options.costs = .sclite
    options.keepsAlignments = true
    var scorer = Scorer(options)
    let rows = try set.pairs.map { pair in
      let score = try scorer.score(pair)
      let steps = score.alignment!.rows.map {
        ["match": "C", "substitution": "S", "deletion": "D", "insertion": "I"][$0.kind.rawValue]!
      }
      return [pair.fields[0], pair.fields[1], String(pair.id.split(separator: "-")[3]), steps.joined()]
    }
    let expected = goldenRows("timed.tsv")
    #expect(expected.count > 50)
    #expect(Set(rows) == Set(expected) && rows.count == expected.count)
    #expect(Set(set.pairs.map { $0.fields[3] }) == ["o,f0", "o,f1"])
  }

  @Test func `an stm needs a ctm with the same channels`() throws {
    let stm = "f 1 s 0 1 <o> a (b)\nf 1 t 1 2\nf 2 s 0 1 ignore_time_segment_in_scoring\ng 1 s 0 1 c\n"
    let ctm = "f 1 0.1 0.1 a\nf 1 5 1 d\nf 2 0 1 x\n"
    #expect(
      failure(stm, as: "r.stm", "a (u)").hasPrefix("hyp.trn: expected a ctm for the stm r.stm, found trn;"))
    #expect(
      failure(stm, as: "r.stm", ctm, as: "h.ctm").hasPrefix(
        "h.ctm: no hypothesis for the channel g 1 of r.stm;"))
    #expect(
      failure(stm, as: "r.stm", ctm + "h 1 0 1 x", as: "h.ctm").hasPrefix(
        "h.ctm:4: the channel h 1 is not in r.stm;"))
    let set = try set(stm, as: "r.stm", ctm, as: "h.ctm") { $0.countsMissingAsEmpty = true }
    #expect(set.pairs.map(\.id) == ["f-1-s-0-1", "f-1-t-1-2", "g-1-s-0-1"])
    #expect(
      set.pairs.map(\.hypothesis) == ["a", "d", ""] && set.pairs.map(\.reference) == ["a (b)", "", "c"])
  }
}
