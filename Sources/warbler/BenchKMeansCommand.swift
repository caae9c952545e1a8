import ArgumentParser
import Workbench

/// `warbler bench kmeans`.
struct BenchKMeansCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "kmeans", abstract: "Time mini-batch k-means on features from a file, and tell the inertia.")

  @Argument(help: ArgumentHelp("A .npy file, (frames, features).", valueName: "FEATURES"))
  var features: String

  @Option(help: ArgumentHelp("Clusters.", valueName: "k"))
  var clusters = 100

  @Option(help: ArgumentHelp("Starts by k-means++.", valueName: "n"))
  var starts = 20

  @Option(help: ArgumentHelp("Frames of a mini-batch.", valueName: "frames"))
  var batch = 10_000

  @Option(help: ArgumentHelp("At most so many passes.", valueName: "n"))
  var passes = 100

  @Option(help: "Of all random numbers.")
  var seed: UInt64 = 0

  @OptionGroup var threads: ThreadFlags

  @Flag(help: "Print one line of JSON.")
  var json = false

  func validate() throws {
    for (option, value) in [("--starts", starts), ("--batch", batch), ("--passes", passes)]
    where !(1...10_000_000).contains(value) {
      throw ValidationError("\(option): expected a number from 1 to 10000000, found \(value).")
    }
  }

  func run() throws {
    let benchmark = try KMeansBenchmark(features: features, threads: settled(threads.count))
    let timing = try benchmark.measure(
      clusters: clusters, starts: starts, batch: batch, passes: passes, seed: seed)
    print(json ? timing.json : timing.text)
  }
}
