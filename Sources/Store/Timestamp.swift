#if canImport(Glibc)
import Glibc
#endif

/// The time in UTC to the millisecond, `2026-01-31T12:00:00.000Z`: text that sorts as time does.
func timestamp() -> String {
  var now = timespec()
  clock_gettime(CLOCK_REALTIME, &now)
  var parts = tm()
  gmtime_r(&now.tv_sec, &parts)
  var text = [CChar](repeating: 0, count: 32)
  let count = strftime(&text, text.count, "%Y-%m-%dT%H:%M:%S", &parts)
  let milliseconds = String(1000 + now.tv_nsec / 1_000_000).dropFirst()
  return String(decoding: text[..<count].map { UInt8(bitPattern: $0) }, as: UTF8.self) + ".\(milliseconds)Z"
}
