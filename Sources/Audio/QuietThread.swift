internal import CSndFile
internal import Glibc

/// Runs `work` to its end on a thread of its own where descriptor 2 is `/dev/null`, and returns or throws
/// what it returned or threw.
///
/// The decoders below libsndfile print to the process's stderr, and libmpg123 most of all: about a shortened
/// MP3 ("Xing stream size off by more than 1%"), about a bit count after a seek in a sound one, about odd ID3
/// tags. libsndfile gives no access to libmpg123's quiet flag, and that flag spares only some of the lines.
/// Pointing descriptor 2 elsewhere for the whole process would lose what other threads write meanwhile, so
/// only this thread leaves the shared descriptor table (`warbler_detach_stderr`).
///
/// Files must be opened within `work`: descriptors 3 and above of the other threads do not exist there. It
/// costs about 30 microseconds. Where the system permits neither call, or no thread can be made, `work` runs
/// all the same and the chatter is heard.
func withoutLibraryChatter<Success, Failure: Error>(
  _ work: () throws(Failure) -> Success
) throws(Failure) -> Success {
  var result: Result<Success, Failure>?
  withoutActuallyEscaping(work) { work in
    let job = Unmanaged.passRetained(Job { result = Result(catching: work) })
    var thread = pthread_t()
    let failed = pthread_create(
      &thread, nil,
      { job in
        _ = warbler_detach_stderr()
        Unmanaged<Job>.fromOpaque(job!).takeRetainedValue().body()
        return nil
      }, job.toOpaque())
    if failed == 0 {
      pthread_join(thread, nil)
    } else {
      job.takeRetainedValue().body()
    }
  }
  return try result!.get()
}

/// What crosses into the thread: a closure is no pointer, an object is.
private final class Job {
  let body: () -> Void

  init(_ body: @escaping () -> Void) { self.body = body }
}
