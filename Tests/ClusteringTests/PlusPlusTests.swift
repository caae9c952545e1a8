import Tensors
import TestSupport
import Testing

@testable import Clustering

@Suite struct PlusPlusTests {
  private func sample(_ frames: [Float], dimensions: Int) -> FrameSample {
    let sample = FrameSample(count: frames.count / dimensions, dimensions: dimensions)
    for (index, value) in frames.enumerated() { sample.pointer[index] = value }
    return sample
  }

  /// Of the points 0, 1 and 3 the first is one of them with equal chances, and the second one of the others
  /// in proportion to squared distances, better of two draws:
  /// from 0: weights 1 and 9. With 3 the sum left is 1, with 1 it is 4: 1 only if both draws are 1.
  /// from 1: weights 1 (of 0) and 4 (of 3): with 3 left 1, with 0 left 4.
  /// from 3: weights 9 and 4: with 0 left 1, with 1 left 1: the first drawn.
  @Test func `centroids are drawn with the probabilities of the paper`() {
    let compute = Compute(threads: 1)
    let points = sample([0, 1, 3], dimensions: 1)
    #expect(PlusPlus.trials(clusters: 2) == 2)
    let draws = 6000
    var counts: [[Float]: Int] = [:]
    for start in 0..<draws {
      let centroids = PlusPlus(points, clusters: 2, start: start, seed: 3, on: compute).centroids(2)
      counts[centroids, default: 0] += 1
    }
    let third = 1.0 / 3
    let expected: [[Float]: Double] = [
      [0, 1]: third * 0.01, [0, 3]: third * 0.99, [1, 0]: third * 0.04, [1, 3]: third * 0.96,
      [3, 0]: third * 9 / 13, [3, 1]: third * 4 / 13,
    ]
    #expect(Set(counts.keys).isSubset(of: Set(expected.keys)))
    for (pair, probability) in expected {
      // Five standard deviations of a binomial count.
      let deviation = (Double(draws) * probability * (1 - probability)).squareRoot()
      let found = Double(counts[pair] ?? 0)
      #expect(abs(found - Double(draws) * probability) <= 5 * deviation, "\(pair): \(found)")
    }
  }

  @Test func `every centroid is a frame, and all differ while frames do`() {
    let frames = random(700 * 5, 4)
    let centroids = PlusPlus(
      sample(frames, dimensions: 5), clusters: 40, start: 0, seed: 1, on: Compute(threads: 2)
    ).centroids(40)
    let rows = Set(stride(from: 0, to: frames.count, by: 5).map { Array(frames[$0..<$0 + 5]) })
    let found = Set(stride(from: 0, to: centroids.count, by: 5).map { Array(centroids[$0..<$0 + 5]) })
    #expect(found.count == 40)
    #expect(found.isSubset(of: rows))
  }

  @Test func `the choice does not depend on the threads`() {
    let frames = random(3000 * 7, 8)
    let all = (1...3).map { threads in
      PlusPlus(
        sample(frames, dimensions: 7), clusters: 20, start: 1, seed: 2, on: Compute(threads: threads)
      ).centroids(20)
    }
    #expect(all[0] == all[1] && all[0] == all[2])
  }
}
