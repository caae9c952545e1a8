import ArgumentParser
import Training

/// A group of the flags of a command that trains. Each flag bears the name of a row of the command's table of
/// options, which holds its help and reads its value: here values are text.
protocol OptionFlags: ParsableArguments {}

extension OptionFlags {
  /// The flags that were given, and their values.
  var given: [(name: String, value: String)] {
    Mirror(reflecting: self).children.compactMap { child in
      guard let label = child.label else { return nil }
      let value: String? =
        switch child.value {
        case let option as Option<String?>: option.wrappedValue
        case let flag as Flag<Bool>: flag.wrappedValue ? "true" : nil
        case let flag as Flag<Bool?>: flag.wrappedValue.map { "\($0)" }
        default: nil
        }
      return value.map { (kebabCase(label.drop { $0 == "_" }), $0) }
    }
  }
}

/// `learningRate` as `learning-rate`.
private func kebabCase(_ name: some StringProtocol) -> String {
  name.map { $0.isUppercase ? "-" + $0.lowercased() : String($0) }.joined()
}

/// The help of the table.
func help<Options>(_: CommandOption<Options>.Type, _ name: String) -> ArgumentHelp {
  guard let option = CommandOption<Options>.named(name) else { preconditionFailure("no option \(name)") }
  return ArgumentHelp(stringLiteral: option.helpWithDefault).named(option.valueName)
}

extension ArgumentHelp {
  fileprivate func named(_ valueName: String?) -> ArgumentHelp {
    var help = self
    help.valueName = valueName
    return help
  }
}

/// The options that flags, a file and a run that goes on come to.
/// - Throws: the exit code, after a line that says what is wrong.
func resolvedOptions<Options: CommandOptions>(
  _: Options.Type, groups: [any OptionFlags], file: String?, resumes: Bool, isQuiet: Bool
) throws -> Options {
  do {
    return try Options.resolved(flags: groups.flatMap(\.given), file: file, resumes: resumes)
  } catch {
    var console = Console(isQuiet: isQuiet)
    console.failure("\(error)")
    throw ExitCode(error.isUsage ? 64 : 1)
  }
}
