import ArgumentParser
import Workbench

/// `warbler bench pretrain`.
struct BenchPretrainCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "pretrain",
    abstract: "Time steps of pre-training, everything trained from the waveform on, on noise.",
    discussion: "Frames are masked with probability 0.8 in spans of 10.")

  @Option(
    help: ArgumentHelp(
      "Time random weights of this configuration (default: HuBERT's base).", valueName: "CONFIG.json"))
  var `init`: String?

  @Option(help: ArgumentHelp("Lengths of the crops of a step, separated by commas.", valueName: "seconds"))
  var lengths = "10,10,10,10"

  @Option(help: "Hidden, activation, attention and feature projection's dropout.")
  var dropout = 0.1

  @Option(help: "Clusters that are told apart.")
  var clusters = 100

  @OptionGroup var threads: ThreadFlags

  @Option(help: "Runs that are counted.")
  var runs = 3

  @Flag(help: "Print one line of JSON.")
  var json = false

  private func seconds() -> [Double] {
    lengths.split(separator: ",", omittingEmptySubsequences: false).map { Double($0) ?? .nan }
  }

  func validate() throws {
    guard seconds().allSatisfy({ $0 > 0 && $0 <= 86_400 }) else {
      throw ValidationError("--lengths: expected numbers above 0, separated by commas, found '\(lengths)'.")
    }
    guard dropout >= 0 && dropout < 1 else {
      throw ValidationError("--dropout: expected a number from 0 and below 1, found \(dropout).")
    }
    try checkPositive("--clusters", clusters)
    try checkPositive("--runs", runs)
  }

  func run() throws {
    let benchmark = try PretrainingBenchmark(
      configuration: `init`, clusters: clusters, lengths: seconds(), dropout: dropout,
      threads: settled(threads.count))
    let timing = try benchmark.measure(runs: runs)
    print(json ? timing.json : timing.text)
  }
}
