import JSON
import TestSupport
import Testing
import Training

private func step(_ number: Int, loss: Double = 1.5) -> MetricsRecord {
  .step(
    StepRecord(
      step: number, epoch: Double(number) / 4, loss: loss, learningRate: 5e-5, gradientNorm: 2.25,
      audioSeconds: 40, seconds: 3.5))
}

private func evaluation(_ number: Int) -> MetricsRecord {
  .evaluation(EvaluationRecord(step: number, loss: 0.75, wer: 0.5, cer: 0.125))
}

@Suite struct `The log of metrics` {
  let directory = TemporaryDirectory()
  var path: String { directory.file("metrics.jsonl") }
  var text: String { String(decoding: contents(of: path), as: UTF8.self) }

  @Test func `a line a step and a line an evaluation, with the keys of the manual in their order`() throws {
    let log = try MetricsLog(path: path, resumingAt: nil)
    try log.append(step(1))
    // Written at once: no end of the log is needed.
    #expect(
      text == #"{"step": 1, "epoch": 0.25, "loss": 1.5, "learning_rate": 5e-05, "gradient_norm": 2.25, "#
        + #""audio_seconds": 40.0, "seconds": 3.5}"# + "\n")
    try log.append(evaluation(1))
    #expect(text.hasSuffix(#"{"step": 1, "eval_loss": 0.75, "wer": 0.5, "cer": 0.125}"# + "\n"))
    #expect(try MetricsLog.records(at: path) == [step(1), evaluation(1)])
  }

  @Test func `numbers that are not finite are null, and read back as not a number`() throws {
    let log = try MetricsLog(path: path, resumingAt: nil)
    try log.append(step(1, loss: .infinity))
    try log.append(step(2, loss: .nan))
    for line in text.split(separator: "\n") { #expect(try JSONValue(parsing: String(line))["loss"] == .null) }
    let losses = try MetricsLog.records(at: path).map { record in
      if case .step(let record) = record { record.loss } else { 0.0 }
    }
    #expect(losses.count == 2 && losses.allSatisfy(\.isNaN))
  }

  @Test func `a resumed run is cut back to its step, and no step stands twice`() throws {
    let records = [step(1), step(2), evaluation(2), step(3), step(4), evaluation(4)]
    var log = try MetricsLog(path: path, resumingAt: nil)
    for record in records { try log.append(record) }
    log = try MetricsLog(path: path, resumingAt: 2)
    #expect(try MetricsLog.records(at: path) == Array(records[..<3]))
    try log.append(step(3))
    #expect(try MetricsLog.records(at: path) == Array(records[..<4]))
    #expect(directory.names == ["metrics.jsonl"])
  }

  @Test func `a last line cut at any byte costs that line alone`() throws {
    let log = try MetricsLog(path: path, resumingAt: nil)
    for number in 1...2 { try log.append(step(number)) }
    let whole = contents(of: path)
    let first = (whole.firstIndex(of: UInt8(ascii: "\n")) ?? 0) + 1
    for end in first..<whole.count {
      directory.write(whole[..<end], as: "metrics.jsonl")
      #expect(try MetricsLog.records(at: path) == [step(1)], "\(end)")
      _ = try MetricsLog(path: path, resumingAt: 2)
      #expect(contents(of: path) == Array(whole[..<first]), "\(end)")
    }
  }

  @Test func `no file is no records, and a new run begins anew`() throws {
    #expect(try MetricsLog.records(at: path) == [])
    try MetricsLog(path: path, resumingAt: nil).append(step(7))
    _ = try MetricsLog(path: path, resumingAt: nil)
    #expect(text.isEmpty)
  }
}

@Suite struct `The best evaluation` {
  func evaluation(_ step: Int, _ wer: Double, loss: Double = 1) -> EvaluationRecord {
    EvaluationRecord(step: step, loss: loss, wer: wer, cer: 2 * wer)
  }

