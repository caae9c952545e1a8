#if canImport(Glibc)
import Glibc
#endif

/// Hands elements from one thread to another in order, and makes the giver wait while what is underway weighs
/// too much.
final class BoundedQueue<Element: Sendable>: @unchecked Sendable {
  private let capacity: Double
  private let mutex = UnsafeMutablePointer<pthread_mutex_t>.allocate(capacity: 1)
  private let changed = UnsafeMutablePointer<pthread_cond_t>.allocate(capacity: 1)
  // All below are only touched with the mutex held.
  private var elements: [(element: Element, weight: Double)] = []
  private var weight = 0.0
  private var isFinished = false
  private var isClosed = false

  /// - Parameter capacity: the weight that may be underway; one element is always let in.
  init(capacity: Double) {
    self.capacity = capacity
    pthread_mutex_init(mutex, nil)
    pthread_cond_init(changed, nil)
  }

  deinit {
    pthread_cond_destroy(changed)
    pthread_mutex_destroy(mutex)
    changed.deallocate()
    mutex.deallocate()
  }

  /// Gives an element, and waits for room first.
  /// - Returns: false if the taker wants no more.
  func give(_ element: Element, weight: Double) -> Bool {
    locked {
      while !isClosed, !elements.isEmpty, self.weight + weight > capacity {
        pthread_cond_wait(changed, mutex)
      }
      if isClosed { return false }
      elements.append((element, weight))
      self.weight += weight
      pthread_cond_broadcast(changed)
      return true
    }
  }

  /// The giver has no more.
  func finish() {
    locked {
      isFinished = true
      pthread_cond_broadcast(changed)
    }
  }

  /// The taker wants no more.
  func close() {
    locked {
      isClosed = true
      elements = []
      pthread_cond_broadcast(changed)
    }
  }

  /// Takes what is there, from the front, as long as it weighs no more than `limit` together; one element at
  /// least, for which it waits.
  /// - Returns: none at the end, or when `shouldStop` (asked now and every tenth of a second) says so.
  func take(upTo limit: Double, unless shouldStop: () -> Bool) -> [Element] {
    locked {
      while elements.isEmpty, !isFinished, !shouldStop() { waitATenthOfASecond() }
      if elements.isEmpty || shouldStop() { return [] }
      var count = 0
      var taken = 0.0
      while count < elements.count, count == 0 || taken + elements[count].weight <= limit {
        taken += elements[count].weight
        count += 1
      }
      defer {
        elements.removeFirst(count)
        weight -= taken
        pthread_cond_broadcast(changed)
      }
      return elements.prefix(count).map(\.element)
    }
  }

  private func waitATenthOfASecond() {
    var time = timespec()
    clock_gettime(CLOCK_REALTIME, &time)
    time.tv_nsec += 100_000_000
    if time.tv_nsec >= 1_000_000_000 {
      time.tv_nsec -= 1_000_000_000
      time.tv_sec += 1
    }
    pthread_cond_timedwait(changed, mutex, &time)
  }

  private func locked<Result>(_ body: () -> Result) -> Result {
    pthread_mutex_lock(mutex)
    defer { pthread_mutex_unlock(mutex) }
    return body()
  }
}
