import Synchronization

#if canImport(Glibc)
import Glibc
#endif

/// SIGINT and SIGTERM, asked for by the work in hand at moments when it can end.
///
/// The handler only sets a flag. Having run once it is gone, so a second signal ends the process at once.
enum Interruption {
  private static let received = Atomic<Int32>(0)

  /// From now on the first of the signals is kept, not obeyed.
  static func install() {
    // The flag exists before a handler can run.
    received.store(0, ordering: .relaxed)
    var signals = sigset_t()
    sigemptyset(&signals)
    for signal in [SIGINT, SIGTERM] {
      var action = sigaction()
      action.__sigaction_handler.sa_handler = keepSignal
      action.sa_flags = SA_RESTART | Int32(bitPattern: UInt32(SA_RESETHAND))
      sigaction(signal, &action, nil)
      sigaddset(&signals, signal)
    }
    // Who started this process may have had them blocked.
    pthread_sigmask(SIG_UNBLOCK, &signals, nil)
  }

  /// The signal that came; nil if none did.
  static var signal: Int32? {
    let signal = received.load(ordering: .relaxed)
    return signal == 0 ? nil : signal
  }

  fileprivate static func keep(_ signal: Int32) { received.store(signal, ordering: .relaxed) }
}

/// A named function: a closure would inherit isolation, and there is none in a signal handler.
private func keepSignal(_ signal: Int32) { Interruption.keep(signal) }
