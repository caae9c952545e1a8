extension CommandOptions {
  /// The options of a run out of flags, a file and, when it goes on, `OUT/config.yaml`.
  ///
  /// A flag beats the file, and the file the defaults. With `resumes`, the options are those of
  /// `OUT/config.yaml`, and what is given beside it wins where ``CommandOption/resume`` is free; elsewhere
  /// only the value that the run already has is accepted.
  ///
  /// - Parameters:
  ///   - flags: names without their dashes, and values.
  ///   - file: the YAML file of `--config`.
  /// - Throws: ``OptionError``, one line.
  public static func resolved(
    flags: [(name: String, value: String)], file: String? = nil, resumes: Bool = false
  ) throws(OptionError) -> Self {
    var layers = [
      OptionLayer(flags.map { OptionLayer.Value(name: $0.name, text: .one($0.value), place: .flag) })
    ]
    if let file { layers.insert(try OptionLayer(OptionFile(path: file)), at: 0) }
    var given = Self()
    for layer in layers { try given.apply(layer) }
    var options = given
    if resumes {
      guard !given.out.isEmpty else {
        throw OptionError("--resume: expected --out DIR, the directory of the run that goes on, found none")
      }
      options = Self()
      try options.apply(OptionLayer(OptionFile(path: given.out + "/config.yaml")))
      for layer in layers { try options.resume(with: layer) }
      options.resumes = true
    }
    // The default too is a file here, not wherever the run is resumed from.
    options.makeDefaultsAbsolute()
    try options.validate()
    return options
  }

  /// Sets what the layer gives, in the order of the table, so that one dropout's own name beats `dropout`.
  mutating func apply(_ layer: OptionLayer) throws(OptionError) {
    for (option, value) in try Self.ordered(layer) {
      do throws(OptionMismatch) {
        try option.set(&self, value.text)
      } catch {
        throw value.place.error(option.name, value.text, expected: error.expected)
      }
      if let rival = option.rival.flatMap(CommandOption<Self>.named) { rival.clear(&self) }
    }
  }

  /// Sets what is free, and refuses what would change the run.
  private mutating func resume(with layer: OptionLayer) throws(OptionError) {
    for (option, value) in try Self.ordered(layer) {
      var changed = self
      try changed.apply(OptionLayer([value]))
      guard option.resume == .free || changed == self else {
        let current = option.get(self)?.shown
        throw OptionError(
          "\(value.place.naming(option.name)): \(value.text.shown) would change the run, which has "
            + "\(current ?? "another setting"); leave it out, or start anew in another --out")
      }
      self = changed
    }
  }

  /// The layer's values with their options, each known, none beside its rival.
  private static func ordered(
    _ layer: OptionLayer
  ) throws(OptionError) -> [(option: CommandOption<Self>, value: OptionLayer.Value)] {
    var values: [String: OptionLayer.Value] = [:]
    for value in layer.values {
      guard CommandOption<Self>.named(value.name) != nil else {
        let hint = CommandOption<Self>.nearest(to: value.name).map { "did you mean \($0)?" }
        throw OptionError(
          "\(value.place.naming(value.name)): no such option; "
            + (hint ?? "'warbler \(command) --help' lists them"))
      }
      values[value.name] = value
    }
    for value in layer.values {
      if let rival = CommandOption<Self>.named(value.name)?.rival, values[rival] != nil,
        !isFalse(value.text), values[rival].map({ !isFalse($0.text) }) ?? false
      {
        throw OptionError("\(value.place.naming(value.name)): given beside \(rival); give one of the two")
      }
    }
    return table.compactMap { option in values[option.name].map { (option, $0) } }
      // A flag that is off takes nothing back.
      .filter { !($0.0.valueName == nil && $0.0.rival != nil && isFalse($0.1.text)) }
  }

  private static func isFalse(_ text: OptionText) -> Bool {
    guard let text = text.one?.lowercased() else { return false }
    return ["false", "no", "off"].contains(text)
  }
}

/// Values given in one place.
struct OptionLayer {
  struct Value {
    let name: String
    let text: OptionText
    let place: OptionPlace
  }

  let values: [Value]

  init(_ values: [Value]) { self.values = values }

  init(_ file: OptionFile) {
    values = file.entries.map {
      Value(name: $0.name, text: $0.text, place: .file(path: file.path, line: $0.line))
    }
  }
}
