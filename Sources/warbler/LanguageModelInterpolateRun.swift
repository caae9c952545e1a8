import ArgumentParser
import LanguageModel
import Workbench

/// One call of `lm interpolate`.
struct LanguageModelInterpolateRun: CommandRun {
  private let models: [String]
  private let weights: [Double]?
  private let tune: String?
  private let output: LanguageModelOutput?
  var console: Console

  init(_ command: LanguageModelInterpolateCommand) throws(UsageError) {
    guard command.models.count > 1 else {
      throw UsageError("\(command.models[0]): one model is a mixture already; name two or more")
    }
    guard command.out != nil || command.tune != nil else {
      throw UsageError("--out: missing; name the file to write, or --tune a text")
    }
    models = command.models
    weights = try command.weights.map { text throws(UsageError) in
      try Self.weights(text, models: command.models.count)
    }
    tune = command.tune
    output = command.out.map { LanguageModelOutput(path: $0, format: command.format) }
    console = Console(isQuiet: command.quiet)
  }

  private static func weights(_ text: String, models: Int) throws(UsageError) -> [Double] {
    let fields = text.split(separator: ",", omittingEmptySubsequences: false)
    let numbers = fields.compactMap { Double($0) }
    guard numbers.count == fields.count, numbers.count == models, numbers.allSatisfy({ $0 >= 0 }),
      abs(numbers.reduce(0, +) - 1) < LanguageModelMixture.tolerance
    else {
      throw UsageError(
        "--weights \(text): expected \(models) numbers of 0 or above with commas between them and the sum 1")
    }
    return numbers
  }

  mutating func run() throws {
    let (models, weights, tune, output) = (self.models, self.weights, self.tune, self.output)
    let results = try ResultOutput(path: nil)
    let counts: [Int] = try stoppable {
      var mixture = try LanguageModelMixture(paths: models)
      if let weights { mixture.setWeights(weights) }
      if let tune {
        var perplexities: [Double] = []
        try mixture.tune(tune, shouldStop: { Interruption.signal != nil }) { perplexities.append($0) }
        try results.write("weights \(mixture.weights.map { "\($0)" }.joined(separator: ","))\n")
        if let first = perplexities.first, let last = perplexities.last {
          try results.write("perplexity \(last), before tuning \(first)\n")
        }
      }
      return try output?.write { path in
        try mixture.write(to: path, shouldStop: { Interruption.signal != nil })
      } ?? []
    }
    if let output {
      console.note(
        "\(output.path): \(counts.map(String.init).joined(separator: " + ")) n-grams of order 1 to \(counts.count)"
      )
    }
  }
}
