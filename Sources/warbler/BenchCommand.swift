import ArgumentParser
import Workbench

#if canImport(Glibc)
import Glibc
#endif

/// `warbler bench`.
struct BenchCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "bench", abstract: "Measure speed and memory.",
    discussion: "Times are medians over --runs after one warm-up, and leave out loading.",
    subcommands: [
      BenchModelCommand.self, BenchTrainCommand.self, BenchPretrainCommand.self, BenchLossCommand.self,
      BenchKMeansCommand.self, BenchLanguageModelCommand.self,
      BenchDecodeCommand.self, BenchScoreCommand.self,
    ])
}

/// `warbler bench model`.
struct BenchModelCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "model", abstract: "Time the forward pass of a model, stage by stage.",
    usage: "warbler bench model (--model MODEL | --init CONFIG.json) [options]")

  @Option(help: ArgumentHelp("A directory in Hugging Face's layout.", valueName: "MODEL"))
  var model: String?

  @Option(help: ArgumentHelp("Time random weights of this configuration instead.", valueName: "CONFIG.json"))
  var `init`: String?

  @Option(help: ArgumentHelp("Lengths of audio, separated by commas.", valueName: "seconds"))
  var audioSeconds = "2,10,30"

  @OptionGroup var threads: ThreadFlags

  @Option(help: "Precision of the arithmetic: fp32.")
  var precision = "fp32"

  @Option(help: "Runs that are counted.")
  var runs = 5

  @Flag(help: "Print one line of JSON for each length.")
  var json = false

  private func lengths() -> [Double] {
    audioSeconds.split(separator: ",", omittingEmptySubsequences: false).map { Double($0) ?? .nan }
  }

  func validate() throws {
    guard (model == nil) != (`init` == nil) else { throw ValidationError("Give either --model or --init.") }
    // A day bounds the memory for the waveform.
    guard lengths().allSatisfy({ $0 > 0 && $0 <= 86_400 }) else {
      throw ValidationError(
        "--audio-seconds: expected numbers above 0, separated by commas, found '\(audioSeconds)'.")
    }
    guard precision == "fp32" else {
      throw ValidationError("--precision: expected fp32, found '\(precision)'.")
    }
    try checkPositive("--runs", runs)
  }

  func run() throws {
    let threads = try settled(threads.count)
    let benchmark =
      try model.map { try ModelBenchmark(model: $0, threads: threads) }
      ?? ModelBenchmark(configuration: `init` ?? "", threads: threads)
    if !json { print(benchmark.summary) }
    for length in lengths() {
      let timing = try benchmark.measure(audioSeconds: length, runs: runs)
      print(json ? timing.json : "\n" + timing.text)
      // Each as it is ready, in a pipe too.
      fflush(nil)
    }
    if !json { print("\n" + ModelTiming.footnote) }
  }
}

/// `warbler bench train`.
struct BenchTrainCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "train", abstract: "Time steps of fine-tuning, from cached features on, on noise.",
    usage: "warbler bench train (--model MODEL | --init CONFIG.json) [options]")

  @Option(help: ArgumentHelp("A directory in Hugging Face's layout.", valueName: "MODEL"))
  var model: String?

  @Option(help: ArgumentHelp("Time random weights of this configuration instead.", valueName: "CONFIG.json"))
  var `init`: String?

  @Option(
    help: ArgumentHelp("Lengths of the utterances of a step, separated by commas.", valueName: "seconds"))
  var lengths = "10,10,10,10"

  @Option(help: "Hidden, activation, attention and final dropout.")
  var dropout = 0.1

  @Flag(help: "Keep only the input of each layer, and compute layers again in the backward pass.")
  var checkpointActivations = false

  @OptionGroup var threads: ThreadFlags

  @Option(help: "Precision of the arithmetic: fp32.")
  var precision = "fp32"

  @Option(help: "Runs that are counted.")
  var runs = 3

  @Flag(help: "Print one line of JSON.")
  var json = false

  private func seconds() -> [Double] {
    lengths.split(separator: ",", omittingEmptySubsequences: false).map { Double($0) ?? .nan }
  }

  func validate() throws {
    guard (model == nil) != (`init` == nil) else { throw ValidationError("Give either --model or --init.") }
    guard seconds().allSatisfy({ $0 > 0 && $0 <= 86_400 }) else {
      throw ValidationError("--lengths: expected numbers above 0, separated by commas, found '\(lengths)'.")
    }
    guard dropout >= 0 && dropout < 1 else {
      throw ValidationError("--dropout: expected a number from 0 and below 1, found \(dropout).")
    }
    guard precision == "fp32" else {
      throw ValidationError("--precision: expected fp32, found '\(precision)'.")
    }
    try checkPositive("--runs", runs)
  }

  func run() throws {
    let benchmark = try TrainingBenchmark(
      model: model, configuration: `init`, lengths: seconds(), dropout: dropout,
      checkpointsActivations: checkpointActivations, threads: settled(threads.count))
    let timing = try benchmark.measure(runs: runs)
    print(json ? timing.json : timing.text)
  }
}

/// `warbler bench ctc`.
struct BenchLossCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "ctc", abstract: "Time the CTC loss and its gradient, with log-softmax, on noise.")

  @Option(help: ArgumentHelp("Frames, utterances, vocabulary and labels of each.", valueName: "T,B,V,S"))
  var shape = "500,16,32,100"

  @OptionGroup var threads: ThreadFlags

  @Option(help: "Runs that are counted.")
  var runs = 5

  @Flag(help: "Print one line of JSON.")
  var json = false

  func validate() throws {
    guard LossShape(shape) != nil else {
      throw ValidationError(
        "--shape: expected T,B,V,S with T and B above 0 and V above 1, found '\(shape)'.")
    }
    try checkPositive("--runs", runs)
  }

  func run() throws {
    guard let shape = LossShape(shape) else { return }
    let threads = try settled(threads.count)
    let timing = try LossBenchmark(shape: shape, threads: threads).measure(runs: runs)
    print(json ? timing.json : timing.text)
  }
}

/// `warbler bench decode`.
struct BenchDecodeCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "decode", abstract: "Time a decoder over emissions, on one thread.",
    discussion: """
      The time of the search is told apart from that of the acoustic score, which other greedy decoders do not give.
      """)

  @Argument(help: ArgumentHelp("Emissions: .npy files, (T, V).", valueName: "EMISSIONS"))
  var emissions: [String]

  @Option(help: ArgumentHelp("As decode's.", valueName: "DECODER"))
  var decoder = "greedy"

  @Option(help: "A vocab.json that names the tokens; greedy does without, and takes id 0 for the blank.")
  var vocab: String?

  @Option(help: "The blank's entry in --vocab.")
  var blank: String?

  @Option(help: "Runs that are counted.")
  var runs = 5

  @Flag(help: "Print one line of JSON.")
  var json = false

  func validate() throws {
    do { _ = try DecoderChoice(parsing: decoder) } catch { throw ValidationError(error.description) }
    guard blank == nil || vocab != nil else { throw ValidationError("--blank needs --vocab.") }
    try checkPositive("--runs", runs)
  }

  func run() throws {
    let benchmark = try DecoderBenchmark(emissions: emissions, vocabulary: vocab, blankToken: blank)
    let timing = try benchmark.measure(DecoderChoice(parsing: decoder), runs: runs)
    print(json ? timing.json : timing.text)
  }
}

func checkPositive(_ option: String, _ value: Int) throws {
  guard (1...1_000_000).contains(value) else {
    throw ValidationError("\(option): expected a number from 1 to 1000000, found \(value).")
  }
}
