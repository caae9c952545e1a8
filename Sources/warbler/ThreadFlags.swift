import ArgumentParser
import Workbench

/// How many threads compute, as every command that computes takes it.
struct ThreadFlags: ParsableArguments {
  @Option(
    name: .customLong("threads"),
    help: ArgumentHelp("Threads that compute (default: the number of cores).", valueName: "n"))
  var given: Int?

  func count() throws(UsageError) -> Int {
    if let given, !(1...1024).contains(given) {
      throw UsageError("--threads \(given): expected 1 to 1024")
    }
    return given ?? availableProcessors()
  }
}
