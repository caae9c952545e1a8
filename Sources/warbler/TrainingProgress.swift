import Training
import Workbench

/// How far a training is.
struct TrainingProgress {
  let total: Int
  private(set) var step: Int
  private let first: Int
  private var epoch = 0.0
  private var learningRate = 0.0
  private var loss = SmoothedValue(window: 20)
  /// Of pre-training: at masked frames.
  private var accuracy = SmoothedValue(window: 20)
  /// Seconds of audio, and of work, of the last steps.
  private var audio = SmoothedValue(window: 20)
  private var seconds = SmoothedValue(window: 20)
  private let start = monotonicSeconds()
  private var lastLine = monotonicSeconds()

  /// Seconds between plain lines.
  private static let interval = 30.0

  /// - Parameter step: steps made before, by a run that goes on.
  init(total: Int, from step: Int) {
    self.total = total
    self.step = step
    first = step
  }

  mutating func add(_ record: StepRecord) {
    step = record.step
    epoch = record.epoch
    learningRate = record.learningRate
    loss.add(record.loss)
    accuracy.add(record.prediction?.maskedAccuracy ?? .nan)
    audio.add(record.audioSeconds)
    seconds.add(record.seconds)
  }

  /// Whether a plain line should be written; asking begins the next interval.
  mutating func isDue() -> Bool {
    guard monotonicSeconds() - lastLine >= Self.interval else { return false }
    lastLine = monotonicSeconds()
    return true
  }

  /// `[####....] 120/2000  epoch 3.2  loss 1.23  lr 4.8e-05  12.3x real time  32:10 left`
  ///
  /// The time left counts evaluations and saves as they were so far.
  var line: String {
    var parts = ["\(progressBar(Double(step) / Double(max(1, total)))) \(step)/\(total)"]
    parts.append("epoch \((epoch * 10).rounded(.down) / 10)")
    if let loss = loss.value { parts.append("loss \(shortNumber(loss))") }
    if let accuracy = accuracy.value { parts.append("masked \(shortNumber(100 * accuracy)) %") }
    parts.append("lr \(shortNumber(learningRate))")
    if let audio = audio.value, let seconds = seconds.value, seconds > 0 {
      parts.append("\((audio / seconds * 10).rounded() / 10)x real time")
    }
    if step > first {
      let perStep = (monotonicSeconds() - start) / Double(step - first)
      parts.append("\(clock(perStep * Double(max(0, total - step)))) left")
    }
    return parts.joined(separator: "  ")
  }
}
