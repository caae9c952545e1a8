extension CommandOption {
  /// A property of the options.
  package typealias Path<Value> = WritableKeyPath<Options, Value> & Sendable

  /// A row about one property.
  package static func row<Value: Sendable>(
    _ name: String, _ section: Section, _ valueName: String?, _ path: any Path<Value>,
    _ kind: OptionKind<Value>, _ help: String, resume: Resume = .fixed, rival: String? = nil
  ) -> Self {
    CommandOption(
      name: name, section: section, valueName: valueName, help: help, resume: resume, rival: rival,
      set: { options, text throws(OptionMismatch) in options[keyPath: path] = try kind.read(text) },
      get: { kind.write($0[keyPath: path]) },
      clear: { $0[keyPath: path] = Options.withoutDefaults[keyPath: path] })
  }

  /// A row about a property that need not be set.
  package static func row<Value: Sendable>(
    _ name: String, _ section: Section, _ valueName: String?, _ path: any Path<Value?>,
    optional kind: OptionKind<Value>, _ help: String, resume: Resume = .fixed, rival: String? = nil
  ) -> Self {
    row(name, section, valueName, path, kind.optional, help, resume: resume, rival: rival)
  }

  /// A row that is given or not.
  package static func flag(
    _ name: String, _ section: Section, _ path: any Path<Bool>, _ help: String, resume: Resume = .fixed,
    rival: String? = nil
  ) -> Self {
    row(name, section, nil, path, .bool, help, resume: resume, rival: rival)
  }
}
