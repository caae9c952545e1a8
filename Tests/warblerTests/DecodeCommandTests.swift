import Glibc
import JSON
import TestSupport
import Testing

@Suite(.timeLimit(.minutes(2))) struct `warbler decode` {
  let directory = TemporaryDirectory()
  let model = goldenModel()

  func recording(_ name: String, samples: Int = 8000) -> String {
    directory.write(wav(noise(samples, seed: UInt64(name.utf8.reduce(0) { $0 + Int($1) }))), as: name)
  }

  @Test func `one input gives its text alone, several give ids too`() {
    let paths = [recording("a.wav"), recording("b.wav")]
    let one = Subprocess.run("decode", paths[0], "--model", model)
    #expect(one.code == 0)
    #expect(one.lines.count == 1 && !one.output.contains("\t"))
    let both = Subprocess.run("decode", paths[0], paths[1], "--model", model + "/")
    #expect(both.code == 0)
    #expect(both.lines.map { $0.split(separator: "\t")[0] } == ["a", "b"])
    #expect(both.lines[0] == "a\t" + one.lines[0])
    #expect(both.errorLines.count == 1 && both.errors.hasPrefix("decoded 2 of 2 inputs"))
  }

  @Test func `nothing but failures is 1, failures beside results are 3, and --quiet keeps a line for each`() {
    let good = recording("a.wav")
    let bad = directory.write([], as: "bad.wav")
    let alone = Subprocess.run("decode", bad, "--model", model, "--quiet")
    #expect(alone.code == 1 && alone.output.isEmpty)
    #expect(alone.errorLines.count == 1 && alone.errors.hasPrefix("\(bad): is empty"))
    #expect(Subprocess.run("decode", bad, "--model", model).errorLines.count == 1)
    let beside = Subprocess.run(
      "decode", bad, good, "\(directory.path)/absent.wav", "--model", model, "--quiet")
    #expect(beside.code == 3)
    #expect(beside.lines.count == 1 && beside.output.hasPrefix("a\t"))
    #expect(beside.errorLines.count == 2)
    #expect(beside.errors.contains("absent.wav: cannot be read: No such file or directory"))
    #expect(Subprocess.run("decode", good, "--model", model, "--quiet").errors.isEmpty)
  }

  @Test(arguments: [
    ["--decoder", "beam:width=0"], ["--vocab", "vocab.json"], ["--decoder", "greedy:x=1"],
    ["--precision", "int8"],
    ["--precision", "x"],
    ["--format", "x"], ["--store", "a.db", "--no-store"], ["--threads", "0"],
    ["--chunk-seconds", "0"],
    ["--chunk-seconds", "nan"],
    ["--pcm", "16000"],
  ])
  func `an option that cannot be is 64 and one line that names it`(options: [String]) {
    let result = Subprocess(["decode", recording("a.wav"), "--model", model] + options).finish()
    #expect(result.code == 64)
    #expect(result.output.isEmpty)
    #expect(result.errorLines.count == 1, "\(result.errors)")
    let start = options.prefix(2).joined(separator: " ")
    #expect(result.errors.hasPrefix(start) || options[1] == "nan" || options[1] == "0")
  }

  @Test func `missing and unknown arguments are 64`() {
    #expect(Subprocess.run("decode", "a.wav").code == 64)
    #expect(Subprocess.run("decode", "--model", model).code == 64)
    #expect(Subprocess.run("decode", "a.wav", "--model", model, "--nothing").code == 64)
    #expect(Subprocess.run("transcribe").code == 64)
  }

  @Test func `a model that cannot be is 1 and one line`() {
    let good = recording("a.wav")
    for model in ["\(directory.path)/absent", good, directory.path] {
      let result = Subprocess.run("decode", good, "--model", model)
      #expect(result.code == 1 && result.output.isEmpty)
      #expect(result.errorLines.count == 1 && result.errors.hasPrefix(model), "\(result.errors)")
    }
    let kernels = Subprocess.run("decode", good, "--model", model, environment: ["WARBLER_KERNELS=mmx"])
    #expect(kernels.code == 1)
    #expect(kernels.errors.hasPrefix("WARBLER_KERNELS=mmx: unknown"))
  }

  @Test func `standard input is a file's bytes, or samples`() throws {
    let samples = noise(8000)
    let path = directory.write(wav(samples), as: "a.wav")
    let file = Subprocess.run("decode", path, "--model", model)
    let bytes = Subprocess.run("decode", "-", "--model", model, input: wav(samples))
    #expect(bytes.code == 0 && bytes.output == file.output)
    let raw = Subprocess.run(
      "decode", "-", "--pcm", "16000", "--model", model, "--format", "jsonl", input: pcm(samples))
    let object = try JSONValue(parsing: raw.output)
    #expect(object["id"] == "stdin" && object["audio_filepath"] == "-")
    #expect(object["text"]?.string.map { $0 + "\n" } == file.output)
    let nothing = Subprocess.run("decode", "-", "--model", model, "--quiet", input: [])
    #expect(nothing.code == 1 && nothing.errors.hasPrefix("stdin: is empty"))
  }

  @Test func `a manifest's lines come in order with its ids, bad ones named with file and line`() {
    _ = recording("x.wav")
    _ = recording("y.wav")
    let text = """
      {"audio_filepath": "y.wav", "id": "s/second"}
      {"audio_filepath": }
      {"audio_filepath": "x.wav"}
      """
    let manifest = directory.write(Array(text.utf8), as: "m.jsonl")
    let result = Subprocess.run(
      "decode", manifest, "--model", model, "--quiet", "--emissions", "\(directory.path)/kept")
    #expect(result.code == 3)
    #expect(result.lines.map { $0.split(separator: "\t")[0] } == ["s/second", "x"])
    #expect(result.errors.hasPrefix("\(manifest):2:20: "), "\(result.errors)")
    #expect(names(in: "\(directory.path)/kept") == ["s", "x.npy"])
    #expect(names(in: "\(directory.path)/kept/s") == ["second.npy"])
  }

  @Test func `an id that would leave the directory of emissions is that input's failure`() {
    _ = recording("x.wav")
    let manifest = directory.write(
      Array(
        """
        {"audio_filepath": "x.wav", "id": "../out"}
        {"audio_filepath": "x.wav", "id": "in"}
        """.utf8), as: "m.jsonl")
    let result = Subprocess.run(
      "decode", manifest, "--model", model, "--quiet", "--emissions", "\(directory.path)/kept")
    #expect(result.code == 3)
    #expect(result.errors.contains("would lead out of"))
    #expect(names(in: directory.path) == ["kept", "m.jsonl", "x.wav"])
  }

  @Test func `results go to a file with --out, and a disk that is full is 1`() {
    let path = recording("a.wav")
    let out = "\(directory.path)/out.txt"
    let expected = Subprocess.run("decode", path, "--model", model).output
    directory.write(
      Array("what was there before, longer than what comes now: ".utf8) + [UInt8](repeating: 65, count: 999),
      as: "out.txt")
    let result = Subprocess.run("decode", path, "--model", model, "--out", out)
    #expect(result.code == 0 && result.output.isEmpty)
    #expect(String(decoding: contents(of: out), as: UTF8.self) == expected)
    let full = Subprocess.run("decode", path, "--model", model, "--out", "/dev/full")
    #expect(full.code == 1)
    #expect(full.errors == "/dev/full: cannot be written: No space left on device; make room on the disk\n")
    let nowhere = Subprocess.run("decode", path, "--model", model, "--out", "\(directory.path)/no/out")
    #expect(nowhere.code == 1 && nowhere.errorLines.count == 1)
  }

  @Test func `subtitles, TextGrid and CTM of one input go to stdout, of several to files`() {
    let paths = [recording("a.wav"), recording("b.wav")]
    for (format, start) in [
      ("vtt", "WEBVTT\n"), ("textgrid", "File type = \"ooTextFile\"\n"), ("srt", "1\n"),
    ] {
      let one = Subprocess.run("decode", paths[0], "--model", model, "--format", format, "--no-store")
      #expect(one.code == 0 && one.output.hasPrefix(start), "\(one.output)")
      let both = [
        "decode", paths[0], paths[1], "--model", model, "--format", format, "--no-store", "--quiet",
      ]
      #expect(Subprocess(both).finish().code == 64)
      let out = "\(directory.path)/\(format)"
      #expect(Subprocess(both + ["--out", out]).finish().code == 0)
      let suffix = format == "textgrid" ? "TextGrid" : format
      #expect(names(in: out) == ["a.\(suffix)", "b.\(suffix)"])
      #expect(String(decoding: contents(of: "\(out)/a.\(suffix)"), as: UTF8.self) == one.output)
    }
    let ctm = Subprocess.run("decode", paths[0], paths[1], "--model", model, "--format", "ctm", "--no-store")
    #expect(ctm.code == 0)
    #expect(ctm.lines.allSatisfy { $0.split(separator: " ").count == 6 })
    #expect(Set(ctm.lines.map { $0.prefix(4) }) == ["a 1 ", "b 1 "])
  }

  @Test func `a wrong model leaves --out as it was`() {
    directory.write(Array("precious".utf8), as: "out.txt")
    let result = Subprocess.run(
      "decode", recording("a.wav"), "--model", "/absent", "--out", "\(directory.path)/out.txt")
    #expect(result.code == 1)
    #expect(contents(of: "\(directory.path)/out.txt") == Array("precious".utf8))
  }

  @Test func `threads change nothing`() {
    let paths = (0..<6).map { recording("r\($0).wav", samples: 5000 + 3000 * $0) }
    let outputs = ["1", "2", "5"].map { threads in
      Subprocess(["decode", "--model", model, "--threads", threads, "--no-store"] + paths).finish().output
    }
    #expect(Set(outputs).count == 1)
  }
}
