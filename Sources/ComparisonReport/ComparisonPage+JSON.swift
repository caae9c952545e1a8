import JSON

/// What the page's script reads; `Page/data.js` is the other side.

extension ComparisonPage {
  var document: JSONValue {
    [
      "title": .string(title),
      "notes": .array(notes.map(JSONValue.string)),
      "systems": .array(systems.map(\.document)),
      "combination": combination?.document ?? .null,
      "pairs": .array(pairs.map(\.document)),
      "trends": .array(trends.map(\.document)),
      "vocabularies": .array(vocabularies.map(\.document)),
      "utterances": .array(utterances.map(\.document)),
    ]
  }
}

extension ComparisonPage.System {
  fileprivate var document: JSONValue {
    [
      "name": .string(name), "detail": .string(detail), "words": words.document,
      "characters": characters.document, "interval": json(interval), "wrong": json(wrongUtterances),
      "oracle": json(oracleRate), "seconds": json(seconds), "rtf": json(realTimeFactor),
    ]
  }
}

extension ComparisonPage.ErrorCounts {
  fileprivate var document: JSONValue {
    [
      "errors": json(errors), "substitutions": json(substitutions), "deletions": json(deletions),
      "insertions": json(insertions), "reference": json(reference), "rate": json(rate),
    ]
  }
}

extension ComparisonPage.Combination {
  fileprivate var document: JSONValue {
    ["name": .string(name), "words": words.document, "interval": json(interval)]
  }
}

extension ComparisonPage.Pair {
  fileprivate var document: JSONValue {
    [
      "a": json(a), "b": json(b), "difference": json(difference), "interval": json(interval),
      "mapsswe_p": json(mapssweP), "bootstrap_p": json(bootstrapP),
      "wins": json(wins), "ties": json(ties), "losses": json(losses),
      "confusions": .array(
        confusions.map { [json($0.reference), json($0.hypothesis), json($0.fixed), json($0.broken)] }),
      "recalls": .array(
        recalls.map { [.string($0.word), json($0.occurrences), json($0.a), json($0.b)] }),
    ]
  }
}

extension ComparisonPage.Trend {
  fileprivate var document: JSONValue {
    [
      "quantity": .string(quantity), "unit": .string(unit),
      "bins": .array(
        bins.map { bin in
          [
            "range": json(bin.range), "rates": .array(bin.rates.map { json($0) }),
            "utterances": .array(bin.utterances.map { json($0) }),
          ]
        }),
    ]
  }
}

extension ComparisonPage.Vocabulary {
  fileprivate var document: JSONValue {
    ["tokens": .array(tokens.map(JSONValue.string)), "blank": json(blank)]
  }
}

extension ComparisonPage.Utterance {
  fileprivate var document: JSONValue {
    [
      "id": .string(id), "reference": .array(reference.map(JSONValue.string)),
      "readings": .array(readings.map(\.document)), "seconds": json(durationSeconds),
      "speaker": json(speaker),
      "level": json(levelDecibels), "pace": json(wordsPerSecond),
    ]
  }
}

extension ComparisonPage.Reading {
  fileprivate var document: JSONValue {
    [
      "errors": json(errors), "confidence": json(confidence), "score": json(score),
      "words": .array(compressed),
    ]
  }

  /// The alignment, short: a number n for n matches, a string for a substitution, null for a deletion, and an
  /// array of one string for an insertion. The words of the reference stand with the utterance.
  private var compressed: [JSONValue] {
    var steps: [JSONValue] = []
    var matches = 0
    func flush() {
      if matches > 0 { steps.append(json(matches)) }
      matches = 0
    }
    for word in alignment {
      if case .match = word {
        matches += 1
        continue
      }
      flush()
      switch word {
      case .match: break
      case .substitution(_, let hypothesis): steps.append(.string(hypothesis))
      case .deletion: steps.append(.null)
      case .insertion(let word): steps.append([.string(word)])
      }
    }
    flush()
    return steps
  }
}

extension ComparisonPage.Sound {
  var document: JSONValue {
    [
      "audio": audio.map { ["type": .string($0.mediaType), "data": .string(base64($0.bytes))] } ?? .null,
      "seconds": json(peaks.durationSeconds), "amplitude": json(Double(peaks.amplitude)),
      "peaks": .string(base64(peaks.bounds.map { UInt8(bitPattern: $0) })),
      "emissions": .array(emissions.map(\.document)),
      "tracks": .array(tracks.map(\.document)),
      "reference": .array(reference.map(\.document)),
    ]
  }
}

extension EmissionImage {
  fileprivate var document: JSONValue {
    [
      "name": .string(name), "vocabulary": json(vocabulary), "frameSeconds": json(frameSeconds),
      "depth": json(Double(Self.depth)), "frames": json(frames), "tokens": .array(tokens.map { json($0) }),
      "levels": .string(base64(levels)),
    ]
  }
}

extension ComparisonPage.Track {
  fileprivate var document: JSONValue {
    [
      "emissions": json(emissions), "path": .array(runs.map { json($0) }),
      "words": .array(words.map(\.document)),
    ]
  }

  /// The path as token, frames, token, frames, ...
  private var runs: [Int] {
    path.reduce(into: []) { runs, token in
      if runs.count > 1 && runs[runs.count - 2] == token {
        runs[runs.count - 1] += 1
      } else {
        runs += [token, 1]
      }
    }
  }
}

extension ComparisonPage.TimedWord {
  fileprivate var document: JSONValue {
    [.string(text), json(startSeconds, decimals: 3), json(endSeconds, decimals: 3), json(confidence)]
  }
}

private func json(_ value: Int?) -> JSONValue { value.map { .integer(Int64($0)) } ?? .null }
private func json(_ value: String?) -> JSONValue { value.map(JSONValue.string) ?? .null }

/// Six decimals are more than any part of the page shows.
private func json(_ value: Double?, decimals: Int = 6) -> JSONValue {
  guard let value else { return .null }
  let scale = (0..<decimals).reduce(1.0) { power, _ in power * 10 }
  let rounded = (value * scale).rounded() / scale
  return .number((rounded.isFinite ? rounded : value) + 0)
}

private func json(_ range: ClosedRange<Double>?) -> JSONValue {
  range.map { [json($0.lowerBound), json($0.upperBound)] } ?? .null
}
