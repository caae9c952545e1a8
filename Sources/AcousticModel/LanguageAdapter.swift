public import Checkpoints

#if canImport(Glibc)
import Glibc
#endif

/// `adapter.LANGUAGE.safetensors` of a checkpoint that speaks many languages (MMS, Pratap et al. 2023): the
/// bottlenecks behind the transformer's layers and the CTC head of one language, in place of those that
/// `model.safetensors` holds.
///
/// The head brings the language's own number of classes with it, which `vocab_size` of config.json does not
/// know.
public struct LanguageAdapter: Sendable {
  public let language: String
  public let file: TensorFile
  /// V of the language's head.
  public let vocabularySize: Int

  /// - Throws: `CheckpointError` that names the languages there are, if this is none of them.
  public init(language: String, directory: String) throws(CheckpointError) {
    let path = Self.path(language: language, directory: directory)
    guard Self.exists(language: language, directory: directory) else {
      let others = Self.languages(in: directory)
      let some =
        others.prefix(12).joined(separator: ", ") + (others.count > 12 ? ", ... (\(others.count))" : "")
      throw CheckpointError(
        .unreadable, path: path, expected: "the adapter of this language",
        found: others.isEmpty
          ? "no adapter.LANGUAGE.safetensors in the model's directory" : "those of \(some)",
        remedy: "choose another --language, or copy the file from the original checkpoint")
    }
    self.language = language
    file = try TensorFile(path: path)
    vocabularySize = try file.tensor("lm_head.bias").elementCount
  }

  /// Whether the directory holds this language's adapter.
  public static func exists(language: String, directory: String) -> Bool {
    !language.contains("/") && access(path(language: language, directory: directory), F_OK) == 0
  }

  /// The languages whose adapters are in the directory, in ascending order.
  public static func languages(in directory: String) -> [String] {
    guard let stream = opendir(directory) else { return [] }
    defer { closedir(stream) }
    var languages: [String] = []
    while let entry = readdir(stream) {
      let name = withUnsafePointer(to: &entry.pointee.d_name) {
        $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
      }
      guard name.hasPrefix("adapter."), name.hasSuffix(".safetensors") else { continue }
      let language = name.dropFirst("adapter.".count).dropLast(".safetensors".count)
      if !language.isEmpty { languages.append(String(language)) }
    }
    return languages.sorted()
  }

  private static func path(language: String, directory: String) -> String {
    "\(directory)/adapter.\(language).safetensors"
  }
}
