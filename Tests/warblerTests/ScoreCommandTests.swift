import JSON
import TestSupport
import Testing

@Suite(.timeLimit(.minutes(2))) struct `warbler score` {
  let directory = TemporaryDirectory()
  let reference: String
  let hypothesis: String

  init() {
    reference = directory.write(
      """
      {"id": "a", "text": "the cat sat", "speaker": "x", "language": "en"}
      {"id": "b", "text": "on the mat", "speaker": "y", "language": "en"}
      {"id": "c", "text": "", "speaker": "x", "language": "de"}
      """, as: "ref.jsonl")
    hypothesis = directory.write("c\tuh\na\tthe cat sat\nb\tin a the Mat\n", as: "hyp.tsv")
  }

  func json(_ options: String...) throws -> JSONValue {
    let result = Subprocess(["score", "--ref", reference, "--hyp", hypothesis, "--json"] + options).finish()
    #expect(result.code == 0 && result.errors.isEmpty && result.lines.count == 1, "\(result.errors)")
    return try JSONValue(parsing: result.output)
  }

  @Test func `the sums and each utterance as JSON`() throws {
    let document = try json()
    let words: JSONValue = [
      "errors": 4, "substitutions": 2, "deletions": 0, "insertions": 2, "reference": 6,
      "rate": .number(4.0 / 6),
    ]
    #expect(document["words"] == words)
    // i for o, "a " too many, M for m; "uh".
    let characters: JSONValue = [
      "errors": 6, "substitutions": 2, "deletions": 0, "insertions": 4, "reference": 21,
      "rate": .number(6.0 / 21),
    ]
    #expect(document["characters"] == characters)
    #expect(document["sentences"] == ["errors": 2, "count": 3])
    #expect(document["costs"] == "unit" && document["rules"]?["name"] == "none" && document["groups"] == nil)
    let utterances = document["utterances"]?.array ?? []
    #expect(utterances.map { $0["id"] } == ["a", "b", "c"])
    #expect(utterances[0].object?.keys == ["id", "words", "characters"])
    #expect(utterances[2]["words"]?["rate"] == .null && utterances[2]["words"]?["insertions"] == 1)
    #expect(utterances[0]["words"]?["rate"] == .number(0))
  }

  @Test func `a report for people`() {
    let result = Subprocess.run(
      "score", "--ref", reference, "--hyp", hypothesis, "--by", "speaker", "--alignments", "--confusions", "2"
    )
    #expect(result.code == 0 && result.errors.isEmpty)
    #expect(
      result.output == """
        a  0 of 3 words
        REF: the cat sat
        HYP: the cat sat


        b  3 of 3 words
        REF: ** on the mat
        HYP: in a  the Mat
             I  S      S

        c  1 of 0 words
        REF: **
        HYP: uh
             I

                    ERRORS  SUB  DEL  INS  REFERENCE     RATE
        words            4    2    0    2          6  66.67 %
        characters       6    2    0    4         21  28.57 %
        sentences        2                         3  66.67 %

        SPEAKER  SENTENCES  WORDS  SUB  DEL  INS  ERRORS       WER      CER       SER
        x                2      3    0    0    1       1   33.33 %  18.18 %   50.00 %
        y                1      3    2    0    1       3  100.00 %  40.00 %  100.00 %

        COUNT  ERROR      REFERENCE  HYPOTHESIS
            1  insertion             in
            1  insertion             uh

        rules none, costs unit, Chinese and Japanese by character

        """)
  }

  @Test func `groups, alignments and confusions as JSON`() throws {
    let document = try json("--by", "language", "--by", "speaker", "--alignments", "--confusions", "9")
    #expect(document["groups"]?["language"]?["de"]?["words"]?["errors"] == 1)
    #expect(document["groups"]?["speaker"]?["y"]?["sentences"] == ["errors": 1, "count": 1])
    #expect(document["utterances"]?[0]?["fields"] == ["language": "en", "speaker": "x"])
    #expect(
      document["utterances"]?[1]?["alignment"] == [
        ["insertion", .null, "in"], ["substitution", "on", "a"], ["match", "the", "the"],
        ["substitution", "mat", "Mat"],
      ])
    #expect(document["confusions"]?.array?.count == 4)
    #expect(try json("--confusions", "1")["utterances"]?[0]?["alignment"] == nil)
  }

  @Test func `rules are applied and recorded`() throws {
    let basic = try json("--rules", "basic")
    #expect(basic["words"]?["errors"] == 3)
    #expect(basic["rules"]?["name"] == "basic" && basic["rules"]?["document"]?["case"] == "lower")
    directory.folder("xx")
    directory.write(#"{"language": "xx", "case": "upper", "replace": {"uh": ""}}"#, as: "xx/rules.json")
    directory.write(#"{"<pad>": 0, "|": 1, "A": 2, "B": 3}"#, as: "xx/vocab.json")
    for option in [["--rules", directory.file("xx")], ["--vocab", directory.file("xx")]] {
      let result = Subprocess(["score", "--ref", reference, "--hyp", hypothesis, "--json"] + option).finish()
      let document = try JSONValue(parsing: result.output)
      #expect(document["words"]?["errors"] == 2 && document["rules"]?["document"]?["language"] == "xx")
    }
    directory.write(#"{"<pad>": 0, "|": 1, "a": 2, "b": 3}"#, as: "lower.json")
    let lower = try json("--vocab", directory.file("lower.json"))
    #expect(lower["words"]?["errors"] == 3 && lower["rules"]?["document"] == ["case": "lower"])
  }

  @Test func `a missing, extra or repeated id is named, and the code is 1`() {
    for (text, line) in [
      ("a\tx\nb\ty\n", "hyp: no hypothesis for the id c (\(reference):3);"),
      ("a\tx\nb\ty\nc\tz\nd\tw\n", "hyp:4: the id d is not in \(reference);"),
      ("a\tx\nb\ty\nc\tz\na\tx\n", "hyp:4: the id a stands in line 1 too;"),
    ] {
      let path = directory.write(text, as: "hyp")
      let result = Subprocess.run("score", "--ref", reference, "--hyp", path, "--json")
      #expect(result.code == 1 && result.output.isEmpty && result.errorLines.count == 1)
      #expect(result.errors.hasPrefix("\(directory.path)/\(line)"), "\(result.errors)")
    }
    let path = directory.write("a\tthe cat sat\nb\ton the mat\n", as: "hyp")
    let result = Subprocess.run("score", "--ref", reference, "--hyp", path, "--missing-as-empty")
    #expect(
      result.code == 0 && result.errors.contains("counted as empty") && result.output.contains(" 0.00 %"))
  }

  @Test func `standard input, sclite's notation and its costs`() throws {
    let trn = directory.write("{ a / b c / @ } (uh) d (s1-1)\nx y z (s2-1)\n", as: "ref.trn")
    let input = Array("b c d (s1-1)\ny q z (s2-1)\n".utf8)
    let result = Subprocess.run(
      "score", "--ref", trn, "--hyp", "-", "--by", "speaker", "--json", "--costs", "sclite", input: input)
    let document = try JSONValue(parsing: result.output)
    #expect(document["words"]?["errors"] == 2 && document["words"]?["reference"] == 7)
    #expect(document["groups"]?["speaker"]?["s1"]?["words"]?["errors"] == 0)
    let plain = Subprocess.run(
      "score", "--ref", trn, "--hyp", "-", "--json", "--notation", "plain", input: input)
    #expect(try JSONValue(parsing: plain.output)["words"]?["reference"] == 13)
  }

  @Test func `segments against words in time`() throws {
    let stm = directory.write("f 1 s 0 1 <o> a b\nf 1 t 1 2 <o> c\n", as: "ref.stm")
    let ctm = directory.write("f 1 0.1 0.2 a\nf 1 0.8 0.3 b\nf 1 0.9 0.4 c\n", as: "hyp.ctm")
    let result = Subprocess.run("score", "--ref", stm, "--hyp", ctm, "--json")
    let document = try JSONValue(parsing: result.output)
    #expect(document["words"]?["errors"] == 0 && document["utterances"]?[1]?["id"] == "f-1-t-1-2")
  }

  /// Utterances are scored, and written, in parts by several threads.
  @Test func `3,000 utterances on any number of threads`() throws {
    let lines = (0..<3000).map { "w\($0 % 7) w\($0 % 5) x (u\($0))\n" }
    let reference = directory.write(lines.joined(), as: "many.trn")
    let hypothesis = directory.write(
      lines.reversed().map { $0.replacing("w3", with: "w4") }.joined(), as: "hyp.trn")
    let outputs = ["1", "2", "5"].map {
      Subprocess.run("score", "--ref", reference, "--hyp", hypothesis, "--json", "--threads", $0).output
    }
    #expect(Set(outputs).count == 1)
    let document = try JSONValue(parsing: outputs[0])
    #expect(document["utterances"]?.array?.map { $0["id"]?.string } == (0..<3000).map { "u\($0)" })
    // w3 stands 429 times for n mod 7 = 3, 600 times for n mod 5 = 3.
    #expect(document["words"]?["errors"] == 1029 && document["words"]?["reference"] == 9000)
    #expect(document["words"]?["substitutions"] == 1029)
  }

  @Test(arguments: [
    ["--costs", "x"], ["--cjk", "x"], ["--notation", "x"], ["--ref-format", "x"], ["--hyp-format", "x"],
    ["--confusions", "-1"], ["--threads", "0"], ["--rules", "basic", "--vocab", "v"],
  ])
  func `an option that cannot be is 64`(options: [String]) {
    let result = Subprocess(["score", "--ref", reference, "--hyp", hypothesis] + options).finish()
    #expect(result.code == 64 && result.output.isEmpty && !result.errors.isEmpty, "\(options)")
  }

  @Test func `what cannot be read is one line and 1`() {
    let bad = directory.write("{\"id\": 1}\n", as: "bad.jsonl")
    for (options, message) in [
      (
        ["--ref", directory.file("none"), "--hyp", hypothesis],
        "none: cannot be read: No such file or directory;"
      ),
      (["--ref", bad, "--hyp", hypothesis], "bad.jsonl:1: text: expected a string, found none;"),
      (
        ["--ref", reference, "--hyp", hypothesis, "--by", "age"],
        "ref.jsonl: expected a field age to group by,"
      ),
      (["--ref", reference, "--hyp", hypothesis, "--rules", directory.file("none")], "none: no such rules;"),
    ] {
      let result = Subprocess(["score"] + options).finish()
      #expect(result.code == 1 && result.output.isEmpty && result.errorLines.count == 1)
      #expect(result.errors.hasPrefix("\(directory.path)/\(message)"), "\(result.errors)")
    }
    #expect(Subprocess.run("score", "--ref", reference).code == 64)
    #expect(Subprocess.run("score", "--ref", "-", "--hyp", "-").code == 64)
  }
}
