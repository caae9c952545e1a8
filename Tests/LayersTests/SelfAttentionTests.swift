import Layers
import Tensors
import TestSupport
import Testing

#if canImport(Glibc)
import Glibc
#endif

@Suite("Self-attention")
struct SelfAttentionTests {
  /// softmax(log2 form of q k^T) v of one utterance in double precision, (T, D).
  private func plain(_ qkv: [Float], rows: Range<Int>, heads: Int, headWidth: Int) -> [Double] {
    let width = heads * headWidth
    func value(_ row: Int, _ part: Int, _ head: Int, _ c: Int) -> Double {
      Double(qkv[row * 3 * width + part * width + head * headWidth + c])
    }
    var result = [Double](repeating: 0, count: rows.count * width)
    for head in 0..<heads {
      for t in rows {
        let scores = rows.map { s in
          (0..<headWidth).reduce(0) { $0 + value(t, 0, head, $1) * value(s, 1, head, $1) }
        }
        let most = scores.max()!
        let numerators = scores.map { exp2($0 - most) }
        let sum = numerators.reduce(0, +)
        for c in 0..<headWidth {
          result[(t - rows.lowerBound) * width + head * headWidth + c] =
            zip(rows, numerators).reduce(0) { $0 + $1.1 / sum * value($1.0, 2, head, c) }
        }
      }
    }
    return result
  }

  @Test(
    "equals the definition in double precision",
    arguments: [(1, 1), (3, 7), (2, 12), (1, 40), (2, 64), (1, 80), (2, 48)])
  func equalsDefinition(heads: Int, headWidth: Int) {
    let width = heads * headWidth
    let lengths = [1, 2, 15, 17, 49, 100]
    var utterances: [Range<Int>] = []
    for length in lengths {
      let start = utterances.last?.upperBound ?? 0
      utterances.append(start..<start + length)
    }
    let frames = utterances.last!.upperBound
    let qkv = random(frames * 3 * width, 5)
    for level in KernelLevel.supported {
      let workspace = Workspace()
      workspace.scope {
        let y = workspace.matrix(rows: frames, columns: width)
        SelfAttention(heads: heads, headWidth: headWidth).forward(
          matrix(workspace, rows: frames, columns: 3 * width, qkv), utterances: utterances, into: y,
          workspace: workspace, on: Compute(threads: 2, level: level))
        for rows in utterances {
          let expected = plain(qkv, rows: rows, heads: heads, headWidth: headWidth)
          for (found, expected) in zip(y.rows(rows).elements(), expected) {
            // A score of magnitude up to headWidth / 3 is off by headWidth roundings of that; weights by as
            // much again.
            let bound = rounding * Double(headWidth * headWidth + 4 * rows.count + 32)
            #expect(abs(Double(found) - expected) <= bound, "\(level), \(rows)")
          }
        }
      }
    }
  }

  @Test("the bits of an utterance do not depend on its batch mates or on threads")
  func bitsAreStable() {
    let (heads, headWidth) = (3, 16)
    let width = heads * headWidth
    let qkv = random(150 * 3 * width, 6)
    let workspace = Workspace()
    func attend(_ utterances: [Range<Int>], threads: Int) -> [[Float]] {
      workspace.scope {
        let y = workspace.matrix(rows: 150, columns: width)
        SelfAttention(heads: heads, headWidth: headWidth).forward(
          matrix(workspace, rows: 150, columns: 3 * width, qkv), utterances: utterances, into: y,
          workspace: workspace,
          on: Compute(threads: threads))
        return utterances.map { y.rows($0).elements() }
      }
    }
    let together = attend([0..<20, 20..<21, 21..<100, 100..<150], threads: 4)
    #expect(attend([21..<100], threads: 1)[0] == together[2])
    #expect(attend([20..<21, 0..<20], threads: 2) == [together[1], together[0]])
  }

  @Test("scores far apart give the value of the best key")
  func saturates() {
    let workspace = Workspace()
    workspace.scope {
      // Queries of 1000 against keys 0 and 1: the second key takes all.
      let x = matrix(workspace, rows: 2, columns: 3, [1000, 0, 5, 1000, 1, 7])
      let y = workspace.matrix(rows: 2, columns: 1)
      SelfAttention(heads: 1, headWidth: 1).forward(
        x, utterances: [0..<2], into: y, workspace: workspace, on: Compute(threads: 1))
      #expect(y.elements() == [7, 7])
    }
  }
}
