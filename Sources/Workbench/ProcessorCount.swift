#if canImport(Glibc)
import Glibc
#endif

/// The cores that this process may run on, at least 1: the bits of `Cpus_allowed` in `/proc/self/status`,
/// which may count cores that could be plugged in, but no more than are online. It is what
/// `sched_getaffinity` gives.
public func availableProcessors() -> Int {
  let status = (try? readAll(path: "/proc/self/status")) ?? []
  let line = status.split(separator: 0x0A).first { $0.starts(with: Array("Cpus_allowed:".utf8)) }
  let count = line?.dropFirst("Cpus_allowed:".utf8.count).reduce(0) { count, byte in
    count + (Character(Unicode.Scalar(byte)).hexDigitValue?.nonzeroBitCount ?? 0)
  }
  let online = sysconf(Int32(_SC_NPROCESSORS_ONLN))
  return max(1, min(count ?? online, online))
}
