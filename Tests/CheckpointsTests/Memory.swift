import TestSupport

/// A field of /proc/self/status, in bytes: VmRSS, VmHWM.
func memory(_ field: String) -> Int {
  let lines = String(decoding: contents(of: "/proc/self/status"), as: UTF8.self).split(separator: "\n")
  let line = lines.first { $0.hasPrefix(field) }!
  return Int(line.split(whereSeparator: { " \t".contains($0) })[1])! * 1024
}
