/// DECODER of the command line: `greedy`, or `beam:key=value,...`.
public struct DecoderChoice: Sendable, Equatable, CustomStringConvertible {
  public let name: String
  /// In the order written.
  public let options: [Option]

  public struct Option: Sendable, Equatable {
    public let key: String
    public let value: String
  }

  /// What `beam` is to do; nil of other decoders.
  public private(set) var beam: BeamChoice?

  public static let greedy = DecoderChoice(name: "greedy", options: [])

  private init(name: String, options: [Option]) {
    self.name = name
    self.options = options
  }

  /// - Throws: a line that says what is wrong with `text`.
  public init(parsing text: String) throws(UsageError) {
    let parts = text.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
    name = String(parts[0])
    guard ["greedy", "beam"].contains(name) else {
      throw UsageError("--decoder \(text): no such decoder; use greedy or beam:key=value,...")
    }
    var options: [Option] = []
    for item in parts.count > 1 && !parts[1].isEmpty
      ? parts[1].split(separator: ",", omittingEmptySubsequences: false) : []
    {
      let pair = item.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
      guard pair.count == 2, !pair[1].isEmpty else {
        throw UsageError("--decoder \(text): expected key=value, found \"\(item)\"")
      }
      if options.contains(where: { $0.key == pair[0] }) {
        throw UsageError("--decoder \(text): \(pair[0]) stands twice")
      }
      options.append(Option(key: String(pair[0]), value: String(pair[1])))
    }
    self.options = options
    if name == "greedy", let option = options.first {
      throw UsageError("--decoder \(text): greedy has no options, found \(option.key)")
    }
    if name == "beam" { beam = try BeamChoice(options, of: text) }
  }

  /// The same decoder with another value of a key, which stands where it stood or comes last.
  /// - Throws: a line that says what is wrong with the key or the value.
  public func setting(_ key: String, to value: String) throws(UsageError) -> DecoderChoice {
    let option = Option(key: key, value: value)
    var options = options.map { $0.key == key ? option : $0 }
    if !options.contains(option) { options.append(option) }
    return try DecoderChoice(parsing: DecoderChoice(name: name, options: options).description)
  }

  public var description: String {
    options.isEmpty ? name : "\(name):" + options.map { "\($0.key)=\($0.value)" }.joined(separator: ",")
  }
}

/// A command used wrongly: one line that says how it is meant.
public struct UsageError: Error, Sendable, Equatable, CustomStringConvertible {
  public let description: String

  public init(_ description: String) { self.description = oneLine(description) }
}
