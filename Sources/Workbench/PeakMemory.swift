#if canImport(Glibc)
import Glibc
#endif

/// The most memory that this process has had resident.
enum PeakMemory {
  /// Starts the count again from what is resident now.
  /// - Returns: false where the system does not permit it; the peak is then that since the process began.
  static func reset() -> Bool {
    // "5" resets the high-water mark (proc(5)).
    guard let file = fopen("/proc/self/clear_refs", "w") else { return false }
    let written = fputs("5\n", file) >= 0
    return fclose(file) == 0 && written
  }

  /// Bytes; nil where the system does not say.
  static var bytes: Int? {
    guard let file = fopen("/proc/self/status", "r") else { return nil }
    defer { fclose(file) }
    let line = UnsafeMutablePointer<CChar>.allocate(capacity: 256)
    defer { line.deallocate() }
    while fgets(line, 256, file) != nil {
      // VmHWM:     12345 kB
      let words = String(cString: line).split { $0 == " " || $0 == "\t" || $0 == "\n" }
      if words.first == "VmHWM:", words.count > 1 { return Int(words[1]).map { $0 * 1024 } }
    }
    return nil
  }
}
