/// The numbers of a run over its steps, as SVG: losses, error rates, learning rate, gradient norm; of
/// pre-training accuracies, the classes in use and the feature penalty in place of error rates.
///
/// It needs nothing beside itself, and is light or dark as its reader's screen.
public struct RunChart {
  private let panels: [ChartPanel]
  private let steps: ChartAxis

  /// - Parameter best: the step of the best checkpoint, whose error rate is named.
  public init(_ records: [MetricsRecord], best: Int? = nil) {
    var training: [StepRecord] = []
    var evaluations: [EvaluationRecord] = []
    var predictions: [PredictionEvaluation] = []
    for record in records {
      switch record {
      case .step(let record): training.append(record)
      case .evaluation(let record): evaluations.append(record)
      case .prediction(let record): predictions.append(record)
      }
    }
    func line(_ style: String, _ name: String?, _ value: (StepRecord) -> Double) -> ChartSeries {
      ChartSeries(style, name, training.map { .init(x: Double($0.step), y: value($0)) })
    }
    func dots(_ style: String, _ name: String, _ value: (EvaluationRecord) -> Double) -> ChartSeries {
      ChartSeries(style, name, evaluations.map { .init(x: Double($0.step), y: value($0)) }, hasDots: true)
    }
    func figures(_ style: String, _ name: String?, _ value: (PredictionFigures) -> Double) -> ChartSeries {
      line(style, name) { $0.prediction.map(value) ?? .nan }
    }
    func dotsOfPrediction(_ style: String, _ name: String, _ value: (PredictionEvaluation) -> Double)
      -> ChartSeries
    {
      ChartSeries(style, name, predictions.map { .init(x: Double($0.step), y: value($0)) }, hasDots: true)
    }
    steps = ChartAxis(
      .linear, from: 0, to: Double(max(records.map(\.step).max() ?? 1, 1)), count: 6, tight: true)
    let raw = line("w-raw", "train") { $0.loss }
    var loss = ChartPanel(
      title: "Loss", unit: "nats",
      series: [raw, raw.smoothed("w-smooth", "smoothed"), dots("w-dev", "dev") { $0.loss }])
    loss.scale = Self.scale(of: loss)
    var rates = ChartPanel(
      title: "Error rates on dev", unit: "%",
      series: [dots("w-cer", "CER") { 100 * $0.cer }, dots("w-wer", "WER") { 100 * $0.wer }])
    if let record = evaluations.last(where: { $0.step == best }), record.wer.isFinite {
      rates.mark = (
        .init(x: Double(record.step), y: 100 * record.wer), "best: WER \(shortNumber(100 * record.wer)) %"
      )
    }
    let rate = ChartPanel(
      title: "Learning rate", unit: "", series: [line("w-smooth", nil) { $0.learningRate }],
      label: shortNumber)
    let rawNorm = line("w-raw", "each step") { $0.gradientNorm }
    var norm = ChartPanel(
      title: "Gradient norm, before clipping", unit: "",
      series: [rawNorm, rawNorm.smoothed("w-smooth", "smoothed")])
    norm.scale = Self.scale(of: norm)
    guard training.contains(where: { $0.prediction != nil }) || !predictions.isEmpty else {
      panels = [loss, rates, rate, norm]
      return
    }
    let rawLoss = figures("w-raw", "train") { $0.maskedLoss }
    let masked = ChartPanel(
      title: "Loss at masked frames", unit: "nats",
      series: [
        rawLoss, rawLoss.smoothed("w-smooth", "smoothed"), dotsOfPrediction("w-dev", "dev") { $0.loss },
      ])
    let accuracy = ChartPanel(
      title: "Accuracy", unit: "%",
      series: [
        figures("w-raw", nil) { 100 * $0.maskedAccuracy }.smoothed("w-smooth", "masked"),
        figures("w-raw", nil) { 100 * $0.unmaskedAccuracy }.smoothed("w-cer", "unmasked"),
        dotsOfPrediction("w-dev", "dev, masked") { 100 * $0.maskedAccuracy },
      ])
    let usage = ChartPanel(
      title: "Classes in use", unit: "% of all",
      series: [
        figures("w-raw", "targets") { 100 * $0.targetUsage }.smoothed("w-wer", "targets"),
        figures("w-raw", "predicted") { 100 * $0.codeUsage }.smoothed("w-smooth", "predicted"),
      ])
    var penalty = ChartPanel(
      title: "Mean square of the features", unit: "",
      series: [figures("w-smooth", nil) { $0.featurePenalty }], label: shortNumber)
    penalty.scale = Self.scale(of: penalty)
    panels = [masked, accuracy, usage, penalty, rate, norm]
  }

