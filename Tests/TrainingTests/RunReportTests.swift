import Glibc
import TestSupport
import Testing

@testable import Training

/// A run of `steps` steps with an evaluation every `interval`.
private func run(_ steps: Int, interval: Int = 50) -> [MetricsRecord] {
  var random = Seeded(5)
  var records: [MetricsRecord] = []
  for step in 1...steps {
    let part = Double(step) / Double(steps)
    let scatter = 1 + 0.35 * Double.random(in: -1...1, using: &random)
    // Down to the plateau, along it, and off.
    let level =
      part < 0.1
      ? 14 - 110 * part : part < 0.25 ? 3 - 2 * (part - 0.1) : 2.7 * max(0.02, 1 - 1.3 * (part - 0.25))
    records.append(
      .step(
        StepRecord(
          step: step, epoch: part * 12, loss: level * scatter, learningRate: 5e-5 * min(part * 10, 1),
          gradientNorm: (step % 97 == 0 ? 40 : 2) * scatter, audioSeconds: 100, seconds: 9)))
    guard step % interval == 0 else { continue }
    records.append(
      .evaluation(
        EvaluationRecord(
          step: step, loss: level * 1.15, wer: min(1, max(0.12, 1.4 - 1.6 * part)),
          cer: min(0.9, max(0.05, 1 - 1.2 * part)))))
  }
  return records
}

private var summary: RunSummary {
  var summary = RunSummary(title: "runs/yesno <1>", outcome: "Finished 2000 steps in 5:01:12.")
  summary.records = run(2000)
  summary.checkpoints = [
    .init(step: 1700, path: "runs/yesno/checkpoints/step-1700", isBest: true, isLast: false),
    .init(step: 2000, path: "runs/yesno/checkpoints/step-2000", isBest: false, isLast: true),
  ]
  summary.findings = ["step 250: 99 % of dev comes out empty & the loss stands at 2.9: the all-blank plateau"]
  summary.facts = [.init("model", "facebook/hubert-base"), .init("parameters", "94,371,712")]
  summary.corpus = [.init("train", "1,204 utterances, 3.1 h"), .init("left out", "3: 2 silent, 1 too long")]
  summary.settings = FinetuneOptions().settings
  summary.settings[3].isNotable = true
  return summary
}

@Suite struct `The report of a run` {
  let directory = TemporaryDirectory()

  @Test func `both files are written, whole, and need nothing beside themselves`() throws {
    try summary.write(to: directory.path)
    #expect(directory.names == ["report.html", "report.svg"])
    let html = String(decoding: contents(of: directory.file("report.html")), as: UTF8.self)
    let svg = String(decoding: contents(of: directory.file("report.svg")), as: UTF8.self)
    for text in [html, svg] {
      #expect(
        !text.contains("href=") && !text.contains("src=") && !text.contains("@import")
          && !text.contains("url("))
      #expect(text.contains("prefers-color-scheme"))
      let numbers = text.replacing("zero-infinity", with: "")
      #expect(!numbers.contains("NaN") && !numbers.contains("nan") && !numbers.contains("inf"))
    }
    #expect(html.contains("<h1>runs/yesno &lt;1&gt;</h1>") && html.contains("empty &amp; the loss"))
    #expect(html.contains("<th>learning-rate</th><td>5e-05</td>"))
    #expect(html.contains("<td>1700 <em>best</em></td>") && html.contains("1,204 utterances"))
    #expect(svg.hasPrefix("<svg xmlns=") && svg.contains("best: WER 12 %"))
    // A page to look at, on request.
    if let path = getenv("WARBLER_KEEP_REPORT") { try summary.write(to: String(cString: path)) }
  }

  @Test func `a run of no, one or two steps has a report too`() {
    for count in [0, 1, 2] {
      var summary = RunSummary(title: "t", outcome: "Stopped.")
      summary.records = count == 0 ? [] : run(count, interval: 1)
      #expect(summary.html.contains("</html>"))
      #expect(!summary.html.contains("nan"))
      #expect(count > 0 || summary.html.contains("no values yet"))
    }
  }

  @Test func `numbers that are not finite are left out of the lines`() {
    var records = run(40)
    records.append(
      .step(
        StepRecord(
          step: 41, epoch: 1, loss: .nan, learningRate: 0, gradientNorm: .infinity, audioSeconds: 1,
          seconds: 1)))
    records.append(.evaluation(EvaluationRecord(step: 41, loss: .infinity, wer: .nan, cer: .nan)))
    let svg = RunChart(records, best: 41).svg()
    #expect(!svg.contains("nan") && !svg.contains("inf"))
  }

  @Test func `a long run's chart stays small and keeps its spikes`() {
    var series = ChartSeries("w-raw", nil, (0..<100_000).map { .init(x: Double($0), y: 1) })
    series.points[54_321].y = 99
    series.points[54_322].y = -99
    let thinned = series.thinned(to: 300)
    #expect(thinned.points.count <= 600)
    #expect(
      thinned.points.contains(.init(x: 54_321, y: 99)) && thinned.points.contains(.init(x: 54_322, y: -99)))
    #expect(zip(thinned.points, thinned.points.dropFirst()).allSatisfy { $0.x <= $1.x })
  }

  @Test func `axes are labelled at round numbers that enclose what is shown`() {
    let linear = ChartAxis(.linear, from: 0, to: 0.93, count: 5)
    #expect(linear.ticks == [0, 0.2, 0.4, 0.6, 0.8, 1] && linear.range == 0...1)
    #expect(linear.part(0.5) == 0.5 && linear.part(7) == 1)
    let small = ChartAxis(.linear, from: 0, to: 5e-5, count: 5)
    #expect(small.ticks == [0, 1e-5, 2e-5, 3e-5, 4e-5, 5e-5])
    let tight = ChartAxis(.linear, from: 0, to: 2300, count: 6, tight: true)
    #expect(tight.ticks == [0, 500, 1000, 1500, 2000] && tight.range == 0...2300)
    let decades = ChartAxis(.logarithmic, from: 0.03, to: 900, count: 5)
    #expect(decades.ticks == [0.01, 0.1, 1, 10, 100, 1000] && decades.range == 0.01...1000)
    let flat = ChartAxis(.linear, from: 3, to: 3, count: 5)
    #expect(flat.part(3) == 0 && flat.ticks.count > 1)
  }

  @Test func `a moving average has no pull from its start, and passes over what is not finite`() {
    var average = SmoothedValue(window: 10)
    #expect(average.value == nil)
    for _ in 0..<3 { average.add(5) }
    average.add(.nan)
    average.add(.infinity)
    #expect(abs((average.value ?? 0) - 5) < 1e-12)
    // By hand: (0.9 x 0.1 x 1 + 0.1 x 2) / (1 - 0.81).
    var two = SmoothedValue(window: 10)
    two.add(1)
    two.add(2)
    #expect(abs((two.value ?? 0) - 0.29 / 0.19) < 1e-12)
  }

  @Test func `numbers are short`() {
    for (value, text) in [
      (0.0, "0"), (1.0, "1"), (0.012345, "0.0123"), (5e-5, "5e-05"), (1234.5, "1230"), (0.3, "0.3"),
      (-2.5, "-2.5"), (0.1 + 0.2, "0.3"), (99.96, "100"), (1e-12, "1e-12"),
    ] { #expect(shortNumber(value) == text) }
  }
}
