/// What is said in emissions: the texts of a manifest by id, each of which is taken once.
///
/// A row belongs to the emissions of its id; one whose id has folders in it, as `decode --emissions` makes
/// folders of them, to those of its last part where no other row's is the same.
struct ReferenceTexts {
  private let manifest: String
  private var texts: [String: String] = [:]
  /// By last part of an id: the id; nil where there are several.
  private var ids: [String: String?] = [:]
  private var order: [String] = []
  /// Rows that cannot be used.
  private(set) var failures: [InputFailure] = []

  /// - Throws: a failure for the file as a whole.
  init(manifest: String) throws(InputFailure) {
    self.manifest = manifest
    let listed = try CorpusListing(manifest: manifest).withTexts
    failures = listed.failures
    for row in listed.rows { add(row.utterance.text ?? "", of: row.utterance.id) }
  }

  private mutating func add(_ text: String, of id: String) {
    texts[id] = text
    order.append(id)
    let last = id.split(separator: "/").last.map(String.init) ?? id
    ids[last] = ids[last] == nil ? .some(id) : .some(nil)
  }

  /// The text of an utterance's id.
  mutating func take(of utterance: Utterance) throws(InputFailure) -> String {
    if let text = texts.removeValue(forKey: utterance.id) { return text }
    if let id = ids[utterance.id] ?? nil, let text = texts.removeValue(forKey: id) { return text }
    throw InputFailure(
      utterance.audioPath, "\(manifest) has no row of the id \(utterance.id); leave it out")
  }

  /// The rows that no emissions have asked for.
  var untaken: [InputFailure] {
    order.filter { texts[$0] != nil }.map {
      InputFailure("\(manifest): \($0)", "no emissions of that id; make them with decode --emissions")
    }
  }
}
