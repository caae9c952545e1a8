import Layers
import Tensors
import TestSupport
import Testing

#if canImport(Glibc)
import Glibc
#endif

@Suite("Self-attention in training")
struct TrainableAttentionTests {
  struct Shape: CustomStringConvertible, Sendable {
    var heads: Int
    var width: Int
    var description: String { "\(heads) heads of \(width)" }
  }

  static let shapes = [(1, 1), (3, 7), (2, 12), (1, 40), (2, 64), (1, 80)].map {
    Shape(heads: $0.0, width: $0.1)
  }
  static let lengths = [1, 2, 17, 48, 49, 100]

  /// One head of one utterance in double precision, and the gradients of (the sum of result x dy).
  private struct Head {
    var y: [[Double]] = []
    var dq: [[Double]] = []
    var dk: [[Double]] = []
    var dv: [[Double]] = []

    /// - Parameter mask: (T, T), 0 or the scale of what stays.
    init(q: [[Double]], k: [[Double]], v: [[Double]], mask: [[Double]], dy: [[Double]]) {
      let (frames, width) = (q.count, q[0].count)
      let root = Double(width).squareRoot()
      let zeros = [[Double]](repeating: [Double](repeating: 0, count: width), count: frames)
      (y, dq, dk, dv) = (zeros, zeros, zeros, zeros)
      for t in 0..<frames {
        let scores = k.map { zip(q[t], $0).reduce(0) { $0 + $1.0 * $1.1 } / root }
        let numerators = scores.map { exp($0 - scores.max()!) }
        let p = numerators.map { $0 / numerators.reduce(0, +) }
        let dp = (0..<frames).map { s in zip(dy[t], v[s]).reduce(0) { $0 + $1.0 * $1.1 } * mask[t][s] }
        let mean = zip(p, dp).reduce(0) { $0 + $1.0 * $1.1 }
        for s in 0..<frames {
          let ds = p[s] * (dp[s] - mean) / root
          for c in 0..<width {
            y[t][c] += p[s] * mask[t][s] * v[s][c]
            dv[s][c] += p[s] * mask[t][s] * dy[t][c]
            dq[t][c] += ds * k[s][c]
            dk[s][c] += ds * q[t][c]
          }
        }
      }
    }
  }

  private func rows(_ values: [Float], _ rows: Range<Int>, _ stride: Int, from column: Int, _ width: Int)
    -> [[Double]]
  {
    rows.map { row in (0..<width).map { Double(values[row * stride + column + $0]) } }
  }

  @Test("the double-precision gradients, which the others are held against, are slopes")
  func slopes() {
    let (frames, width) = (5, 3)
    let values = random(4 * frames * width, 1)
    func part(_ index: Int) -> [[Double]] {
      rows(values, 0..<frames, width, from: index * frames * width, width)
    }
    let mask = (0..<frames).map { t in (0..<frames).map { ($0 * 7 + t * 3) % 5 == 0 ? 0 : 1.25 } }
    let parts = (0..<4).map(part)
    func loss(_ parts: [[[Double]]]) -> Double {
      let y = Head(q: parts[0], k: parts[1], v: parts[2], mask: mask, dy: parts[3]).y
      return zip(y.joined(), parts[3].joined()).reduce(0) { $0 + $1.0 * $1.1 }
    }
    let head = Head(q: parts[0], k: parts[1], v: parts[2], mask: mask, dy: parts[3])
    for (index, gradient) in [head.dq, head.dk, head.dv].enumerated() {
      for t in 0..<frames {
        for c in 0..<width {
          var (up, down) = (parts, parts)
          up[index][t][c] += 1e-5
          down[index][t][c] -= 1e-5
          let slope = (loss(up) - loss(down)) / 2e-5
          #expect(abs(slope - gradient[t][c]) <= 1e-8)
        }
      }
    }
  }