  /// Logarithmic where values span more than thirtyfold: a linear axis would show the beginning alone.
  private static func scale(of panel: ChartPanel) -> ChartAxis.Scale {
    let values = panel.series.flatMap { $0.points.map(\.y) }
    guard let low = values.min(), let high = values.max(), low > 0, high > 30 * low else { return .linear }
    return .logarithmic
  }

  public static let width = 1000.0
  /// 320 for each row of two panels.
  public var height: Double { 320 * Double((panels.count + 1) / 2) }

  /// The chart as an SVG document, or as an element for a page.
  public func svg(standalone: Bool = true) -> String {
    let (panelWidth, panelHeight) = (Self.width / 2, 320.0)
    let bodies = panels.enumerated().map { place, panel in
      panel.svg(
        x: panelWidth * Double(place % 2), y: panelHeight * Double(place / 2), width: panelWidth,
        height: panelHeight, steps: steps)
    }
    let head =
      #"<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 \#(plain(Self.width)) \#(plain(height))" "#
      + (standalone ? #"width="\#(plain(Self.width))" height="\#(plain(height))" "# : "")
      + #"role="img" aria-label="\#(panels.map(\.title).joined(separator: ", ")) over steps">"#
    let background = standalone ? #"<rect class="w-page" width="100%" height="100%"/>"# + "\n" : ""
    return head + "\n<style>\(Self.style)</style>\n" + background + bodies.joined(separator: "\n")
      + "\n</svg>\n"
  }

  /// Colours by class, since not every viewer knows variables in SVG.
  private static let style = """
    .w-page{fill:#fff}.w-title{font:600 15px system-ui,"DejaVu Sans",sans-serif;fill:#1b2430}
    .w-label{font:12px system-ui,"DejaVu Sans",sans-serif;fill:#5b6675}
    .w-note{font:600 12px system-ui,"DejaVu Sans",sans-serif;fill:#1b2430;
    stroke:#fff;stroke-width:4px;paint-order:stroke;stroke-linejoin:round}
    .w-end{text-anchor:end}.w-middle{text-anchor:middle}.w-grid{stroke:#e4e8ee;stroke-width:1}
    .w-line{fill:none;stroke-width:2;stroke-linejoin:round}.w-dot{stroke:none}
    .w-mark{fill:none;stroke:#1b2430;stroke-width:1.5}
    .w-raw{stroke:#b9cde6;stroke-width:1}.w-smooth{stroke:#1f5fa8}
    .w-dev{stroke:#c4540a}.w-wer{stroke:#7a3fb5}.w-cer{stroke:#12806a}
    .w-dot.w-dev{fill:#c4540a}.w-dot.w-wer{fill:#7a3fb5}.w-dot.w-cer{fill:#12806a}
    .w-dot.w-raw,.w-dot.w-smooth{fill:#1f5fa8}
    @media (prefers-color-scheme:dark){
    .w-page{fill:#14181f}.w-title,.w-note{fill:#e6eaf0}.w-label{fill:#9aa6b5}.w-grid{stroke:#2a313c}
    .w-note{stroke:#14181f}.w-mark{stroke:#e6eaf0}.w-raw{stroke:#34506f}.w-smooth{stroke:#6aa9ee}
    .w-dev{stroke:#f0955a}.w-wer{stroke:#b98cf0}.w-cer{stroke:#4cc3a7}
    .w-dot.w-dev{fill:#f0955a}.w-dot.w-wer{fill:#b98cf0}.w-dot.w-cer{fill:#4cc3a7}
    .w-dot.w-raw,.w-dot.w-smooth{fill:#6aa9ee}}
    """
}
