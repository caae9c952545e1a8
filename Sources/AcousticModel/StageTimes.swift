#if canImport(Glibc)
import Glibc
#endif

/// The parts of the forward pass that are timed apart.
public enum Stage: String, Sendable, CaseIterable {
  case featureEncoder = "feature_encoder"
  case featureProjection = "feature_projection"
  case positionalConvolution = "positional_convolution"
  /// The projections of queries, keys, values and of attention's output.
  case attentionLinear = "attention_linear"
  /// Scores, softmax and weighted sums.
  case attentionProducts = "attention_products"
  case feedForward = "feed_forward"
  case norms
  case head
}

/// Seconds spent in each stage, added up over calls.
public final class StageTimes {
  public private(set) var seconds: [Stage: Double] = [:]

  public init() {}

  fileprivate func add(_ stage: Stage, _ elapsed: Double) { seconds[stage, default: 0] += elapsed }
}

extension StageTimes? {
  /// Runs `body`, and adds the time it took to `stage` if anyone asks.
  func measure<Result>(_ stage: Stage, _ body: () -> Result) -> Result {
    guard let times = self else { return body() }
    let start = monotonicSeconds()
    defer { times.add(stage, monotonicSeconds() - start) }
    return body()
  }
}

private func monotonicSeconds() -> Double {
  var time = timespec()
  clock_gettime(CLOCK_MONOTONIC, &time)
  return Double(time.tv_sec) + 1e-9 * Double(time.tv_nsec)
}
