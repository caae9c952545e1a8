import Glibc
import JSON
import TestSupport
import Testing

@Suite(.timeLimit(.minutes(2))) struct `warbler corpus check` {
  let directory = TemporaryDirectory()

  func manifest(_ lines: String...) -> String {
    for name in ["a", "b"] {
      directory.write(wav(noise(16_000, seed: UInt64(name.utf8.first!))), as: "\(name).wav")
    }
    return directory.write(lines.joined(separator: "\n"), as: "m.jsonl")
  }

  let good = #"{"audio_filepath": "a.wav", "text": "one"}"#
  let bad = #"{"audio_filepath": "b.wav"}"#

  @Test func `0 if nothing is rejected, 3 if some rows are, 1 if all are`() {
    let fine = Subprocess.run("corpus", "check", manifest(good))
    #expect(fine.code == 0 && fine.errors.isEmpty)
    #expect(fine.lines == ["train     1 row   0.000 h", "  usable  1 row   0.000 h"])
    let some = Subprocess.run("corpus", "check", manifest(good, bad))
    #expect(some.code == 3 && some.errors.isEmpty)
    #expect(some.lines[0].hasPrefix("reject  \(directory.path)/m.jsonl:2  b  missing-text: "))
    let none = Subprocess.run("corpus", "check", manifest(bad))
    #expect(none.code == 1 && none.errorLines.count == 1 && none.lines.count == 4)
    let absent = Subprocess.run("corpus", "check", directory.file("absent.jsonl"))
    #expect(absent.code == 1 && absent.output.isEmpty && absent.errorLines.count == 1)
  }

  @Test func `a model's vocabulary is checked against, in its case`() {
    let path = manifest(good, #"{"audio_filepath": "b.wav", "text": "tw\u00f6"}"#)
    let result = Subprocess.run("corpus", "check", path, "--model", goldenModel(), "--json")
    #expect(result.code == 3, "\(result.errors)")
    #expect(result.lines.count == 2)
    let objects = result.lines.compactMap { try? JSONValue(parsing: $0) }
    #expect(objects.count == 2)
    #expect(objects[0]["kind"] == "unknown-characters" && objects[0]["severity"] == "reject")
    #expect(objects[1]["summary"]?["train"]?["usable"] == 1)
  }

  @Test func `options that do not go together are 64`() {
    let path = manifest(good)
    for options in [
      ["--model", "m", "--vocab", "v"], ["--rules", "r"], ["--language", "l"], ["--min-seconds", "40"],
      ["--threads", "0"],
    ] {
      #expect(Subprocess(["corpus", "check", path] + options).finish().code == 64, "\(options)")
    }
  }
}
