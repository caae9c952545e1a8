import AcousticModel
import Pretraining
import Testing

@Suite struct `Crops and their targets` {
  /// As HuBERT's: frames every 320 samples that see 400.
  let configuration = ModelConfiguration()

  private func crop(_ samples: Int, epoch: Int = 0, utterance: Int = 0, seed: UInt64 = 1) -> Range<Int> {
    Crop.draw(from: samples, limit: 16_000, hop: 320, seed: seed, epoch: epoch, utterance: utterance)
  }

  @Test func `an utterance that is short enough stays whole`() {
    #expect(crop(16_000) == 0..<16_000)
    #expect(crop(700) == 0..<700)
  }

  @Test func `a crop is of the limit's length, inside, and begins with a frame, everywhere alike`() {
    var starts: Set<Int> = []
    for epoch in 0..<2000 {
      let range = crop(20_000, epoch: epoch)
      #expect(range.count == 16_000 && range.upperBound <= 20_000 && range.lowerBound % 320 == 0)
      starts.insert(range.lowerBound)
    }
    // 0, 320, ... 3840: all 13, of which one would be missed with probability 13 (12/13)^2000 < 1e-60.
    #expect(starts == Set(stride(from: 0, through: 4000, by: 320)))
  }

  @Test func `seed, epoch and utterance settle it`() {
    let long = 16_000 * 1000
    #expect(crop(long) == crop(long))
    #expect(crop(long, epoch: 1) != crop(long))
    #expect(crop(long, utterance: 1) != crop(long))
    #expect(crop(long, seed: 2) != crop(long))
  }

  @Test func `of MFCC's labels every second one is a frame's`() throws {
    // 98 labels a second: 25 ms every 10 ms.
    let labels = (0..<98).map { UInt16($0) }
    let targets = FrameTargets(configuration, labelHop: 160)
    let whole = try #require(targets.align(labels, to: 0..<16_000))
    #expect(whole.samples == 0..<16_000)
    #expect(whole.targets == (0..<49).map { 2 * $0 })
    let later = try #require(targets.align(labels, to: 3200..<6400))
    // Frames begin every 20 ms from 0.2 s on.
    #expect(later.targets == (0..<9).map { 20 + 2 * $0 } && later.samples == 3200..<6400)
  }

  @Test func `of a model's labels each one is a frame's`() throws {
    let labels = (0..<49).map { UInt16($0) }
    let aligned = try #require(FrameTargets(configuration, labelHop: 320).align(labels, to: 3200..<16_000))
    #expect(aligned.targets == Array(10..<49))
  }

  @Test(arguments: 1...3) func `where labels end early the crop does too`(missing: Int) throws {
    let labels = [UInt16](repeating: 7, count: 98 - missing)
    let aligned = try #require(FrameTargets(configuration, labelHop: 160).align(labels, to: 0..<16_000))
    #expect(aligned.targets.count == (98 - missing + 1) / 2)
    #expect(configuration.frames(for: aligned.samples.count) == aligned.targets.count)
  }

  @Test func `without a label there is nothing to train on`() {
    let targets = FrameTargets(configuration, labelHop: 160)
    #expect(targets.align([], to: 0..<16_000) == nil)
    #expect(targets.align([1, 2], to: 3200..<16_000) == nil)
    #expect(targets.align([1, 2], to: 0..<399) == nil)
  }
}
