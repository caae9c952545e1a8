import AcousticModel
import Checkpoints
import JSON
import Vocabulary

extension CheckpointReport {
  /// The report as one line of JSON.
  public var json: String { JSONValue.object(document).text(.spaced) }

  private var document: JSONObject {
    [
      "model": .string(directory),
      "architecture": .string(configuration.architecture.rawValue), "has_head": .bool(hasHead),
      "layers": integer(configuration.layers), "width": integer(configuration.width),
      "heads": integer(configuration.heads), "feed_forward": integer(configuration.feedForwardWidth),
      "norms": .string(configuration.normalisesFirst ? "stable" : "post"),
      "feature_norm": .string(configuration.featureNorm.rawValue),
      "sample_rate": preprocessing.map { integer($0.sampleRate) } ?? .null,
      "normalises_input": preprocessing.map { .bool($0.normalises) } ?? .null,
      "receptive_field": span(configuration.receptiveField), "hop": span(configuration.hop),
      "parameters": .object(parameterCounts),
      "storage": .array(
        storage.map {
          [
            "dtype": .string($0.dataType.rawValue), "tensors": integer($0.tensors),
            "bytes": integer($0.bytes),
          ]
        }),
      "files": strings(files),
      "vocabulary": vocabulary.map(describe) ?? .null,
      "unlike_defaults": .object(configuration.fieldsUnlikeDefaults),
      "tensors": .object(tensors),
      "float32_bytes": integer(float32Bytes),
      "gflop_per_second": [
        "10": .number(gigaflopPerSecond(ofRecordingOf: 10)),
        "30": .number(gigaflopPerSecond(ofRecordingOf: 30)),
      ],
      "problems": strings(problems),
    ]
  }

  private var parameterCounts: JSONObject {
    var counts: JSONObject = ["total": integer(parameterCount())]
    for part in ParameterList.Part.allCases where parameterCount(of: part) > 0 {
      counts[part.rawValue] = integer(parameterCount(of: part))
    }
    return counts
  }

  private var tensors: JSONObject {
    var missing: [JSONValue] = []
    var misshapen: [JSONValue] = []
    var unreadable: [JSONValue] = []
    for fault in faults {
      switch fault {
      case .missing(let parameter): missing.append(.string(parameter.name))
      case .misshapen(let parameter, let found):
        misshapen.append([
          "name": .string(parameter.name), "expected": integers(parameter.shape), "found": integers(found),
        ])
      case .unreadable(let parameter, let found):
        unreadable.append(["name": .string(parameter.name), "dtype": .string(found.rawValue)])
      }
    }
    return [
      "missing": .array(missing), "misshapen": .array(misshapen), "unreadable": .array(unreadable),
      "unused": strings(unused.map(\.name)),
    ]
  }

  private func describe(_ vocabulary: CTCVocabulary) -> JSONValue {
    let summary = VocabularySummary(vocabulary)
    func token(_ id: Int?) -> JSONValue {
      id.map { ["id": integer($0), "token": .string(vocabulary.token($0))] } ?? .null
    }
    return [
      "size": integer(vocabulary.count), "blank": token(vocabulary.blank),
      "delimiter": token(vocabulary.delimiter),
      "unknown": token(vocabulary.unknown), "case": .string(summary.letterCase.rawValue),
      "language": vocabulary.settings.targetLanguage.map { .string($0) } ?? .null,
      "sample": strings(summary.sample),
    ]
  }

  private func span(_ samples: Int) -> JSONValue {
    ["samples": integer(samples), "ms": .number(milliseconds(samples: samples))]
  }
}

private func integer(_ value: Int) -> JSONValue { .integer(Int64(value)) }

private func integers(_ values: [Int]) -> JSONValue { .array(values.map(integer)) }

private func strings(_ values: [String]) -> JSONValue { .array(values.map { .string($0) }) }
