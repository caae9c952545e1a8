import ArgumentParser
import LanguageModel
import Workbench

/// One call of `lm build`.
struct LanguageModelBuildRun: CommandRun {
  private let texts: [String]
  private let builder: LanguageModelBuilder
  private let output: LanguageModelOutput
  var console: Console

  init(_ command: LanguageModelBuildCommand) throws(UsageError) {
    guard (1...LanguageModelBuilder.mostOrder).contains(command.order) else {
      throw UsageError("--order \(command.order): expected 1 to \(LanguageModelBuilder.mostOrder)")
    }
    if command.texts.count(where: { $0 == "-" }) > 1 {
      throw UsageError("-: standard input can be read once; name it once")
    }
    var builder = LanguageModelBuilder(order: command.order)
    builder.pruning = try Self.thresholds(command.prune, order: command.order)
    builder.vocabulary = command.vocabulary
    builder.isOfCharacters = command.characters
    builder.fallback = command.usesFallback ? .fallback : nil
    builder.memory = try Self.bytes(command.memory)
    self.builder = builder
    texts = command.texts
    output = LanguageModelOutput(path: command.out, format: command.format)
    console = Console(isQuiet: command.quiet)
  }

  mutating func run() throws {
    let (texts, builder, output) = (self.texts, self.builder, self.output)
    var console = console
    let report = try stoppable {
      try output.write { path in
        try builder.build(
          texts: texts, out: path, shouldStop: { Interruption.signal != nil },
          step: { console.note(Self.line($0)) })
      }
    }
    console.note(
      "\(output.path): \(report.ngrams.map(String.init).joined(separator: " + ")) n-grams of order "
        + "\(builder.order == 1 ? "1" : "1 to \(builder.order)"), from \(report.tokens) words in \(report.sentences) "
        + (report.sentences == 1 ? "sentence" : "sentences"))
    for (index, discounts) in report.discounts.enumerated() {
      let note = report.fallbackOrders.contains(index + 1) ? " (fallback)" : ""
      console.note(
        "discounts of order \(index + 1): \(fixed(discounts.one)) \(fixed(discounts.two)) \(fixed(discounts.more))\(note)"
      )
    }
  }

  private static func line(_ step: LanguageModelBuilder.Step) -> String {
    switch step {
    case .counting: "counting n-grams"
    case .adjusting(let tokens): "adjusting the counts of \(tokens) words"
    case .estimating(let order): "estimating order \(order)"
    case .writing: "writing"
    }
  }

  private static func thresholds(_ text: String?, order: Int) throws(UsageError) -> [UInt64] {
    guard let text else { return [] }
    let numbers = text.split(separator: ",", omittingEmptySubsequences: false).compactMap { UInt64($0) }
    guard numbers.count == text.split(separator: ",", omittingEmptySubsequences: false).count,
      numbers.count <= order, zip(numbers, numbers.dropFirst()).allSatisfy({ $0 <= $1 })
    else {
      throw UsageError(
        "--prune \(text): expected up to \(order) counts with commas between them, none below the one before, such as "
          + "0,0,1")
    }
    return numbers
  }

  private static func bytes(_ text: String) throws(UsageError) -> Int {
    let units: [Character: Int] = ["K": 1 << 10, "M": 1 << 20, "G": 1 << 30]
    let unit = text.last.flatMap { units[$0] }
    let number = Int(unit == nil ? text : String(text.dropLast()))
    let (bytes, overflow) = (number ?? 0).multipliedReportingOverflow(by: unit ?? 1)
    guard !overflow && bytes >= LanguageModelBuilder.leastMemory else {
      throw UsageError(
        "--memory \(text): expected a number of bytes, or one with K, M or G behind it, of 64K or more")
    }
    return bytes
  }
}

/// Three digits behind the point.
private func fixed(_ number: Double) -> String {
  let thousandths = Int((number * 1000).rounded())
  let digits = String(thousandths % 1000)
  return "\(thousandths / 1000).\(String(repeating: "0", count: 3 - digits.count))\(digits)"
}
