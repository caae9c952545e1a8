import CTC
import TestSupport

/// Emissions of seeded random logits, normalised; `spread` is how far logits lie apart.
func randomEmissions(
  frames: Int, vocabularySize: Int, spread: Float = 3, using generator: inout Seeded
) -> Emissions {
  var values: [Float] = []
  for _ in 0..<frames {
    let logits = (0..<vocabularySize).map { _ in Double(Float.random(in: -spread...spread, using: &generator))
    }
    let normaliser = logSum(logits)
    values += logits.map { Float($0 - normaliser) }
  }
  return Emissions(frames: frames, vocabularySize: vocabularySize, logPosteriors: values)
}

/// Emissions of given posteriors, a row a frame.
func emissions(posteriors rows: [[Double]]) -> Emissions {
  Emissions(
    frames: rows.count, vocabularySize: rows[0].count,
    logPosteriors: rows.flatMap { $0 }.map { Float(ln($0)) })
}
