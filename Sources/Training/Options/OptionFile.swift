import Yams

#if canImport(Glibc)
import Glibc
#endif

/// The options that a YAML file holds: one mapping of names to values.
struct OptionFile {
  struct Entry {
    let name: String
    let text: OptionText
    let line: Int
  }

  let path: String
  let entries: [Entry]

  /// - Throws: ``OptionError``, one line that names the file and, where there is one, the key.
  init(path: String) throws(OptionError) {
    try self.init(text: try Self.read(path), path: path)
  }

  init(text: String, path: String) throws(OptionError) {
    self.path = path
    let node: Node?
    do {
      node = try Yams.compose(yaml: text)
    } catch {
      throw OptionError(Self.line(of: error, path))
    }
    guard let node else {
      entries = []
      return
    }
    guard let mapping = node.mapping else {
      throw OptionError("\(path): expected options, a line each such as 'steps: 2000', found something else")
    }
    var entries: [Entry] = []
    for (key, value) in mapping {
      let line = key.mark?.line ?? value.mark?.line ?? 1
      guard let name = key.scalar?.string else {
        throw OptionError("\(path):\(line): expected the name of an option, found a list or a mapping")
      }
      entries.append(Entry(name: name, text: try Self.text(name, value, path, line), line: line))
    }
    self.entries = entries
  }

  private static func text(
    _ name: String, _ node: Node, _ path: String, _ line: Int
  ) throws(OptionError) -> OptionText {
    let place = OptionPlace.file(path: path, line: line).naming(name)
    switch node {
    case .scalar(let scalar):
      if scalar.style == .plain && ["", "~", "null", "Null", "NULL"].contains(scalar.string) {
        throw OptionError("\(place): has no value; leave the line out for the default")
      }
      return .one(scalar.string)
    case .sequence(let sequence):
      var texts: [String] = []
      for element in sequence {
        guard let text = element.scalar?.string else {
          throw OptionError("\(place): expected a list of plain values, found a list within it")
        }
        texts.append(text)
      }
      return .many(texts)
    case .mapping: throw OptionError("\(place): expected a value, found a mapping")
    case .alias: throw OptionError("\(place): expected a value, found an alias")
    }
  }

  /// A parser's complaint in one line.
  private static func line(of error: any Error, _ path: String) -> String {
    switch error {
    case YamlError.scanner(_, let problem, let mark, _), YamlError.parser(_, let problem, let mark, _),
      YamlError.composer(_, let problem, let mark, _):
      return "\(path):\(mark.line): is no YAML: \(problem)"
    case YamlError.duplicatedKeysInMapping(let keys, let context):
      return "\(path):\(context.mark.line): \(keys.joined(separator: ", ")): given twice; keep one"
    default:
      return "\(path): is no YAML: " + "\(error)".split(separator: "\n").joined(separator: " ")
    }
  }

  private static func read(_ path: String) throws(OptionError) -> String {
    guard let file = fopen(path, "rbe") else {
      throw OptionError(
        "\(path): cannot be read: \(String(cString: strerror(errno))); check the path", isUsage: false)
    }
    defer { fclose(file) }
    var bytes = [UInt8](repeating: 0, count: 1 << 20)
    let count = fread(&bytes, 1, bytes.count, file)
    if ferror(file) != 0 {
      throw OptionError("\(path): cannot be read: \(String(cString: strerror(errno)))", isUsage: false)
    }
    guard count < bytes.count, let text = String(validating: bytes[..<count], as: UTF8.self) else {
      throw OptionError("\(path): expected a text file below 1 MB in UTF-8; check the path")
    }
    return text
  }
}
