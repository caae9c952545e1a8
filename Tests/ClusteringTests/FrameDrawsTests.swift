import Testing

@testable import Clustering

@Suite struct FrameDrawsTests {
  @Test(arguments: [1, 2048, 2049, 10_000, 41_000], [1, 2048, 6000, 1 << 20])
  func `the windows of a pass are all frames, each once`(count: Int, windowFrames: Int) {
    let draws = FrameDraws(count: count, windowFrames: windowFrames, seed: 4)
    var seen = [Int](repeating: 0, count: count)
    for window in 0..<draws.windows {
      let frames = draws.window(window, pass: 3, purpose: .batches)
      let size = frames.reduce(0) { $0 + $1.count }
      #expect(size > 0)
      #expect(size <= max(2048, draws.windows == 1 ? count : windowFrames))
      for frame in frames.joined() { seen[frame] += 1 }
    }
    #expect(seen.allSatisfy { $0 == 1 })
  }

  @Test func `what fits is one window, though its last block is short`() {
    let draws = FrameDraws(count: 5000, windowFrames: 5000, seed: 4)
    #expect(draws.windows == 1)
    #expect(draws.window(0, pass: 0, purpose: .start) == [0..<5000])
  }

  @Test func `passes differ in the order of blocks`() {
    let draws = FrameDraws(count: 100 * 2048, windowFrames: 10 * 2048, seed: 4)
    let first = draws.window(0, pass: 0, purpose: .batches)
    #expect(draws.window(0, pass: 1, purpose: .batches) != first)
    #expect(draws.window(0, pass: 0, purpose: .batches) == first)
  }

  @Test func `a pass goes through its windows in turn`() {
    let draws = FrameDraws(count: 8 * 2048, windowFrames: 2 * 2048, seed: 1)
    let places = (0..<16).map { draws.place(ofBatch: $0, frames: 1024) }
    #expect(places.map(\.window) == [0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 2, 3, 3, 3, 3])
    #expect(draws.place(ofBatch: 16, frames: 1024) == (1, 0))
  }
}
