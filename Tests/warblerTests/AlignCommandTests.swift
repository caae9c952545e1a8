import JSON
import TestSupport
import Testing

@Suite(.timeLimit(.minutes(2))) struct `warbler align` {
  let directory = TemporaryDirectory()
  let model = goldenModel()

  private func recording(_ name: String = "a.wav", samples: Int = 16_000) -> String {
    directory.write(wav(noise(samples)), as: name)
  }

  @Test func `a recording and its words are a JSON document with the keys of the manual`() throws {
    let result = Subprocess.run("align", recording(), "--text", "An egg\nof 2", "--model", model)
    #expect(result.code == 0, "\(result.errors)")
    let object = try JSONValue(parsing: result.output)
    #expect(
      object.object?.keys == [
        "id", "audio_filepath", "duration", "text", "score", "confidence", "words", "characters", "segments",
        "untranscribed", "seconds",
      ])
    #expect(object["text"] == "An egg of 2")
    #expect(object["words"]?[0]?.object?.keys == ["word", "start", "end", "confidence", "score"])
    #expect(object["words"]?[3]?["wildcard"] == true && object["words"]?[3]?["score"] == .null)
    #expect(object["segments"]?[1]?.object?.keys == ["text", "start", "end", "confidence", "score"])
    #expect(object["characters"]?[0]?.object?.keys == ["char", "start", "end", "confidence"])
    #expect(object["seconds"]?.object?.keys == ["audio", "model", "alignment"])
    #expect(result.errorLines.count == 2)
    #expect(result.errorLines[0] == "a: wildcards stand for what the vocabulary has not, in \"2\"")
    #expect(result.errorLines[1].hasPrefix("aligned 1 of 1 input"))
    let quiet = Subprocess.run("align", recording(), "--text", "of 2", "--model", model, "--quiet")
    #expect(quiet.code == 0 && quiet.errors.isEmpty)
  }

  @Test(arguments: ["json", "jsonl", "textgrid", "ctm", "srt", "vtt"])
  func `several inputs go to a directory, or to one file where the format has lines`(format: String) {
    _ = recording()
    let manifest = directory.write(
      """
      {"audio_filepath": "a.wav", "id": "s/x", "text": "an"}
      {"audio_filepath": "a.wav", "id": "y", "text": "egg"}
      """, as: "m.jsonl")
    let out = directory.file("out")
    let result = Subprocess.run(
      "align", manifest, "--model", model, "--format", format, "--out", out, "--quiet")
    #expect(result.code == 0 && result.errors.isEmpty && result.output.isEmpty, "\(result.errors)")
    let isLines = ["jsonl", "ctm"].contains(format)
    if isLines {
      #expect(String(decoding: contents(of: out), as: UTF8.self).split(separator: "\n").count == 2)
    } else {
      let suffix = format == "textgrid" ? "TextGrid" : format
      #expect(names(in: out) == ["s", "y.\(suffix)"] && names(in: "\(out)/s") == ["x.\(suffix)"])
    }
    let stdout = Subprocess.run("align", manifest, "--model", model, "--format", format, "--quiet")
    #expect(stdout.code == (isLines ? 0 : 64))
    if !isLines {
      #expect(
        stdout.errors == "--format \(format): 2 inputs need a directory for their files; name it by --out\n")
    }
  }

  @Test(arguments: [
    ["--format", "text"], ["--word-ends", "x"], ["--max-extension", "99999"], ["--max-extension", "nan"],
    ["--word-ends", "spike", "--max-extension", "5"], ["--untranscribed", "x"],
    ["--untranscribed", "words", "--partial"], ["--threads", "0"],
  ])
  func `an option that cannot be is 64 and one line`(options: [String]) {
    let result = Subprocess(["align", recording(), "--text", "a", "--model", model] + options).finish()
    #expect(result.code == 64 && result.output.isEmpty)
    #expect(result.errorLines.count == 1 && result.errors.hasPrefix("--"), "\(result.errors)")
  }

  @Test func `what cannot be aligned is 1 and one line`() {
    let path = recording()
    for (text, says) in [
      ("", "no words to align"), ("absent.txt", "no such text"),
      (String(repeating: "egg ", count: 30), "its text is too long: "),
    ] {
      let result = Subprocess.run("align", path, "--text", text, "--model", model)
      #expect(result.code == 1 && result.output.isEmpty)
      #expect(result.errorLines.count == 1 && result.errors.contains(says), "\(result.errors)")
    }
    let absent = Subprocess.run("align", "absent.wav", "--text", "a", "--model", model)
    #expect(absent.code == 1 && absent.errors.hasPrefix("absent.wav: cannot be read"))
    #expect(Subprocess.run("align", path, "--text", "a", "--model", "/absent").code == 1)
  }

  @Test func `a text is needed, and one is not for several`() {
    let none = Subprocess.run("align", recording(), "--model", model)
    #expect(none.code == 64 && none.errorLines.count == 1)
    let several = Subprocess.run("align", recording(), recording("b.wav"), "--text", "a", "--model", model)
    #expect(several.code == 64 && several.errors.hasPrefix("--text: one text for 2 inputs"))
  }

  @Test func `emissions are aligned without their model`() throws {
    let path = recording()
    let kept = directory.file("kept")
    _ = Subprocess.run("decode", path, "--model", model, "--emissions", kept, "--no-store", "--quiet")
    let vocabulary = "\(model)/vocab.json"
    let spikes = Subprocess.run(
      "align", path, "--text", "an egg", "--model", model, "--word-ends", "spike", "--quiet")
    let aligned = Subprocess.run("align", kept, "--text", "an egg", "--vocab", vocabulary)
    #expect(aligned.code == 0, "\(aligned.errors)")
    let (one, other) = (try JSONValue(parsing: aligned.output), try JSONValue(parsing: spikes.output))
    for key in ["id", "text", "score", "confidence", "words", "characters", "segments"] {
      #expect(one[key] == other[key])
    }
    let manifest = directory.write(#"{"audio_filepath": "b.wav", "text": "an egg"}"#, as: "m.jsonl")
    let missing = Subprocess.run(
      "align", kept, "--ref", manifest, "--vocab", vocabulary, "--format", "ctm")
    #expect(missing.code == 1 && missing.output.isEmpty)
    #expect(
      missing.errorLines == [
        "\(kept)/a.npy: \(manifest) has no row of the id a; leave it out",
        "\(manifest): b: no emissions of that id; make them with decode --emissions",
      ])
  }

  @Test(arguments: [
    ["--vocab", "v"], ["--vocab", "v", "--text", "a", "--ref", "m"],
    ["--vocab", "v", "--text", "a", "--pcm", "8000"],
    ["--vocab", "v", "--text", "a", "--word-ends", "sound"], ["--vocab", "v", "--text", "a", "--model", "m"],
    ["--text", "a"], ["--model", "m", "--text", "a", "--ref", "r"],
    ["--model", "m", "--text", "a", "--blank", "b"],
  ])
  func `options that are about something else are 64 and one line`(options: [String]) {
    let result = Subprocess(["align", "a.npy"] + options).finish()
    #expect(result.code == 64 && result.output.isEmpty)
    #expect(result.errorLines.count == 1 && result.errors.hasPrefix("--"), "\(result.errors)")
  }
}