  @Test func `less is better, equals are told apart by their loss, and what is no number never wins`() {
    var best = BestEvaluation(metric: .wer, patience: 2)
    let evaluations = [
      evaluation(1, .nan), evaluation(2, 1, loss: 3), evaluation(3, 1, loss: 2.5),
      evaluation(4, 1, loss: 2.5),
    ]
    #expect(evaluations.map { best.observe($0) } == [false, true, true, false])
    #expect(!best.shouldStop)
    _ = best.observe(evaluation(5, 1.5, loss: 0.1))
    #expect(best.shouldStop && best.evaluationsSince == 2)
    _ = best.observe(evaluation(6, 0.5))
    #expect(!best.shouldStop && best.best?.step == 6)
  }

  @Test func `without patience training never stops, and each metric looks at its own number`() {
    var best = BestEvaluation(metric: .loss, patience: 0)
    let answers = [evaluation(1, 0.1, loss: 2), evaluation(2, 0.9, loss: 1)].map { best.observe($0) }
    #expect(answers == [true, true])
    for step in 3...50 { _ = best.observe(evaluation(step, 0, loss: 9)) }
    #expect(best.best?.step == 2 && !best.shouldStop && best.evaluationsSince == 48)
  }

  @Test func `the best of the checkpoints that are there, best first, the later of equals`() {
    let all = [
      evaluation(10, 0.5), evaluation(20, 0.2), evaluation(30, 0.2), evaluation(40, .nan),
      evaluation(50, 0.9),
    ]
    #expect(BestEvaluation.ranked(all, by: .wer, among: [10, 20, 30, 40, 50], count: 3) == [30, 20, 10])
    #expect(BestEvaluation.ranked(all, by: .wer, among: [10, 50], count: 3) == [10, 50])
  }
}

@Suite struct `The lines of a pre-training` {
  let directory = TemporaryDirectory()

  @Test func `they read back to the same, in the contract's order`() throws {
    let figures = PredictionFigures(
      maskedLoss: 3.5, unmaskedLoss: 3.25, maskedAccuracy: 0.25, unmaskedAccuracy: 0.375, codeUsage: 0.5,
      targetUsage: 0.75, featurePenalty: 0.0625)
    let step = MetricsRecord.step(
      StepRecord(
        step: 1, epoch: 0.5, loss: 4, learningRate: 1e-3, gradientNorm: 2, audioSeconds: 40, seconds: 0.5,
        prediction: figures))
    let evaluation = MetricsRecord.prediction(
      PredictionEvaluation(step: 1, loss: 3.5, maskedAccuracy: 0.25, unmaskedAccuracy: 0.5, codeUsage: 0.125))
    let path = directory.file("metrics.jsonl")
    let log = try MetricsLog(path: path, resumingAt: nil)
    try log.append(step)
    try log.append(evaluation)
    #expect(try MetricsLog.records(at: path) == [step, evaluation])
    #expect(
      String(decoding: contents(of: path), as: UTF8.self) == """
        {"step": 1, "epoch": 0.5, "loss": 4.0, "masked_loss": 3.5, "unmasked_loss": 3.25, "masked_accuracy": 0.25, \
        "unmasked_accuracy": 0.375, "code_usage": 0.5, "target_usage": 0.75, "feature_penalty": 0.0625, \
        "learning_rate": 0.001, "gradient_norm": 2.0, "audio_seconds": 40.0, "seconds": 0.5}
        {"step": 1, "eval_loss": 3.5, "eval_masked_accuracy": 0.25, "eval_unmasked_accuracy": 0.5, \
        "eval_code_usage": 0.125}

        """)
  }

  @Test func `the chart has a panel for each kind of figure`() {
    let figures = PredictionFigures(
      maskedLoss: 3.5, unmaskedLoss: .nan, maskedAccuracy: 0.25, unmaskedAccuracy: .nan, codeUsage: 0.5,
      targetUsage: 0.75, featurePenalty: 0.0625)
    let records = (1...30).map { step in
      MetricsRecord.step(
        StepRecord(
          step: step, epoch: 1, loss: 4, learningRate: 1e-3, gradientNorm: 2, audioSeconds: 40, seconds: 1,
          prediction: figures))
    }
    let svg = RunChart(records).svg()
    for title in [
      "Loss at masked frames", "Accuracy", "Classes in use", "Mean square of the features", "Learning rate",
      "Gradient norm, before clipping",
    ] { #expect(svg.contains(">\(title)<"), "\(title)") }
    #expect(svg.contains("viewBox=\"0 0 1000 960\"") && !svg.contains("nan"))
  }
}
