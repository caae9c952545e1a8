import Glibc

/// A directory that is gone when the value is.
final class TemporaryDirectory {
  let path: String

  init() {
    path = "/tmp/warbler-tests-\(String(UInt64.random(in: 0 ... .max), radix: 36))"
    precondition(mkdir(path, 0o700) == 0)
  }

  deinit {
    for name in names { unlink("\(path)/\(name)") }
    rmdir(path)
  }

  /// What is in it, hidden files too.
  var names: [String] {
    guard let directory = opendir(path) else { return [] }
    defer { closedir(directory) }
    var names: [String] = []
    while let entry = readdir(directory) {
      let name = withUnsafeBytes(of: entry.pointee.d_name) { bytes in
        String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
      }
      if name != "." && name != ".." { names.append(name) }
    }
    return names.sorted()
  }

  @discardableResult
  func write(_ bytes: [UInt8], as name: String) -> String {
    let file = open("\(path)/\(name)", O_WRONLY | O_CREAT | O_TRUNC, 0o600)
    precondition(file >= 0)
    var done = 0
    while done < bytes.count {
      done += bytes.withUnsafeBytes { Glibc.write(file, $0.baseAddress! + done, bytes.count - done) }
    }
    close(file)
    return "\(path)/\(name)"
  }
}

/// The bytes of a small file.
func contents(of path: String) -> [UInt8] {
  let file = open(path, O_RDONLY)
  precondition(file >= 0, path)
  defer { close(file) }
  var bytes = [UInt8](repeating: 0, count: 1 << 20)
  let count = read(file, &bytes, bytes.count)
  return Array(bytes[..<count])
}

/// A golden file beside the tests.
func golden(_ name: String, file: String = #filePath) -> String {
  file.split(separator: "/").dropLast().map { "/" + $0 }.joined() + "/Goldens/" + name
}

/// A field of /proc/self/status, in bytes: VmRSS, VmHWM.
func memory(_ field: String) -> Int {
  let lines = String(decoding: contents(of: "/proc/self/status"), as: UTF8.self).split(separator: "\n")
  let line = lines.first { $0.hasPrefix(field) }!
  return Int(line.split(whereSeparator: { " \t".contains($0) })[1])! * 1024
}

/// A safetensors file with this header, whatever it says.
func safetensors(_ header: String, data: Int = 0, claiming length: UInt64? = nil) -> [UInt8] {
  let text = Array(header.utf8)
  return withUnsafeBytes(of: (length ?? UInt64(text.count)).littleEndian) { Array($0) } + text
    + [UInt8](repeating: 0, count: data)
}
