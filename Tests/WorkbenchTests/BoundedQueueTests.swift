import Synchronization
import Testing

@testable import Workbench

@Suite struct `The queue between loader and model` {
  @Test func `elements come out in order, and the giver never runs ahead by more than the capacity`() {
    let queue = BoundedQueue<Int>(capacity: 10)
    let given = BoxedCount()
    runInBackground {
      for element in 0..<1000 {
        _ = queue.give(element, weight: 1)
        given.value.add(1, ordering: .relaxed)
      }
      queue.finish()
    }
    var taken: [Int] = []
    while true {
      let batch = queue.take(upTo: 4, unless: { false })
      if batch.isEmpty { break }
      #expect(batch.count <= 4)
      #expect(given.value.load(ordering: .relaxed) <= taken.count + batch.count + 11)
      taken += batch
    }
    #expect(taken == Array(0..<1000))
  }

  @Test func `an element heavier than the limit or the capacity passes alone`() {
    let queue = BoundedQueue<Int>(capacity: 10)
    #expect(queue.give(1, weight: 100))
    runInBackground {
      _ = queue.give(2, weight: 100)
      queue.finish()
    }
    #expect(queue.take(upTo: 4, unless: { false }) == [1])
    #expect(queue.take(upTo: 4, unless: { false }) == [2])
    #expect(queue.take(upTo: 4, unless: { false }) == [])
  }

  @Test func `a taker that waits can be stopped, and a closed queue takes nothing`() {
    let queue = BoundedQueue<Int>(capacity: 10)
    var asked = 0
    let taken = queue.take(upTo: 1) {
      asked += 1
      return asked > 2
    }
    #expect(taken == [])
    queue.close()
    #expect(!queue.give(1, weight: 1))
  }
}

private final class BoxedCount: Sendable {
  let value = Atomic<Int>(0)
}
