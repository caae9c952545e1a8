import JSON
import TestSupport
import Testing

@Suite(.timeLimit(.minutes(2))) struct `warbler lm score and lm convert` {
  let directory = TemporaryDirectory()
  let arpa: String

  init() {
    arpa = directory.write(
      """
      \\data\\
      ngram 1=5
      ngram 2=3

      \\1-grams:
      -1.5\t<unk>
      -99\t<s>\t-0.25
      -1.0\t</s>
      -0.5\tthe\t-0.75
      -0.875\tcat\t-0.125

      \\2-grams:
      -0.375\t<s> the
      -0.625\tthe cat
      -0.0625\tcat </s>

      \\end\\

      """, as: "lm.arpa")
  }

  @Test func `a text's sums, from a file and from standard input`() {
    // -1.0625, and -0.375 - 0.75 - 1.5 - 0.875 - 0.0625: 7 words and ends, 6 of them known.
    let text = "the cat\nthe dog cat\n"
    let result = Subprocess.run("lm", "score", arpa, directory.write(text, as: "text"))
    #expect(result.code == 0 && result.errors.isEmpty, "\(result.errors)")
    #expect(
      result.output == """
        sentences          2
        words              5
        unknown            1 (20.00 % of words)
        log10 probability  -4.6250 (-2.2500 of unknown words)
        perplexity         4.578 (2.488 without unknown words)

        """)
    #expect(Subprocess.run("lm", "score", arpa, input: Array(text.utf8)).output == result.output)
    #expect(Subprocess.run("lm", "score", arpa, "-", input: Array(text.utf8)).output == result.output)
  }

  @Test func `an object a sentence, and the sums last`() throws {
    let result = Subprocess.run(
      "lm", "score", arpa, "-", "--format", "jsonl", input: Array("the cat\n\ndog".utf8))
    let lines = try result.lines.map { try JSONValue(parsing: $0) }
    #expect(lines.count == 4)
    #expect(lines[0]["line"] == 1 && lines[0]["words"] == 2 && lines[0]["log10_probability"] == -1.0625)
    #expect(lines[1]["line"] == 2 && lines[1]["words"] == 0 && lines[1]["log10_probability"] == -1.25)
    #expect(lines[2]["unknown"] == 1 && lines[2]["log10_probability_unknown"] == -1.75)
    #expect(lines[3]["sentences"] == 3 && lines[3]["words"] == 3 && lines[3]["log10_probability"] == -5.0625)
    #expect(lines[3]["perplexity_known"]?.double != nil)
  }

  @Test func `to the binary form and back, quantised too`() {
    let (binary, back) = (directory.file("lm.bin"), directory.file("back.arpa"))
    let result = Subprocess.run("lm", "convert", arpa, binary)
    #expect(result.code == 0 && result.output.isEmpty, "\(result.errors)")
    #expect(result.errors.hasPrefix("\(binary): order 2, 5 + 3 n-grams, 4 states, "))
    #expect(Subprocess.run("lm", "convert", binary, back, "--quiet").errors.isEmpty)
    let quantized = directory.file("q.bin")
    #expect(
      Subprocess.run("lm", "convert", binary, quantized, "--quantize", "8").errors.contains(", 8 bits, "))
    let text = directory.write("the cat\ncat the dog\n", as: "text")
    let expected = Subprocess.run("lm", "score", arpa, text).output
    for file in [binary, back, quantized] {
      #expect(Subprocess.run("lm", "score", file, text).output == expected)
    }
    #expect(contents(of: back).starts(with: "\\data\\\nngram 1=5\n".utf8))
    let again = directory.file("again.arpa")
    #expect(Subprocess.run("lm", "convert", arpa, again, "--format", "arpa").code == 0)
    #expect(contents(of: again) == contents(of: back))
  }

  @Test func `what cannot be done is one line and 1, and leaves nothing`() {
    let broken = directory.write("\\data\\\nngram 1=1\n\n\\1-grams:\nx a\n", as: "broken.arpa")
    let score = Subprocess.run("lm", "score", broken, "-")
    #expect(score.code == 1 && score.output.isEmpty && score.errorLines.count == 1)
    #expect(score.errors.hasPrefix("\(broken): line 5: expected "))
    let convert = Subprocess.run("lm", "convert", broken, directory.file("out"))
    #expect(convert.code == 1 && convert.errorLines.count == 1)
    #expect(Subprocess.run("lm", "score", arpa, directory.file("missing")).code == 1)
    let empty = Subprocess.run("lm", "score", arpa, "-", input: [])
    #expect(empty.code == 1 && empty.errors.contains("found an empty text"))
    let binary = directory.file("lm.bin")
    #expect(Subprocess.run("lm", "convert", arpa, binary).code == 0)
    var bytes = contents(of: binary)
    bytes[bytes.count - 100] ^= 1
    let damaged = directory.write(bytes, as: "damaged")
    let result = Subprocess.run("lm", "convert", damaged, directory.file("out"))
    #expect(result.code == 1 && result.errors.contains("another check sum"), "\(result.errors)")
    #expect(directory.names == ["broken.arpa", "damaged", "lm.arpa", "lm.bin"])
  }

  @Test func `a disk that is full is 1, and leaves what was there`() {
    let out = directory.write("old", as: "out")
    for format in ["arpa", "binary"] {
      let result = Subprocess(["lm", "convert", arpa, out, "--format", format], fileBytes: 50).finish()
      #expect(result.code == 1 && result.errors.hasPrefix("\(out): expected to write this file, found "))
    }
    #expect(directory.names == ["lm.arpa", "out"] && contents(of: out) == Array("old".utf8))
  }

  @Test(arguments: [
    ["--quantize", "7"], ["--quantize", "17"], ["--quantize", "8", "--format", "arpa"], ["--format", "x"],
  ])
  func `an option that cannot be is 64`(options: [String]) {
    let result = Subprocess(["lm", "convert", arpa, directory.file("out")] + options).finish()
    #expect(result.code == 64 && result.output.isEmpty)
  }

  @Test func `bench lm tells nanoseconds a word`() throws {
    let text = directory.write("the cat\nthe dog cat\n", as: "text")
    let result = Subprocess.run("bench", "lm", arpa, text, "--json", "--runs", "2")
    let line = try JSONValue(parsing: result.output)
    #expect(line["bench"] == "lm" && line["tokens"] == 7 && line["log10_probability"] == -4.625)
    #expect((line["query_nanoseconds"]?.double ?? 0) > 0 && (line["text_nanoseconds"]?.double ?? 0) > 0)
    #expect(Subprocess.run("bench", "lm", arpa, text).output.contains("opened in"))
    #expect(Subprocess.run("bench", "lm", arpa, directory.write("", as: "empty")).code == 1)
  }
}
