extension FinetuneOption {
  /// A row about one property.
  static func row<Value: Sendable>(
    _ name: String, _ section: Section, _ valueName: String?, _ path: any OptionPath<Value>,
    _ kind: OptionKind<Value>, _ help: String, resume: Resume = .fixed, rival: String? = nil
  ) -> FinetuneOption {
    FinetuneOption(
      name: name, section: section, valueName: valueName, help: help, resume: resume, rival: rival,
      set: { options, text throws(OptionMismatch) in options[keyPath: path] = try kind.read(text) },
      get: { kind.write($0[keyPath: path]) },
      clear: { $0[keyPath: path] = FinetuneOptions.withoutDefaults[keyPath: path] })
  }

  /// A row about a property that need not be set.
  static func row<Value: Sendable>(
    _ name: String, _ section: Section, _ valueName: String?, _ path: any OptionPath<Value?>,
    optional kind: OptionKind<Value>, _ help: String, resume: Resume = .fixed, rival: String? = nil
  ) -> FinetuneOption {
    row(name, section, valueName, path, kind.optional, help, resume: resume, rival: rival)
  }

  /// A row that is given or not.
  static func flag(
    _ name: String, _ section: Section, _ path: any OptionPath<Bool>, _ help: String, resume: Resume = .fixed,
    rival: String? = nil
  ) -> FinetuneOption {
    row(name, section, nil, path, .bool, help, resume: resume, rival: rival)
  }
}

extension FinetuneOptions {
  /// What an option is once its rival has been given.
  fileprivate static let withoutDefaults: FinetuneOptions = {
    var options = FinetuneOptions()
    options.epochs = nil
    options.batchSeconds = nil
    options.store = nil
    return options
  }()
}
