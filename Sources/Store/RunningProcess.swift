#if canImport(Glibc)
import Glibc
#endif

/// Who writes a run, so that one that was killed can be told from one that is at work.
struct RunningProcess {
  let host: String
  /// `boot/process/start`: the boot of the host, the process's number, and when it started, in ticks since
  /// the boot. Numbers are given again, the three together are not.
  let name: String

  static let current = RunningProcess(host: hostName(), name: name(of: getpid()) ?? "")

  /// Whether a process of that name on this host has ended for certain.
  static func hasEnded(_ name: String) -> Bool {
    let parts = name.split(separator: "/")
    guard parts.count == 3, let process = pid_t(parts[1]) else { return false }
    return self.name(of: process) != name
  }

  private static func name(of process: pid_t) -> String? {
    // Field 22 of stat(5) counted from 1; the second, the program's name in brackets, may hold anything.
    guard let boot = text(of: "/proc/sys/kernel/random/boot_id"),
      let stat = text(of: "/proc/\(process)/stat"),
      let end = stat.lastIndex(of: ")")
    else { return nil }
    let fields = stat[stat.index(after: end)...].split(separator: " ")
    guard fields.count > 19 else { return nil }
    return "\(boot.split(separator: "\n").first ?? "")/\(process)/\(fields[19])"
  }

  private static func text(of path: String) -> String? {
    let file = open(path, O_RDONLY | O_CLOEXEC)
    guard file >= 0 else { return nil }
    defer { close(file) }
    var bytes = [UInt8](repeating: 0, count: 4096)
    let count = Glibc.read(file, &bytes, bytes.count)
    return count > 0 ? String(decoding: bytes[..<count], as: UTF8.self) : nil
  }

  private static func hostName() -> String {
    var name = [CChar](repeating: 0, count: 256)
    guard gethostname(&name, name.count - 1) == 0 else { return "" }
    return String(decoding: name.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
  }
}
