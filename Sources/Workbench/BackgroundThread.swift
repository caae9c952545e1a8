#if canImport(Glibc)
import Glibc
#endif

/// Starts `body` on a thread of its own and returns at once; where no thread can be had, on this one.
func runInBackground(_ body: @escaping @Sendable () -> Void) {
  let job = Unmanaged.passRetained(Job(body))
  var thread = pthread_t()
  if pthread_create(&thread, nil, runJob, job.toOpaque()) == 0 {
    pthread_detach(thread)
  } else {
    job.takeRetainedValue().body()
  }
}

/// What crosses into the thread: a closure is no pointer, an object is.
private final class Job: Sendable {
  let body: @Sendable () -> Void

  init(_ body: @escaping @Sendable () -> Void) { self.body = body }
}

/// A named function: a closure would inherit the caller's isolation.
private func runJob(_ job: UnsafeMutableRawPointer?) -> UnsafeMutableRawPointer? {
  Unmanaged<Job>.fromOpaque(job!).takeRetainedValue().body()
  return nil
}
