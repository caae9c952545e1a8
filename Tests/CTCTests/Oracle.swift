import CTC

#if canImport(Glibc)
import Glibc
#endif

func ln(_ x: Double) -> Double { log(x) }

/// ln of the sum of e^x; -inf of nothing.
func logSum(_ logs: [Double]) -> Double {
  let high = logs.max() ?? -.infinity
  return high == -.infinity ? high : high + log(logs.reduce(0) { $0 + exp($1 - high) })
}

/// Merges equal neighbours, then drops blanks, by the definition.
func collapse(_ path: [Int], blank: Int) -> [Int] {
  path.indices.filter { $0 == 0 || path[$0] != path[$0 - 1] }.map { path[$0] }.filter { $0 != blank }
}

/// Every path of `frames` tokens out of `vocabularySize`.
func allPaths(frames: Int, vocabularySize: Int) -> [[Int]] {
  (0..<frames).reduce([[]]) { paths, _ in paths.flatMap { path in (0..<vocabularySize).map { path + [$0] } } }
}

extension Emissions {
  func logProbability(ofPath path: [Int]) -> Double {
    path.enumerated().reduce(0) { $0 + Double(self[$1.offset, $1.element]) }
  }

  /// Every text with the log of its paths' summed probability, by listing all paths.
  func textsByBruteForce(blank: Int) -> [[Int]: Double] {
    Dictionary(
      grouping: allPaths(frames: frames, vocabularySize: vocabularySize), by: { collapse($0, blank: blank) }
    ).mapValues { paths in logSum(paths.map { logProbability(ofPath: $0) }) }
  }
}

func exponential(_ x: Double) -> Double { exp(x) }

/// ln of the sum of three e^x; -inf where all are.
func logSum(_ logs: (Double, Double, Double)) -> Double {
  let high = max(logs.0, logs.1, logs.2)
  return high == -.infinity ? high : high + log(exp(logs.0 - high) + exp(logs.1 - high) + exp(logs.2 - high))
}
