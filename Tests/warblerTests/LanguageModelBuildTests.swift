import Glibc
import TestSupport
import Testing

@Suite(.timeLimit(.minutes(3))) struct `warbler lm build, prune and interpolate` {
  let directory = TemporaryDirectory()

  /// Sentences in which what follows depends on what stood before.
  func text(_ sentences: Int, seed: UInt64) -> String {
    var random = Seeded(seed)
    var text = ""
    for _ in 0..<sentences {
      var word = 0
      for _ in 0..<Int.random(in: 1...8, using: &random) {
        word = Bool.random(using: &random) ? (word * 7 + 3) % 40 : Int.random(in: 0..<40, using: &random)
        text += "w\(word) "
      }
      text += "\n"
    }
    return text
  }

  func warbler(_ arguments: String..., input: [UInt8]? = nil) -> Subprocess.Result {
    Subprocess(["lm"] + arguments, input: input, in: directory.path).finish()
  }

  @Test func `A model is built, pruned, and interpolated with another, and read`() {
    directory.write(text(2000, seed: 1), as: "a.txt")
    directory.write(text(1000, seed: 2), as: "b.txt")
    let built = warbler("build", "a.txt", "--order", "3", "--out", "a.arpa.gz", "--discount-fallback")
    #expect(built.code == 0 && built.output.isEmpty, "\(built.errors)")
    #expect(built.errorLines.contains { $0.hasPrefix("a.arpa.gz: 43 + ") })
    #expect(built.errorLines.contains { $0.hasPrefix("discounts of order 3: ") })
    let other = warbler(
      "build", "-", "--order", "2", "--out", "b.arpa", "--discount-fallback", "--memory", "1M", "--prune",
      "0,1",
      "--quiet", input: Array(text(1000, seed: 2).utf8))
    #expect(other.code == 0 && other.errors.isEmpty && other.output.isEmpty, "\(other.errors)")
    let pruned = warbler("prune", "a.arpa.gz", "p.arpa", "--threshold", "1e-4")
    #expect(pruned.code == 0 && pruned.errorLines.count == 3, "\(pruned.errors)")
    let mixed = warbler(
      "interpolate", "p.arpa", "b.arpa", "--tune", "b.txt", "--out", "m.bin", "--format", "binary")
    #expect(mixed.code == 0 && mixed.lines.count == 2, "\(mixed.errors)")
    #expect(mixed.lines[0].hasPrefix("weights 0.") && mixed.lines[1].hasPrefix("perplexity "))
    #expect(warbler("score", "m.bin", "b.txt").code == 0)
    let tuned = warbler(
      "interpolate", "p.arpa", "b.arpa", "--weights", "0.1,0.9", "--tune", "b.txt", "--quiet")
    #expect(tuned.code == 0 && tuned.lines.count == 2 && tuned.errors.isEmpty)
    #expect(directory.names == ["a.arpa.gz", "a.txt", "b.arpa", "b.txt", "m.bin", "p.arpa"])
  }

  @Test func `The binary form is built at once`() {
    directory.write(text(500, seed: 3), as: "a.txt")
    #expect(warbler("build", "a.txt", "--order", "2", "--out", "a.arpa", "--discount-fallback").code == 0)
    let binary = warbler(
      "build", "a.txt", "--order", "2", "--out", "a.bin", "--format", "binary", "--discount-fallback")
    #expect(binary.code == 0, "\(binary.errors)")
    #expect(warbler("convert", "a.arpa", "converted.bin").code == 0)
    #expect(contents(of: directory.file("a.bin")) == contents(of: directory.file("converted.bin")))
    #expect(directory.names == ["a.arpa", "a.bin", "a.txt", "converted.bin"])
  }

  @Test func `What cannot be done is one line, and 1`() {
    directory.write("a b c\n", as: "tiny.txt")
    let tiny = warbler("build", "tiny.txt", "--order", "2", "--out", "out", "--quiet")
    #expect(tiny.code == 1 && tiny.errorLines.count == 1)
    #expect(tiny.errors.contains("of order 1") && tiny.errors.contains("--discount-fallback"))
    for arguments in [
      ["build", "absent.txt", "--order", "2", "--out", "out", "--quiet"],
      ["prune", "tiny.txt", "out", "--threshold", "1e-8"],
      ["interpolate", "tiny.txt", "absent", "--out", "out"],
    ] {
      let result = Subprocess(["lm"] + arguments, in: directory.path).finish()
      #expect(result.code == 1 && result.errorLines.count == 1, "\(arguments): \(result.errors)")
    }
    // A directory for temporary files that is not there.
    let homeless = Subprocess(
      ["lm", "build", "tiny.txt", "--order", "2", "--out", "out", "--quiet"],
      environment: ["TMPDIR=/nowhere"],
      in: directory.path
    ).finish()
    #expect(homeless.code == 1 && homeless.errors.contains("TMPDIR"), "\(homeless.errors)")
    #expect(directory.names == ["tiny.txt"])
  }

  @Test func `A disk that is full is one line, and nothing is left`() {
    directory.write(text(5000, seed: 4), as: "a.txt")
    let full = Subprocess(
      ["lm", "build", "a.txt", "--order", "3", "--out", "out", "--discount-fallback", "--quiet"],
      in: directory.path,
      fileBytes: 1 << 16
    ).finish()
    #expect(
      full.code == 1 && full.errorLines.count == 1 && full.errors.contains("make room"), "\(full.errors)")
    #expect(directory.names == ["a.txt"])
  }

  @Test func `Wrong usage is 64`() {
    directory.write("a\n", as: "a")
    let build = ["build", "a", "--out", "out", "--order"]
    for arguments in [
      build + ["0"], build + ["21"], build + ["2", "--prune", "1,0"], build + ["2", "--prune", "0,0,1"],
      build + ["2", "--prune", "x"], build + ["2", "--memory", "1K"], build + ["2", "--memory", "lots"],
      build + ["2", "--memory", "9999999999999G"], build + ["2", "-", "-"],
      ["prune", "a", "b", "--threshold", "-1"],
      ["interpolate", "a", "--out", "out"], ["interpolate", "a", "a"],
      ["interpolate", "a", "a", "--out", "out", "--weights", "0.5"],
      ["interpolate", "a", "a", "--out", "out", "--weights", "0.5,0.6"],
      ["interpolate", "a", "a", "--out", "out", "--weights", "1.5,-0.5"],
    ] {
      let result = Subprocess(["lm"] + arguments, in: directory.path).finish()
      #expect(result.code == 64 && result.output.isEmpty, "\(arguments): \(result.errors)")
    }
    #expect(directory.names == ["a"])
  }

  @Test(arguments: [(SIGINT, "SIGINT", Int32(130)), (SIGTERM, "SIGTERM", 143)])
  func `A signal leaves nothing behind`(signal: Int32, name: String, code: Int32) {
    directory.folder("temporary")
    // A pipe whose writer says nothing more: it waits for text, then the rest comes.
    let pipe = directory.file("text")
    mkfifo(pipe, 0o600)
    let writer = open(pipe, O_RDWR | O_CLOEXEC)
    let command = Subprocess(
      ["lm", "build", pipe, "--order", "3", "--out", "out", "--memory", "64K"],
      environment: ["TMPDIR=\(directory.file("temporary"))"], in: directory.path)
    let lines = Array(text(20_000, seed: 5).utf8)
    // More than a pipe holds: once it is written, most was read.
    var done = 0
    while done < lines.count {
      done += lines[done...].withUnsafeBytes { write(writer, $0.baseAddress, min(4096, $0.count)) }
    }
    command.send(signal)
    close(writer)
    let result = command.finish()
    #expect(result.code == code && result.output.isEmpty)
    #expect(result.errorLines.last == "stopped by \(name): nothing is written", "\(result.errors)")
    #expect(directory.names == ["temporary", "text"])
    #expect(TestSupport.names(in: directory.file("temporary")).isEmpty)
  }
}
