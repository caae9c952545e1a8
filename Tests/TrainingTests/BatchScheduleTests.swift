import TestSupport
import Testing
import Training

@Suite struct `Batch schedules` {
  /// Seeded lengths from 0.3 to 15 s.
  func lengths(_ count: Int, seed: UInt64 = 1) -> [Double] {
    var generator = Seeded(seed)
    return (0..<count).map { _ in Double.random(in: 0.3...15, using: &generator) }
  }

  func options(
    _ limit: BatchOptions.Limit, shuffles: Bool = true, seed: UInt64 = 7, batchesPerStep: Int = 1
  ) -> BatchOptions {
    var options = BatchOptions()
    options.limit = limit
    options.shuffles = shuffles
    options.seed = seed
    options.batchesPerStep = batchesPerStep
    return options
  }

  /// The steps of an epoch.
  func epoch(_ epoch: Int, of schedule: BatchSchedule) -> [BatchSchedule.Step] {
    (schedule.firstStep(ofEpoch: epoch)..<schedule.firstStep(ofEpoch: epoch + 1)).map { schedule.step($0) }
  }

  @Test(arguments: [BatchOptions.Limit.seconds(40), .utterances(8)], [true, false])
  func `every utterance comes once an epoch, and no batch exceeds its limit`(
    limit: BatchOptions.Limit, shuffles: Bool
  ) {
    let seconds = lengths(203)
    let schedule = BatchSchedule(
      seconds: seconds, options: options(limit, shuffles: shuffles, batchesPerStep: 3))
    for number in 0..<5 {
      let steps = epoch(number, of: schedule)
      #expect(steps.flatMap { $0.batches.joined() }.sorted() == Array(seconds.indices))
      #expect(steps.allSatisfy { $0.epoch == number && $0.stepsInEpoch == steps.count })
      #expect(steps.map(\.stepInEpoch) == Array(steps.indices))
      #expect(steps.last?.epochsDone == Double(number + 1))
      #expect(steps.dropLast().allSatisfy { $0.batches.count == 3 })
      for batch in steps.flatMap(\.batches) {
        switch limit {
        case .seconds(let most): #expect(batch.reduce(0) { $0 + seconds[$1] } <= most)
        case .utterances(let most): #expect(batch.count <= most)
        }
      }
    }
  }

  @Test func `any step can be asked for first, and is the same`() {
    let seconds = lengths(57)
    let options = options(.seconds(30), batchesPerStep: 2)
    let schedule = BatchSchedule(seconds: seconds, options: options)
    let steps = (0..<100).map { schedule.step($0) }
    #expect(steps.last!.epoch > 2)
    for number in [99, 0, 50, 13, 98] {
      #expect(BatchSchedule(seconds: seconds, options: options).step(number) == steps[number])
      #expect(schedule.step(number) == steps[number])
    }
  }

  @Test func `epochs and seeds differ, and batch mates are of similar length`() {
    let seconds = lengths(200)
    let schedule = BatchSchedule(seconds: seconds, options: options(.utterances(10)))
    let other = BatchSchedule(seconds: seconds, options: options(.utterances(10), seed: 8))
    let batches = (0..<2).map { epoch($0, of: schedule).flatMap(\.batches) }
    // The shortest, far apart in proportion, may stay together.
    #expect(Set(batches[0].map(Set.init)).intersection(batches[1].map(Set.init)).count <= 2)
    #expect(batches[0] != epoch(0, of: other).flatMap(\.batches))
    // In order of length neighbours 1.2^2 apart can change places; a batch's own share of the lengths is
    // less.
    let ratios = batches[0].map { batch in
      batch.map { seconds[$0] }.max()! / batch.map { seconds[$0] }.min()!
    }
    #expect(ratios.sorted()[10] < 1.2 * 1.2 * 1.2, "the median of \(ratios)")
    // Not from short to long.
    let means = batches[0].map { batch in batch.reduce(0) { $0 + seconds[$1] } }
    #expect(means != means.sorted() && means != means.sorted(by: >))
  }

  @Test func `without shuffling the order is that of the manifest`() {
    let schedule = BatchSchedule(
      seconds: [3, 4, 5, 20, 1, 1], options: options(.seconds(9), shuffles: false))
    #expect(epoch(0, of: schedule).map(\.batches) == [[[0, 1]], [[2]], [[3]], [[4, 5]]])
    #expect(epoch(1, of: schedule).map(\.batches) == epoch(0, of: schedule).map(\.batches))
  }

  @Test(arguments: [true, false])
  func `an utterance longer than the limit is a batch of its own`(shuffles: Bool) {
    let schedule = BatchSchedule(
      seconds: [1, 50, 1, 60, 1], options: options(.seconds(10), shuffles: shuffles))
    let batches = epoch(0, of: schedule).flatMap(\.batches)
    #expect(batches.contains([1]) && batches.contains([3]))
  }
}
