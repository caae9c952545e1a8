import AcousticModel
import JSON

/// How long a model's forward pass takes over one length of audio, and where the time goes. Medians over
/// runs.
public struct ModelTiming {
  let audioSeconds: Double
  let threads: Int
  let runs: Int
  let seconds: Double
  let stages: [(stage: Stage, seconds: Double)]
  /// What is in no stage.
  let other: Double
  let peakBytes: Int
  /// Whether ``peakBytes`` reaches back to the process's beginning, as the system would not reset it.
  let peakIncludesLoading: Bool
  let arithmetic: Arithmetic
  /// Operations a second.
  let peakOfOneCore: Double

  /// The share of the machine's arithmetic that `operations` in `seconds` make use of.
  private func fractionOfPeak(_ operations: Double, in seconds: Double) -> Double {
    seconds > 0 ? operations / seconds / (Double(threads) * peakOfOneCore) : 0
  }

  /// One line.
  public var json: String {
    var times = JSONObject()
    for (stage, seconds) in stages { times[stage.rawValue] = .number(seconds) }
    times["other"] = .number(other)
    let document: JSONValue = [
      "bench": "model", "audio_seconds": .number(audioSeconds), "threads": .integer(Int64(threads)),
      "precision": "fp32", "seconds": .number(seconds), "runs": .integer(Int64(runs)),
      "stages": .object(times),
      "peak_bytes": .integer(Int64(peakBytes)), "peak_includes_loading": .bool(peakIncludesLoading),
      "fraction_of_peak": .number(fractionOfPeak(arithmetic.total, in: seconds)),
      "gflop": .number(arithmetic.total * 1e-9), "gflops_peak_of_one_core": .number(peakOfOneCore * 1e-9),
    ]
    return document.text(.spaced)
  }

  /// A table, a stage a line.
  public var text: String {
    let title =
      "\(decimals(audioSeconds, 1)) s of audio: \(decimals(seconds, 4)) s (\(runs == 1 ? "one run" : "median of \(runs)")), "
      + "\(decimals(seconds / audioSeconds * 1000, 1)) ms for a second, "
      + "\(percent(fractionOfPeak(arithmetic.total, in: seconds))) of peak, memory at most \(megabytes(peakBytes))"
      + (peakIncludesLoading ? " (loading included)" : "")
    var lines = [title, row("", "ms", "share", "GFLOP", "of peak")]
    for (stage, time) in stages {
      let operations = arithmetic[stage]
      lines.append(
        row(
          String(stage.rawValue.map { $0 == "_" ? " " : $0 }), decimals(time * 1000, 2),
          percent(time / seconds),
          decimals(operations * 1e-9, 2), operations > 0 ? percent(fractionOfPeak(operations, in: time)) : "-"
        ))
    }
    lines.append(row("other", decimals(other * 1000, 2), percent(other / seconds), "", "-"))
    return lines.joined(separator: "\n")
  }

  /// What the table's numbers mean.
  public static let footnote = """
    GFLOP: nominal arithmetic, two operations for a multiply-add, convolutions counted directly; a method that needs \
    fewer can pass 100 % of peak. Norms, activations and softmax count nothing.
    """
}

private func percent(_ fraction: Double) -> String { decimals(100 * fraction, 1) + " %" }

private func row(_ name: String, _ columns: String...) -> String {
  func spaces(_ count: Int) -> String { String(repeating: " ", count: max(0, count)) }
  return "  " + name + spaces(24 - name.count) + columns.map { spaces(11 - $0.count) + $0 }.joined()
}
