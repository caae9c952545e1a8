public import Evaluation
import JSON
import Tensors

extension ScoreReport {
  /// The report as one line of JSON, in parts that belong one behind the other.
  ///
  /// Utterances are written by hand: a hundred thousand of them as values would take longer than all else.
  /// - Parameters:
  ///   - options: what was done, which is part of the result.
  ///   - confusions: how many of the most frequent ones; 0 for none.
  ///   - withAlignments: whether those that were kept are written.
  public func jsonParts(
    options: ScoringOptions, confusions: Int = 0, withAlignments: Bool = true, threads: Int = 1
  ) -> [[UInt8]] {
    var head = totals.document
    head["costs"] = .string(options.costs.rawValue)
    head["rules"] = ["name": .string(options.rules.name), "document": options.rules.document]
    head["cjk"] = .string(options.unit == .mixed ? "characters" : "words")
    if !fields.isEmpty {
      var groups = JSONObject()
      for field in fields {
        var values = JSONObject()
        for group in self.groups(by: field) { values[group.value] = .object(group.totals.document) }
        groups[field] = .object(values)
      }
      head["groups"] = .object(groups)
    }
    if confusions > 0 {
      head["confusions"] = .array(
        self.confusions.prefix(confusions).map {
          [
            "kind": .string($0.kind.rawValue), "reference": .string($0.reference),
            "hypothesis": .string($0.hypothesis), "count": .integer(Int64($0.count)),
          ]
        })
    }
    var bytes = JSONValue.object(head).utf8(.spaced)
    bytes.removeLast()
    bytes += #", "utterances": ["#.utf8
    return [bytes] + utteranceBytes(threads: threads, withAlignments: withAlignments) + [Array("]}\n".utf8)]
  }

  /// The utterances and the commas between them, in parts.
  private func utteranceBytes(threads: Int, withAlignments: Bool) -> [[UInt8]] {
    let batch = 1024
    let batches = (utterances.count + batch - 1) / batch
    var parts = [[UInt8]](repeating: [], count: batches)
    parts.withUnsafeMutableBufferPointer { parts in
      Compute(threads: max(1, min(threads, batches))).run(tasks: batches) { task, _ in
        var bytes: [UInt8] = []
        bytes.reserveCapacity(300 * batch)
        for place in task * batch..<min((task + 1) * batch, utterances.count) {
          if place > 0 { bytes += ", ".utf8 }
          append(utterances[place], to: &bytes, withAlignment: withAlignments)
        }
        parts[task] = bytes
      }
    }
    return parts
  }

  private func append(
    _ utterance: UtteranceScore, to bytes: inout [UInt8], withAlignment: Bool
  ) {
    bytes += #"{"id": "#.utf8
    bytes += JSONValue.string(utterance.id).utf8()
    bytes += #", "words": "#.utf8
    utterance.words.appendJSON(to: &bytes)
    bytes += #", "characters": "#.utf8
    utterance.characters.appendJSON(to: &bytes)
    for (field, value) in zip(fields, utterance.fields) {
      bytes += field == fields.first ? #", "fields": {"#.utf8 : ", ".utf8
      bytes += JSONValue.string(field).utf8() + ": ".utf8 + JSONValue.string(value).utf8()
    }
    if !fields.isEmpty { bytes += "}".utf8 }
    if withAlignment, let alignment = utterance.alignment {
      func text(_ word: String?) -> JSONValue { word.map { .string($0) } ?? .null }
      let rows = alignment.rows.map {
        JSONValue.array([.string($0.kind.rawValue), text($0.reference), text($0.hypothesis)])
      }
      bytes += #", "alignment": "#.utf8
      bytes += JSONValue.array(rows).utf8(.spaced)
    }
    bytes += "}".utf8
  }
}

extension ScoreTotals {
  /// `{"words": {...}, "characters": {...}, "sentences": {...}}`.
  var document: JSONObject {
    [
      "words": words.document, "characters": characters.document,
      "sentences": ["errors": .integer(Int64(wrongSentences)), "count": .integer(Int64(sentences))],
    ]
  }
}

extension EditCounts {
  /// `{"errors", "substitutions", "deletions", "insertions", "reference", "rate"}`.
  var document: JSONValue {
    [
      "errors": .integer(Int64(errors)), "substitutions": .integer(Int64(substitutions)),
      "deletions": .integer(Int64(deletions)), "insertions": .integer(Int64(insertions)),
      "reference": .integer(Int64(reference)), "rate": rate.map { .number($0) } ?? .null,
    ]
  }

  /// The same bytes as ``document``'s.
  fileprivate func appendJSON(to bytes: inout [UInt8]) {
    bytes += #"{"errors": "#.utf8
    append(errors, to: &bytes)
    bytes += #", "substitutions": "#.utf8
    append(substitutions, to: &bytes)
    bytes += #", "deletions": "#.utf8
    append(deletions, to: &bytes)
    bytes += #", "insertions": "#.utf8
    append(insertions, to: &bytes)
    bytes += #", "reference": "#.utf8
    append(reference, to: &bytes)
    bytes += #", "rate": "#.utf8
    bytes += (rate.map { $0 == 0 ? "0.0" : "\($0)" } ?? "null").utf8
    bytes.append(UInt8(ascii: "}"))
  }

  private func append(_ number: Int, to bytes: inout [UInt8]) {
    if number < 10 { bytes.append(UInt8(ascii: "0") + UInt8(number)) } else { bytes += String(number).utf8 }
  }
}
