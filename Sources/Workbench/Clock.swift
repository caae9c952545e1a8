#if canImport(Glibc)
import Glibc
#endif

/// Seconds since an arbitrary moment, never stepping back.
public func monotonicSeconds() -> Double {
  var time = timespec()
  clock_gettime(CLOCK_MONOTONIC, &time)
  return Double(time.tv_sec) + 1e-9 * Double(time.tv_nsec)
}
