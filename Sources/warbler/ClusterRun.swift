import ArgumentParser
import Clustering
import Workbench

#if canImport(Glibc)
import Glibc
#endif

/// One call of `cluster`, from the list of inputs to the exit code.
struct ClusterRun: CommandRun {
  private let inputs: [String]
  private let options: ClusteringOptions
  private let json: Bool
  var console: Console
  private var lastLine = monotonicSeconds()

  /// Seconds between plain lines of progress.
  private static let interval = 10.0

  init(_ command: ClusterCommand) throws(UsageError) {
    inputs = command.inputs
    json = command.json
    console = Console(isQuiet: command.quiet)
    if command.inputs.contains("-") {
      throw UsageError("-: recordings are read twice, which standard input cannot be; name a file")
    }
    if command.clusters == nil && command.labelsOnly == nil {
      throw UsageError(
        "--clusters: missing; give their number, or --labels-only with clusters that are there")
    }
    if let clusters = command.clusters {
      if command.labelsOnly != nil {
        throw UsageError("--clusters \(clusters): it goes against --labels-only; leave out one of them")
      }
      try Self.check("--clusters", clusters, upTo: 65_536)
    }
    var options = ClusteringOptions(
      features: try Self.features(command), clusters: command.clusters ?? 1,
      out: withoutTrailingSlash(command.out))
    try Self.check("--starts", command.starts, upTo: 10_000)
    try Self.check("--batch", command.batch, upTo: 10_000_000)
    try Self.check("--passes", command.passes, upTo: 1_000_000)
    guard command.fraction > 0 && command.fraction <= 1 else {
      throw UsageError("--fraction \(command.fraction): expected a number above 0 and up to 1")
    }
    if let rate = command.rate, !(rate > 0 && rate.isFinite) {
      throw UsageError("--rate \(rate): expected a number above 0")
    }
    guard let standardization = Standardization(rawValue: command.standardize) else {
      let known = Standardization.allCases.map(\.rawValue).joined(separator: ", ")
      throw UsageError("--standardize \(command.standardize): expected one of \(known)")
    }
    options.standardization = standardization
    options.kmeans.seed = command.seed
    options.kmeans.starts = command.starts
    options.kmeans.batch = command.batch
    options.kmeans.passes = command.passes
    options.centroids = command.labelsOnly
    options.fraction = command.fraction
    options.framesPerSecond = command.rate
    options.reference = command.reference
    options.km = command.km
    options.threads = try command.threads.count()
    self.options = options
  }

  private static func features(_ command: ClusterCommand) throws(UsageError) -> ClusteringOptions.Features {
    if let features = command.features, features != "mfcc" {
      throw UsageError("--features \(features): expected mfcc; for hidden states give --model and --layer")
    }
    guard let model = command.model else {
      if let layer = command.layer { throw UsageError("--layer \(layer): it needs --model") }
      if command.features == nil {
        throw UsageError("--features: missing; give --features mfcc, or --model with --layer")
      }
      return .mfcc
    }
    if command.features != nil {
      throw UsageError("--features mfcc: it goes against --model; leave out one of them")
    }
    guard let layer = command.layer, layer >= 0 else {
      throw UsageError("--layer: expected the number of a hidden state beside --model, from 0 on")
    }
    return .hiddenStates(model: withoutTrailingSlash(model), layer: layer)
  }

  private static func check(_ option: String, _ value: Int, upTo most: Int) throws(UsageError) {
    if !(1...most).contains(value) { throw UsageError("\(option) \(value): expected 1 to \(most)") }
  }

  mutating func run() throws {
    let output = try ResultOutput(path: nil)
    let entries = InputListing(inputs).entries
    let report = try ClusteringRun(options).run(entries, shouldStop: { Interruption.signal != nil }) {
      event in
      deliver(event)
    }
    console.erase()
    guard let report else {
      let signal = Interruption.signal ?? SIGTERM
      console.note(
        "stopped by \(signal == SIGINT ? "SIGINT" : "SIGTERM"); what is complete is kept in \(options.out), and the same "
          + "command goes on")
      throw ExitCode(128 + signal)
    }
    try output.write((json ? report.json : report.text) + "\n")
    if report.failed > 0 { throw ExitCode(3) }
  }

  private mutating func deliver(_ event: ClusteringRun.Event) {
    switch event {
    case .failure(let failure): console.failure("\(failure)")
    case .note(let line): console.note(line)
    case .underway(let what, let part):
      let now = monotonicSeconds()
      let isDue = now - lastLine >= Self.interval
      if isDue { lastLine = now }
      console.progress("\(progressBar(part)) \(what)", isDue: isDue)
    }
  }
}