  @Test(
    "and its gradients equal the definition in double precision, dropout's mask among it", arguments: shapes)
  func equalsDefinition(_ shape: Shape) {
    let (heads, width) = (shape.heads, shape.width)
    let modelWidth = heads * width
    var utterances: [UtteranceRows] = []
    for (index, length) in Self.lengths.enumerated() {
      let start = utterances.last?.rows.upperBound ?? 0
      utterances.append(UtteranceRows(rows: start..<start + length, key: UInt32(40 + 3 * index)))
    }
    let frames = utterances.last!.rows.upperBound
    let (qkv, gradients) = (random(frames * 3 * modelWidth, 5), random(frames * modelWidth, 6))
    for level in KernelLevel.supported {
      for probability: Float in [0, 0.25] {
        let compute = Compute(threads: 2, level: level)
        let workspace = Workspace()
        let dropout = Dropout(probability: probability, random: RandomSource(seed: 9, step: 4, site: 8))
        workspace.scope {
          let attention = TrainableAttention(heads: heads, headWidth: width)
          let projections = matrix(workspace, rows: frames, columns: 3 * modelWidth, qkv)
          let y = workspace.matrix(rows: frames, columns: modelWidth)
          attention.forward(projections, utterances: utterances, dropout: dropout, into: y, on: compute)
          let found = matrix(
            workspace, rows: frames, columns: 3 * modelWidth,
            [Float](repeating: .nan, count: frames * 3 * modelWidth))
          attention.backward(
            matrix(workspace, rows: frames, columns: modelWidth, gradients), projections: projections,
            result: y,
            utterances: utterances, dropout: dropout, into: found, on: compute)
          for utterance in utterances {
            let rows = utterance.rows
            let masks = self.masks(dropout, heads: heads, utterance, workspace, compute)
            for head in 0..<heads {
              func part(_ index: Int) -> [[Double]] {
                self.rows(qkv, rows, 3 * modelWidth, from: index * modelWidth + head * width, width)
              }
              let expected = Head(
                q: part(0), k: part(1), v: part(2), mask: masks[head],
                dy: self.rows(gradients, rows, modelWidth, from: head * width, width))
              let scale = 1 / (1 - Double(probability))
              for (name, columns, reference, matrix) in [
                ("y", head * width, expected.y, y), ("dq", head * width, expected.dq, found),
                ("dk", modelWidth + head * width, expected.dk, found),
                ("dv", 2 * modelWidth + head * width, expected.dv, found),
              ] {
                let largest = reference.joined().reduce(0) { max($0, abs($1)) }
                // A weight is off by a few roundings of its own size and of its score (3 at most), a sum of T
                // or d of them by as many as their random walk, which is the size of the result. What
                // cancels, as all of dq and dk do where T is 1, is off by roundings of sqrt(d), the size of
                // dy . v / sqrt(d).
                let bound = rounding * (64 * largest + 16 * Double(width).squareRoot() * scale)
                let area = matrix.rows(rows).columns(columns..<columns + width).elements()
                for (found, expected) in zip(area, reference.joined()) {
                  #expect(
                    abs(Double(found) - expected) <= bound,
                    "\(level), \(name) of \(shape), \(rows.count), \(probability)")
                }
              }
            }
          }
        }
      }
    }
  }

  /// What dropout makes of weights of 1: for each head (T, T).
  private func masks(
    _ dropout: Dropout, heads: Int, _ utterance: UtteranceRows, _ workspace: Workspace, _ compute: Compute
  ) -> [[[Double]]] {
    let frames = utterance.rows.count
    let mask = matrix(
      workspace, rows: heads * frames, columns: frames, [Float](repeating: 1, count: heads * frames * frames))
    dropout.apply(
      mask, into: mask, utterances: [UtteranceRows(rows: 0..<heads * frames, key: utterance.key)], on: compute
    )
    return (0..<heads).map { head in
      (0..<frames).map { t in (0..<frames).map { Double(mask.row(head * frames + t)[$0]) } }
    }
  }

  @Test("without dropout it is that of inference", arguments: shapes)
  func isInference(_ shape: Shape) {
    let width = shape.heads * shape.width
    let frames = 100
    var qkv = random(frames * 3 * width, 5)
    let workspace = Workspace()
    workspace.scope {
      let compute = Compute(threads: 2)
      let (y, expected) = (
        workspace.matrix(rows: frames, columns: width), workspace.matrix(rows: frames, columns: width)
      )
      TrainableAttention(heads: shape.heads, headWidth: shape.width).forward(
        matrix(workspace, rows: frames, columns: 3 * width, qkv),
        utterances: [UtteranceRows(rows: 0..<frames, key: 0)],
        dropout: Dropout(probability: 0, random: RandomSource(seed: 0, step: 0, site: 0)), into: y,
        on: compute)
      let scale = Float(log2(exp(1.0)) / Double(shape.width).squareRoot())
      for t in 0..<frames { for c in 0..<width { qkv[t * 3 * width + c] *= scale } }
      SelfAttention(heads: shape.heads, headWidth: shape.width).forward(
        matrix(workspace, rows: frames, columns: 3 * width, qkv), utterances: [0..<frames], into: expected,
        workspace: workspace, on: compute)
      // Scores of at most sqrt(d) are off by so many roundings of that, results by as much and by sums over
      // T.
      let d = Double(shape.width)
      let bound = 2 * rounding * (d * d.squareRoot() + 64)
      for (found, expected) in zip(y.elements(), expected.elements()) {
        #expect(Double(abs(found - expected)) <= bound)
      }
    }
  }

  @Test("the bits of an utterance do not depend on its batch mates or on threads")
  func bitsAreStable() {
    let (heads, headWidth) = (3, 20)
    let width = heads * headWidth
    let (qkv, gradients) = (random(150 * 3 * width, 6), random(150 * width, 7))
    let dropout = Dropout(probability: 0.1, random: RandomSource(seed: 2, step: 3, site: 8))
    func attend(_ utterances: [UtteranceRows], threads: Int) -> [[Float]] {
      let workspace = Workspace()
      let compute = Compute(threads: threads)
      return workspace.scope {
        let projections = matrix(workspace, rows: 150, columns: 3 * width, qkv)
        let y = workspace.matrix(rows: 150, columns: width)
        let gradient = workspace.matrix(rows: 150, columns: 3 * width)
        let attention = TrainableAttention(heads: heads, headWidth: headWidth)
        attention.forward(projections, utterances: utterances, dropout: dropout, into: y, on: compute)
        attention.backward(
          matrix(workspace, rows: 150, columns: width, gradients), projections: projections, result: y,
          utterances: utterances, dropout: dropout, into: gradient, on: compute)
        return utterances.map { y.rows($0.rows).elements() + gradient.rows($0.rows).elements() }
      }
    }
    let all = [
      UtteranceRows(rows: 0..<20, key: 5), UtteranceRows(rows: 20..<21, key: 6),
      UtteranceRows(rows: 21..<100, key: 7),
      UtteranceRows(rows: 100..<150, key: 8),
    ]
    let together = attend(all, threads: 4)
    #expect(attend([all[2]], threads: 1)[0] == together[2])
    #expect(attend([all[1], all[0]], threads: 2) == [together[1], together[0]])
  }
}
