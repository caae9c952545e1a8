import AcousticModel
import Checkpoints
import JSON
import Vocabulary

extension CheckpointReport {
  /// The report for people: a name and a value a line.
  public var text: String {
    let rows = modelRows + weightRows + inputRows + vocabularyRows + costRows + tensorRows
    let width = rows.reduce(0) { max($0, $1.name.count) }
    return rows.map { row in
      row.name + String(repeating: " ", count: width + 2 - row.name.count) + row.value
    }.joined(separator: "\n")
  }

  private typealias Row = (name: String, value: String)

  private var modelRows: [Row] {
    let c = configuration
    var rows: [Row] = [
      ("model", directory),
      ("architecture", hasHead ? c.architecture.rawValue : "\(c.architecture.modelType), without a CTC head"),
      (
        "feature encoder",
        "\(c.convolutionChannels.count) convolutions, \(range(c.convolutionChannels)) channels, \(c.featureNorm.rawValue) norm"
      ),
      ("positions", "a convolution of \(c.positionalKernel) frames, \(c.positionalGroups) groups"),
      (
        "transformer",
        "\(c.layers) layers, width \(c.width), \(c.heads) heads, feed-forward \(c.feedForwardWidth), "
          + (c.normalisesFirst ? "stable (norms first)" : "post-norm")
      ),
    ]
    if let width = c.attentionAdapterWidth { rows.append(("attention adapters", "width \(width)")) }
    if let adapter = c.adapter {
      rows.append(
        (
          "adapter",
          "\(adapter.layers) convolutions, width \(adapter.width), kernel \(adapter.kernel), stride \(adapter.stride)"
        ))
    }
    rows += c.fieldsUnlikeDefaults.members.enumerated().map {
      ($0 == 0 ? "unlike the defaults" : "", "\($1.key) = \($1.value.text(.spaced))")
    }
    return rows
  }

  private var weightRows: [Row] {
    var rows: [Row] = [("parameters", grouped(parameterCount()))]
    for part in ParameterList.Part.allCases where parameterCount(of: part) > 0 {
      rows.append(("  " + part.rawValue.map { $0 == "_" ? " " : $0 }, grouped(parameterCount(of: part))))
    }
    for (index, kind) in storage.enumerated() {
      rows.append(
        (
          index == 0 ? "stored as" : "",
          "\(kind.dataType.rawValue): \(kind.tensors) tensors, \(megabytes(kind.bytes))"
        ))
    }
    rows.append(("files", files.count == 1 ? files[0] : "\(files.count) shards: \(abridged(files, 4))"))
    return rows
  }

  private var inputRows: [Row] {
    func span(_ samples: Int) -> String {
      "\(samples) samples (\(decimals(milliseconds(samples: samples), 2)) ms)"
    }
    return [
      ("sample rate", preprocessing.map { "\($0.sampleRate) Hz" } ?? "unknown"),
      (
        "input",
        preprocessing.map { $0.normalises ? "brought to mean 0 and variance 1" : "as it is" } ?? "unknown"
      ),
      ("receptive field", span(configuration.receptiveField)),
      ("hop", span(configuration.hop)),
    ]
  }

  private var vocabularyRows: [Row] {
    guard let vocabulary else { return [("vocabulary", hasHead ? "unknown" : "none: to be fine-tuned")] }
    let summary = VocabularySummary(vocabulary)
    func token(_ id: Int?) -> String { id.map { "\(vocabulary.token($0)) (\($0))" } ?? "none" }
    var rows: [Row] = [
      ("vocabulary", "\(vocabulary.count) tokens, case \(summary.letterCase.rawValue)"),
      ("  blank", token(vocabulary.blank)), ("  delimiter", token(vocabulary.delimiter)),
      ("  unknown", token(vocabulary.unknown)), ("  sample", summary.sample.joined(separator: " ")),
    ]
    if let language = vocabulary.settings.targetLanguage { rows.append(("  language", language)) }
    return rows
  }

  private var costRows: [Row] {
    let rates = [10, 30].map { "\(decimals(gigaflopPerSecond(ofRecordingOf: $0), 1)) at \($0) s" }
    return [
      ("memory", "about \(megabytes(float32Bytes)) of weights in float32"),
      ("arithmetic", "GFLOP for a second of audio: \(rates.joined(separator: ", "))"),
    ]
  }

  private var tensorRows: [Row] {
    [("unused tensors", unused.isEmpty ? "none" : abridged(unused.map(\.name), 6))]
      + problems.prefix(20).enumerated().map { ($0 == 0 ? "problems" : "", $1) }
      + (problems.count > 20 ? [("", "and \(problems.count - 20) more")] : [])
  }
}

private func range(_ values: [Int]) -> String {
  let (low, high) = (values.min() ?? 0, values.max() ?? 0)
  return low == high ? "\(low)" : "\(low) to \(high)"
}

private func abridged(_ names: [String], _ count: Int) -> String {
  names.prefix(count).joined(separator: ", ")
    + (names.count > count ? " and \(names.count - count) more" : "")
}
