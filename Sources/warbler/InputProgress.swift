import Workbench

/// How far a run is: counted in inputs, its speed in seconds of sound a second.
struct InputProgress {
  let total: Int
  /// What is done to an input: "decoded".
  private let verb: String
  private(set) var done = 0
  private(set) var failed = 0
  private var audioSeconds = 0.0
  private var underway = (part: 0.0, audioSeconds: 0.0)
  private let start = monotonicSeconds()
  private var lastLine = monotonicSeconds()

  /// Seconds between plain lines.
  private static let interval = 10.0

  init(total: Int, verb: String) {
    self.total = total
    self.verb = verb
  }

  var isComplete: Bool { done + failed == total }

  mutating func add(durationSeconds: Double) {
    done += 1
    audioSeconds += durationSeconds
    underway = (0, 0)
  }

  mutating func addFailure() {
    failed += 1
    underway = (0, 0)
  }

  /// So much of the next result is computed.
  mutating func advance(to part: Double, audioSeconds: Double) { underway = (part, audioSeconds) }

  /// Whether a plain line should be written; asking begins the next interval.
  mutating func isDue() -> Bool {
    guard monotonicSeconds() - lastLine >= Self.interval else { return false }
    lastLine = monotonicSeconds()
    return true
  }

  private var elapsed: Double { monotonicSeconds() - start }
  private var part: Double { (Double(done + failed) + underway.part) / Double(max(1, total)) }

  /// `[######......] 12/48  18.3x real time  0:32 left`
  var line: String {
    progressLine(part: part, "\(done + failed)/\(total)  \(rate)", elapsedSeconds: elapsed)
  }

  /// What was done, in the end.
  var summary: String {
    "\(verb) \(done) of \(total) \(total == 1 ? "input" : "inputs"), \(rounded(audioSeconds)) s of audio in "
      + "\(rounded(elapsed)) s (\(rate))" + (failed > 0 ? "; \(failed) failed" : "")
  }

  private var rate: String {
    "\(rounded(elapsed > 0 ? (audioSeconds + underway.audioSeconds) / elapsed : 0))x real time"
  }

  private func rounded(_ value: Double) -> String { "\((value * 10).rounded() / 10)" }
}
