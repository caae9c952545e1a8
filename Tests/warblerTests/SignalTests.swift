import Glibc
import TestSupport
import Testing

@Suite(.timeLimit(.minutes(1))) struct `warbler decode, interrupted` {
  let directory = TemporaryDirectory()
  let model = goldenModel()

  /// Enough recordings to take some seconds.
  func recordings() -> String {
    let bytes = wav(noise(80_000))
    for index in 0..<400 { directory.write(bytes, as: "r\(1000 + index).wav") }
    return directory.path
  }

  @Test(arguments: [(SIGINT, "SIGINT", Int32(130)), (SIGTERM, "SIGTERM", 143)])
  func `what is done is delivered, and the exit code tells the signal`(
    signal: Int32, name: String, code: Int32
  ) {
    let command = Subprocess(["decode", recordings(), "--model", model, "--threads", "1"])
    let start = command.read()
    command.send(signal)
    let result = command.finish(after: start)
    #expect(result.code == code)
    #expect(result.lines.count > 0 && result.lines.count < 400)
    #expect(result.output.hasSuffix("\n"))
    #expect(
      result.errorLines.last?.hasPrefix("stopped by \(name): decoded \(result.lines.count) of 400 inputs")
        == true,
      "\(result.errors)")
    for (index, line) in result.lines.enumerated() { #expect(line.hasPrefix("r\(1000 + index)\t")) }
  }

  @Test func `with --quiet nothing is said of it`() {
    let command = Subprocess(["decode", recordings(), "--model", model, "--threads", "1", "--quiet"])
    let start = command.read()
    command.send(SIGINT)
    let result = command.finish(after: start)
    #expect(result.code == 130 && result.errors.isEmpty)
  }

  @Test func `waiting for standard input can be interrupted`() {
    // A pipe without a writer's end would be at its end; a terminal or a silent program is not.
    let fifo = "\(directory.path)/silent.wav"
    mkfifo(fifo, 0o600)
    let holder = open(fifo, O_RDWR)
    defer { close(holder) }
    let command = Subprocess(["decode", fifo, "--model", model])
    usleep(300_000)
    command.send(SIGINT)
    #expect(command.finish().code == 130)
  }

  @Test func `a reader that goes away ends it without a word`() {
    let command = Subprocess(["decode", recordings(), "--model", model, "--quiet"])
    #expect(!command.read(1).isEmpty)
    command.closeOutput()
    let result = command.finish()
    #expect(result.code == 128 + SIGPIPE)
    #expect(result.errors.isEmpty)
  }
}
