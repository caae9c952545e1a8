extension FinetuneOptions {
  /// The options of a run out of flags, a file and, when it goes on, `OUT/config.yaml`.
  ///
  /// A flag beats the file, and the file the defaults. With `resumes`, the options are those of
  /// `OUT/config.yaml`, and what is given beside it wins where ``FinetuneOption/resume`` is free; elsewhere
  /// only the value that the run already has is accepted.
  ///
  /// - Parameters:
  ///   - flags: names without their dashes, and values.
  ///   - file: the YAML file of `--config`.
  /// - Throws: ``OptionError``, one line.
  public static func resolved(
    flags: [(name: String, value: String)], file: String? = nil, resumes: Bool = false
  ) throws(OptionError) -> FinetuneOptions {
    var layers = [Layer(flags.map { Layer.Value(name: $0.name, text: .one($0.value), place: .flag) })]
    if let file { layers.insert(try Layer(OptionFile(path: file)), at: 0) }
    var given = FinetuneOptions()
    for layer in layers { try given.apply(layer) }
    var options = given
    if resumes {
      guard !given.out.isEmpty else {
        throw OptionError("--resume: expected --out DIR, the directory of the run that goes on, found none")
      }
      options = FinetuneOptions()
      try options.apply(Layer(OptionFile(path: given.out + "/config.yaml")))
      for layer in layers { try options.resume(with: layer) }
      options.resumes = true
    }
    // The default too is a file here, not wherever the run is resumed from.
    options.store = options.store.map(absolutePath)
    try options.validate()
    return options
  }

  /// Values given in one place.
  struct Layer {
    struct Value {
      let name: String
      let text: OptionText
      let place: OptionPlace
    }

    let values: [Value]

    init(_ values: [Value]) { self.values = values }

    init(_ file: OptionFile) throws(OptionError) {
      values = file.entries.map {
        Value(name: $0.name, text: $0.text, place: .file(path: file.path, line: $0.line))
      }
    }
  }

  /// Sets what the layer gives, in the order of the table, so that one dropout's own name beats `dropout`.
  mutating func apply(_ layer: Layer) throws(OptionError) {
    for (option, value) in try Self.ordered(layer) {
      do throws(OptionMismatch) {
        try option.set(&self, value.text)
      } catch {
        throw value.place.error(option.name, value.text, expected: error.expected)
      }
      if let rival = option.rival.flatMap(FinetuneOption.named) { rival.clear(&self) }
    }
  }

  /// Sets what is free, and refuses what would change the run.
  private mutating func resume(with layer: Layer) throws(OptionError) {
    for (option, value) in try Self.ordered(layer) {
      var changed = self
      try changed.apply(Layer([value]))
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
    _ layer: Layer
  ) throws(OptionError) -> [(option: FinetuneOption, value: Layer.Value)] {
    var values: [String: Layer.Value] = [:]
    for value in layer.values {
      guard FinetuneOption.named(value.name) != nil else {
        let hint = FinetuneOption.nearest(to: value.name).map { "did you mean \($0)?" }
        throw OptionError(
          "\(value.place.naming(value.name)): no such option; "
            + (hint ?? "'warbler finetune --help' lists them"))
      }
      values[value.name] = value
    }
    for value in layer.values {
      if let rival = FinetuneOption.named(value.name)?.rival, values[rival] != nil,
        !isFalse(value.text), values[rival].map({ !isFalse($0.text) }) ?? false
      {
        throw OptionError("\(value.place.naming(value.name)): given beside \(rival); give one of the two")
      }
    }
    return FinetuneOption.table.compactMap { option in values[option.name].map { (option, $0) } }
      // A flag that is off takes nothing back.
      .filter { !($0.0.valueName == nil && $0.0.rival != nil && isFalse($0.1.text)) }
  }

  private static func isFalse(_ text: OptionText) -> Bool {
    guard let text = text.one?.lowercased() else { return false }
    return ["false", "no", "off"].contains(text)
  }
}
