/// The loss of one utterance by the equations, in Double log space.
///
/// States s in 0...2U are blanks and labels in turn; alpha(s, t) counts the emission of frame t and
/// beta(s, t) does not, so that P(s at t | labels) = alpha beta / P(labels).
struct CTCLossReference {
  let loss: Double
  /// (T, V): softmax - occupancy.
  let gradient: [Double]

  init(logits: [Double], vocabularySize: Int, labels: [Int], blank: Int) {
    let frames = logits.count / vocabularySize
    let logPosteriors = (0..<frames).flatMap { t in
      let row = Array(logits[t * vocabularySize..<(t + 1) * vocabularySize])
      let normaliser = logSum(row)
      return row.map { $0 - normaliser }
    }
    let tokens = [blank] + labels.flatMap { [$0, blank] }
    let count = tokens.count
    func skips(to s: Int) -> Bool { s >= 2 && tokens[s] != blank && tokens[s] != tokens[s - 2] }

    var alpha = [Double](repeating: -.infinity, count: frames * count)
    for t in 0..<frames {
      for s in 0..<count {
        var terms = (-Double.infinity, -Double.infinity, -Double.infinity)
        if t == 0 {
          if s < 2 { terms.0 = 0 }
        } else {
          let before = (t - 1) * count + s
          terms.0 = alpha[before]
          if s >= 1 { terms.1 = alpha[before - 1] }
          if skips(to: s) { terms.2 = alpha[before - 2] }
        }
        alpha[t * count + s] = logSum(terms) + logPosteriors[t * vocabularySize + tokens[s]]
      }
    }
    let ends = frames == 0 ? (count == 1 ? [0.0] : []) : alpha.suffix(min(2, count))
    let total = logSum(Array(ends))
    loss = -total

    var gradient = logPosteriors.map(exponential)
    var beta = [Double](repeating: -.infinity, count: count)
    for t in stride(from: frames - 1, through: 0, by: -1) {
      let after = beta
      for s in 0..<count {
        if t == frames - 1 {
          beta[s] = s >= count - 2 ? 0 : -.infinity
        } else {
          func next(_ s: Int) -> Double { after[s] + logPosteriors[(t + 1) * vocabularySize + tokens[s]] }
          beta[s] = logSum(
            (
              next(s), s + 1 < count ? next(s + 1) : -.infinity,
              s + 2 < count && skips(to: s + 2) ? next(s + 2) : -.infinity
            ))
        }
        gradient[t * vocabularySize + tokens[s]] -= exponential(alpha[t * count + s] + beta[s] - total)
      }
    }
    self.gradient = gradient
  }
}
