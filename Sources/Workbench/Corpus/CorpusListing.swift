import Training

/// The rows of a manifest as training sees them: ids as `decode` gives them, and every line accounted for.
struct CorpusListing {
  /// What is known of a row before its audio is read.
  struct Entry: Sendable {
    let place: String
    let line: Int
    /// Nil for a row that cannot be used, for a reason that is known already.
    let utterance: Utterance?
    let failure: (kind: CorpusFinding.Kind, reason: String)?
    /// As declared in the manifest.
    let durationSeconds: Double?
    let text: String?
  }

  let entries: [Entry]

  /// - Throws: a failure for the file as a whole.
  init(manifest path: String) throws(InputFailure) {
    let manifest = try Manifest(path: path)
    var ids = IDAssignment()
    var written: [String: String] = [:]
    // What each row adds to the list of ids: nothing for a repeat.
    var faults: [(kind: CorpusFinding.Kind, reason: String)?] = []
    for entry in manifest.entries {
      switch entry.row {
      case .failure(let failure):
        faults.append((.malformedRow, Self.reason(failure, place: entry.place)))
      case .success(let row):
        if let id = row.id, let first = written[id] {
          faults.append((.repeatedID, "the id \(oneLine(id)) is that of \(first); give each row its own"))
          continue
        }
        if let id = row.id { written[id] = entry.place }
        let isNew = ids.add(entry)
        faults.append(
          isNew ? nil : (.duplicate, "a row before has this audio and no other id; remove one"))
      }
    }
    var assigned = ids.entries().makeIterator()
    entries = zip(manifest.entries, faults).map { listed, fault in
      let row = try? listed.row.get()
      var utterance: Utterance?
      if fault == nil, case .utterance(let next)? = assigned.next() { utterance = next }
      return Entry(
        place: listed.place, line: listed.line, utterance: utterance, failure: fault,
        durationSeconds: row?.durationSeconds, text: row?.text)
    }
  }

  /// The rows that can be used and have a text, with their text, and what keeps the others out.
  var withTexts: (rows: [(place: String, utterance: Utterance)], failures: [InputFailure]) {
    var rows: [(place: String, utterance: Utterance)] = []
    var failures: [InputFailure] = []
    for entry in entries {
      if let failure = entry.failure {
        failures.append(InputFailure(entry.place, failure.reason))
      } else if var utterance = entry.utterance, let text = entry.text {
        utterance.text = text
        rows.append((entry.place, utterance))
      } else {
        failures.append(InputFailure(entry.place, "no text; add what is said, or leave the row out"))
      }
    }
    return (rows, failures)
  }

  /// A failure without the place that it begins with; what follows directly is a column.
  private static func reason(_ failure: InputFailure, place: String) -> String {
    let text = failure.description
    if text.hasPrefix(place + ": ") { return String(text.dropFirst(place.count + 2)) }
    return text.hasPrefix(place + ":") ? "column " + text.dropFirst(place.count + 1) : text
  }
}
