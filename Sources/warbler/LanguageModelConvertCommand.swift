import ArgumentParser
import LanguageModel
import Workbench

/// `warbler lm convert IN OUT`.
struct LanguageModelConvertCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "convert", abstract: "Turn an ARPA file into the binary form, or back.",
    discussion: """
      The binary form opens in milliseconds whatever its size, as it is used where it lies. --quantize makes it \
      smaller and its scores a little different. A model in the binary form is first read whole and its check sum \
      compared.
      """)

  enum Format: String, ExpressibleByArgument, CaseIterable {
    case arpa, binary
  }

  @Argument(help: ArgumentHelp("A model: ARPA, gzip'd ARPA, or the binary form.", valueName: "in"))
  var input: String

  @Argument(help: ArgumentHelp("The file to write.", valueName: "out"))
  var output: String

  @Option(
    help: ArgumentHelp("arpa or binary (default: what the input is not).", valueName: "format"))
  var format: Format?

  @Option(
    help: ArgumentHelp(
      "Keep probabilities and back-offs above order 1 in this many bits each, 8 to 16.", valueName: "bits"))
  var quantize: Int?

  @Flag(help: "Write nothing to stderr but failures.")
  var quiet = false

  func validate() throws {
    guard let quantize else { return }
    guard NgramModel.quantizationBits.contains(quantize) else {
      throw ValidationError("--quantize \(quantize): expected 8 to 16.")
    }
    guard format != .arpa else { throw ValidationError("--quantize is for --format binary.") }
  }

  func run() throws {
    var run = LanguageModelConvertRun(self)
    try run.start()
  }
}

/// One call of `lm convert`.
private struct LanguageModelConvertRun: CommandRun {
  private let command: LanguageModelConvertCommand
  var console: Console

  init(_ command: LanguageModelConvertCommand) {
    self.command = command
    console = Console(isQuiet: command.quiet)
  }

  mutating func run() throws {
    var model = try openLanguageModel(command.input)
    try model.verify(path: command.input)
    let isARPA = command.format.map { $0 == .arpa } ?? (model.isBinary && command.quantize == nil)
    if let bits = command.quantize { model = try model.quantized(bits: bits, path: command.input) }
    if isARPA { try model.writeARPA(to: command.output) } else { try model.write(to: command.output) }
    console.note("\(command.output): \(model.summary)")
  }
}
