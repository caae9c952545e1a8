/// Gathers the entries of a run and gives every utterance its id.
///
/// A file is called by its name without the extension, a manifest's row as the manifest says or by its path
/// without the extension. Names that collide keep their extension; if they still do, they take their folder
/// before them, and the next, until they differ. Ids that a manifest writes stay as they are: a second one is
/// a failure. Exact repeats (one path, one interval) are listed once.
struct IDAssignment {
  private struct Candidate {
    var utterance: Utterance
    /// Where its id was written; nil for an id that is made of the path.
    let writtenAt: String?
    /// The path from the root on, for longer names.
    let components: [String]
    /// How many components the first name has.
    let length: Int
    /// 0 is the first name, 1 with its extension, 2 and above with that many less one folders before it.
    var level = 0

    /// A longer name, if there is one.
    mutating func lengthen() -> Bool {
      guard writtenAt == nil, level == 0 || length + level - 1 < components.count else { return false }
      level += 1
      utterance.id = components.suffix(length + level - 1).joined(separator: "/")
      return true
    }
  }

  private enum Item {
    case candidate(Int)
    case failure(InputFailure)
  }

  private struct Identity: Hashable {
    let components: [String]
    let interval: Utterance.Interval?
    let id: String?
  }

  private var items: [Item] = []
  private var candidates: [Candidate] = []
  private var seen: Set<Identity> = []
  /// Where each id that a manifest writes was written first.
  private var written: [String: String] = [:]

  mutating func add(_ failure: InputFailure) { items.append(.failure(failure)) }

  mutating func addStandardInput() {
    add(Utterance(id: "stdin", sound: .standardInput), components: [], length: 0, writtenAt: "standard input")
  }

  /// A file that was named, or found in a directory.
  mutating func add(path: String) {
    let components = absoluteComponents(of: path)
    let id = withoutExtension(components.last ?? path)
    add(Utterance(id: id, sound: .file(path: path)), components: components, length: 1, writtenAt: nil)
  }

  /// A tensor of a safetensors file, which is called by its name.
  mutating func add(tensor name: String, of path: String) {
    add(
      Utterance(id: name, sound: .tensor(path: path, name: name)),
      components: absoluteComponents(of: path) + [name],
      length: 1, writtenAt: path)
  }

  /// - Returns: false for an exact repeat, of which no entry comes.
  @discardableResult
  mutating func add(_ entry: Manifest.Entry) -> Bool {
    switch entry.row {
    case .failure(let failure):
      add(failure)
      return true
    case .success(let row):
      let written = row.name.split(separator: "/").filter { $0 != "." && $0 != ".." }
      return add(
        Utterance(
          id: row.id ?? withoutExtension(row.name), sound: .file(path: row.path), interval: row.interval,
          text: row.text, speaker: row.speaker),
        components: absoluteComponents(of: row.path), length: written.count,
        writtenAt: row.id == nil ? nil : entry.place)
    }
  }

  @discardableResult
  private mutating func add(
    _ utterance: Utterance, components: [String], length: Int, writtenAt place: String?
  ) -> Bool {
    let identity = Identity(
      components: components, interval: utterance.interval, id: place == nil ? nil : utterance.id)
    guard seen.insert(identity).inserted else { return false }
    if let place {
      if let first = written[utterance.id] {
        add(
          InputFailure(
            place, "the id \(utterance.id) was given at \(first) already; give each utterance its own"))
        return true
      }
      written[utterance.id] = place
    }
    items.append(.candidate(candidates.count))
    candidates.append(
      Candidate(utterance: utterance, writtenAt: place, components: components, length: length))
    return true
  }

  /// All entries in the order in which they were added, with ids that differ.
  ///
  /// - Complexity: linear in the entries for every folder that names must be told apart by.
  consuming func entries() -> [InputEntry] {
    while lengthenCollisions() {}
    numberCollisions()
    return items.map { item in
      switch item {
      case .candidate(let index): .utterance(candidates[index].utterance)
      case .failure(let failure): .failure(failure)
      }
    }
  }

  /// Lengthens every name that is not unique; false if none could be.
  private mutating func lengthenCollisions() -> Bool {
    var changed = false
    // Folders do not tell intervals of one recording apart.
    for group in collisions() where Set(group.map { candidates[$0].components }).count > 1 {
      for index in group where candidates[index].lengthen() { changed = true }
    }
    return changed
  }

  /// Intervals of one recording without ids of their own: the second is `name#2`, and so on.
  private mutating func numberCollisions() {
    for group in collisions() {
      var ordinal = 1
      for index in group where candidates[index].writtenAt == nil {
        if ordinal > 1 || group.contains(where: { candidates[$0].writtenAt != nil }) {
          candidates[index].utterance.id += "#\(ordinal)"
        }
        ordinal += 1
      }
    }
  }

  private func collisions() -> [[Int]] {
    var groups: [String: [Int]] = [:]
    for index in candidates.indices { groups[candidates[index].utterance.id, default: []].append(index) }
    return groups.values.filter { $0.count > 1 }
  }
}
