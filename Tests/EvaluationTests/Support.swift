import Evaluation
import TestSupport

/// Words of single letters.
func letters(_ text: String) -> [String] { text.map { String($0) } }

/// `M`, `S`, `D`, `I`, or `C` for a match as `sclite` has it.
func operations(_ letters: String) -> [EditOperation] {
  letters.map { letter in
    switch letter {
    case "M", "C": .match
    case "S": .substitution
    case "D": .deletion
    case "I": .insertion
    default: fatalError("\(letter)")
    }
  }
}

/// An alignment of single-letter words.
func aligned(_ reference: String, _ hypothesis: String, _ steps: String) -> AlignedWords {
  AlignedWords(
    reference: letters(reference), hypothesis: letters(hypothesis), operations: operations(steps))
}

extension Seeded {
  mutating func words(_ count: ClosedRange<Int>, of vocabulary: Int = 4) -> [String] {
    (0..<Int.random(in: count, using: &self)).map { _ in
      String(UnicodeScalar(UInt8(97 + Int.random(in: 0..<vocabulary, using: &self))))
    }
  }
}

/// Phi, from 0 up, by the series of Marsaglia (2004): 1/2 + phi(x) (x + x^3/3 + x^5/(3 5) + ...); no erfc.
func normal(_ x: Double) -> Double {
  var (sum, term, k) = (x, x, 1.0)
  while term > 1e-18 * sum, term > 0 {
    k += 2
    term *= x * x / k
    sum += term
  }
  return 0.5 + sum * density(x)
}

/// e^(-x^2/2) / sqrt(2 pi), the exponential by halving its argument into a series.
private func density(_ x: Double) -> Double {
  var y = -x * x / 2
  var halvings = 0
  while y < -0.5 { (y, halvings) = (y / 2, halvings + 1) }
  var (sum, term) = (1.0, 1.0)
  for k in 1...20 {
    term *= y / Double(k)
    sum += term
  }
  for _ in 0..<halvings { sum *= sum }
  return sum / (2 * Double.pi).squareRoot()
}
