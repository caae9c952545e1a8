public import Checkpoints

/// What the report of a run says.
public struct RunSummary: Sendable, Equatable {
  /// A name and its value.
  public struct Row: Sendable, Equatable {
    public var name: String
    public var value: String
    /// Shown apart: a setting that is not the default.
    public var isNotable: Bool

    public init(_ name: String, _ value: String, isNotable: Bool = false) {
      self.name = name
      self.value = value
      self.isNotable = isNotable
    }
  }

  /// A checkpoint that is kept.
  public struct Checkpoint: Sendable, Equatable {
    public var step: Int
    public var path: String
    public var isBest: Bool
    public var isLast: Bool

    public init(step: Int, path: String, isBest: Bool, isLast: Bool) {
      self.step = step
      self.path = path
      self.isBest = isBest
      self.isLast = isLast
    }
  }

  public var title: String
  /// How it ended, in a sentence.
  public var outcome: String
  /// The model, the machine, times.
  public var facts: [Row] = []
  public var settings: [Row] = []
  public var corpus: [Row] = []
  public var records: [MetricsRecord] = []
  public var checkpoints: [Checkpoint] = []
  /// Messages of ``Diagnosis``.
  public var findings: [String] = []

  public init(title: String, outcome: String) {
    self.title = title
    self.outcome = outcome
  }

  var steps: [StepRecord] {
    records.compactMap { if case .step(let record) = $0 { record } else { nil } }
  }

  var evaluations: [EvaluationRecord] {
    records.compactMap { if case .evaluation(let record) = $0 { record } else { nil } }
  }

  var predictions: [PredictionEvaluation] {
    records.compactMap { if case .prediction(let record) = $0 { record } else { nil } }
  }

  var bestStep: Int? { checkpoints.first(where: \.isBest)?.step }

  /// Writes `report.svg` and `report.html` into a directory, each complete or not at all.
  public func write(to directory: String) throws(CheckpointError) {
    try AtomicFile.write(
      Array(RunChart(records, best: bestStep).svg().utf8), to: directory + "/report.svg")
    try AtomicFile.write(Array(html.utf8), to: directory + "/report.html")
  }
}
