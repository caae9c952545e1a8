import ArgumentParser
import LanguageModel

#if canImport(Glibc)
import Glibc
#endif

/// What a language model is written as.
enum LanguageModelFormat: String, ExpressibleByArgument, CaseIterable {
  case arpa, binary
}

/// Where a command writes a language model that is made as ARPA.
struct LanguageModelOutput {
  let path: String
  let format: LanguageModelFormat

  /// - Parameter body: writes an ARPA file of the name that it is given.
  func write<Result>(_ body: (String) throws -> Result) throws -> Result {
    guard format == .binary else { return try body(path) }
    let arpa = "\(path).\(getpid()).arpa"
    defer { unlink(arpa) }
    let result = try body(arpa)
    try openLanguageModel(arpa).write(to: path)
    return result
  }
}

extension CommandRun {
  /// Does work on a language model that asks whether to go on; stopped by a signal, it ends the command.
  mutating func stoppable<Result>(_ work: () throws -> Result) throws -> Result {
    do {
      return try work()
    } catch let error as LanguageModelError where error.kind == .stopped {
      let signal = Interruption.signal ?? SIGTERM
      console.note("stopped by \(signal == SIGINT ? "SIGINT" : "SIGTERM"): nothing is written")
      throw ExitCode(128 + signal)
    }
  }
}
