/// One option: a flag of a command and a key of its YAML file, which bear the same name.
public struct CommandOption<Options: CommandOptions>: Sendable {
  public typealias Section = Options.Section

  /// Whether it may be given anew when a run goes on.
  public enum Resume: Sendable {
    /// The run's numbers depend on it: another value is refused.
    case fixed
    /// The new value stands.
    case free
  }

  public let name: String
  public let section: Section
  /// What stands for the value in the help; nil for a flag that is given or not.
  public let valueName: String?
  public let help: String
  public let resume: Resume
  /// The option that says the same in another way: giving one takes the other back.
  public let rival: String?
  let set: @Sendable (inout Options, OptionText) throws(OptionMismatch) -> Void
  /// The value as `config.yaml` holds it; nil where nothing is set.
  let get: @Sendable (Options) -> OptionText?
  /// Takes the value back when its rival is given.
  let clear: @Sendable (inout Options) -> Void

  package init(
    name: String, section: Section, valueName: String?, help: String, resume: Resume = .fixed,
    rival: String? = nil,
    set: @escaping @Sendable (inout Options, OptionText) throws(OptionMismatch) -> Void,
    get: @escaping @Sendable (Options) -> OptionText? = { _ in nil },
    clear: @escaping @Sendable (inout Options) -> Void = { _ in }
  ) {
    self.name = name
    self.section = section
    self.valueName = valueName
    self.help = help
    self.resume = resume
    self.rival = rival
    self.set = set
    self.get = get
    self.clear = clear
  }

  /// The help with the default behind it.
  public var helpWithDefault: String {
    guard let value = get(Options()), valueName != nil else { return help }
    let text = value.many.joined(separator: ",")
    return text.isEmpty ? help : "\(help) (default: \(text))"
  }

  /// Every option of the command.
  public static var table: [Self] { Options.table }

  public static func named(_ name: String) -> Self? { table.first { $0.name == name } }

  /// The option whose name is least far away, if it is near enough to be meant: at most a third of its
  /// letters differ.
  static func nearest(to name: String) -> String? {
    let distances = table.map { ($0.name, editDistance(name, $0.name)) }
    guard let best = distances.min(by: { $0.1 < $1.1 }), best.1 * 3 <= max(name.count, 3) else { return nil }
    return best.0
  }
}

/// Insertions, deletions and substitutions between two names (Levenshtein).
private func editDistance(_ a: String, _ b: String) -> Int {
  let b = Array(b)
  var row = Array(0...b.count)
  for (i, x) in a.enumerated() {
    var diagonal = row[0]
    row[0] = i + 1
    for (j, y) in b.enumerated() {
      let substituted = diagonal + (x == y ? 0 : 1)
      diagonal = row[j + 1]
      row[j + 1] = min(substituted, row[j] + 1, row[j + 1] + 1)
    }
  }
  return row[b.count]
}
