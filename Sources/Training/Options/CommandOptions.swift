/// The options of a command that trains: its flags, the keys of its YAML file and of `OUT/config.yaml`. The
/// table names each and says what it may be; reading, writing and help follow from it.
public protocol CommandOptions: Sendable, Equatable {
  /// The headings that the help and the documentation group options under.
  associatedtype Section: RawRepresentable<String>, CaseIterable, Sendable, Equatable

  /// Every option at its default.
  init()

  /// As it is called behind `warbler`.
  static var command: String { get }

  /// Every option there is.
  static var table: [CommandOption<Self>] { get }

  /// What an option is once its rival has been given.
  static var withoutDefaults: Self { get }

  /// The directory of the run.
  var out: String { get set }

  /// `--resume`: go on in ``out``. Not a key of the file.
  var resumes: Bool { get set }

  /// Makes paths that are defaults absolute: a run is resumed from elsewhere.
  mutating func makeDefaultsAbsolute()

  /// Refuses options that do not go together.
  /// - Throws: ``OptionError``, one line.
  func validate() throws(OptionError)
}

/// An option of `warbler finetune`.
public typealias FinetuneOption = CommandOption<FinetuneOptions>
