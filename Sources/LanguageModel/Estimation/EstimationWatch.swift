/// What long loops call at every step: now and then it asks whether to go on.
final class EstimationWatch {
  /// Steps between two questions.
  private static let interval = 1 << 14
  private let shouldStop: () -> Bool
  private var steps = 0

  init(shouldStop: @escaping () -> Bool) { self.shouldStop = shouldStop }

  /// - Throws: `stopped` once it is asked for.
  func tick() throws(LanguageModelError) {
    steps += 1
    guard steps == Self.interval else { return }
    steps = 0
    try ask()
  }

  /// Asks at once.
  func ask() throws(LanguageModelError) {
    guard !shouldStop() else {
      throw LanguageModelError(
        .stopped, path: "language model", expected: "to go on", found: "that it was asked to stop")
    }
  }
}
