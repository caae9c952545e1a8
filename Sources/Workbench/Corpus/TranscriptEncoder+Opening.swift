public import Training
import Vocabulary

#if canImport(Glibc)
import Glibc
#endif

extension TranscriptEncoder {
  /// The vocabulary of a file, or of a folder as in `Vocab/`, with the rules beside it.
  /// - Parameters:
  ///   - path: a `vocab.json`, or a folder that holds one.
  ///   - rules: a `rules.json`; nil takes the one beside the vocabulary, if there is one.
  public init(vocabularyPath path: String, rules: String? = nil) throws {
    var status = stat()
    let isFolder = stat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFDIR
    let file = isFolder ? "\(path)/vocab.json" : path
    let beside = directoryPrefix(of: file) + "rules.json"
    let rules = rules ?? (access(beside, F_OK) == 0 ? beside : nil)
    self.init(vocabulary: try CTCVocabulary(file: file), rules: try rules.map { try TextRules(path: $0) })
  }
}
