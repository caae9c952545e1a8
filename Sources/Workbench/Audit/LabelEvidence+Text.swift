import JSON

extension LabelEvidence {
  /// A JSON object on one line.
  public func jsonLine(rank: Int, systems: [String]) -> String { document(rank, systems).text(.spaced) }

  private func document(_ rank: Int, _ systems: [String]) -> JSONValue {
    var document: JSONObject = [
      "rank": .integer(Int64(rank)), "id": .string(id), "place": .string(place),
      "audio_filepath": .string(audioPath), "duration": .number(durationSeconds),
      "text": .string(reference),
      "heard": .array(zip(systems, heard).map { ["system": .string($0), "text": .string($1)] }),
    ]
    // JSON has no infinity: a text that cannot be said in so short a sound has null.
    for measure in Measure.allCases {
      let value = self[measure]
      document[measure.rawValue] = value.isFinite ? .number((value * 1e4).rounded() / 1e4) : .null
    }
    document["weakest_word"] =
      weakestWord.map {
        ["word": .string($0.text), "start": .number($0.startSeconds), "end": .number($0.endSeconds)]
      } ?? .null
    return .object(document)
  }

  /// Some lines for people: where it stands, its measures, what it says and what was heard.
  public func text(rank: Int, systems: [String]) -> String {
    func number(_ value: Double) -> String { value.isFinite ? decimals(value, 2) : "no path" }
    var lines = [
      "\(rank). \(oneLine(id))  \(place)  \(decimals(durationSeconds, 1)) s"
    ]
    var measures =
      "margin \(number(margin)) nats a label, loss \(number(loss)), disagreement "
      + "\(decimals(100 * disagreement, 0)) %, worst word \(number(alignment))"
    if let word = weakestWord {
      measures += " (\(oneLine(word.text)), \(decimals(word.startSeconds, 2)) s)"
    }
    lines.append("   \(measures)")
    let width = (["reference"] + systems).map(\.count).max() ?? 0
    func row(_ name: String, _ text: String) -> String {
      "   " + name + String(repeating: " ", count: width - name.count) + "  " + oneLine(text)
    }
    lines.append(row("reference", reference))
    lines += zip(systems, heard).map(row)
    return lines.joined(separator: "\n")
  }
}
