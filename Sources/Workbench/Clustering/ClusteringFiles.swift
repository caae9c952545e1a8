import Checkpoints
import Hashing

#if canImport(Glibc)
import Glibc
#endif

/// The files of a clustering's directory.
///
///     OUT/kmeans.safetensors   the clusters
///     OUT/labels.safetensors   the labels
///     OUT/speakers.safetensors what each speaker's features were standardized by, where they were
///     OUT/report.json
///     OUT/work/                what a stopped run goes on with: features of the fit while it lasts, the key
///     of
///                              what the clusters were made of, and the labels so far
struct ClusteringFiles {
  let out: String

  init(out: String) throws(InputFailure) {
    self.out = out
    _ = try outputPath(id: "work/features", extension: "bin", in: out)
  }

  var centroids: String { "\(out)/kmeans.safetensors" }
  var labels: String { "\(out)/labels.safetensors" }
  var speakers: String { "\(out)/speakers.safetensors" }
  var report: String { "\(out)/report.json" }
  var features: String { "\(out)/work/features.bin" }
  var log: String { "\(out)/work/labels.log" }

  /// Says what a file of this directory was made of.
  func note(_ key: String, of path: String) throws {
    let digits = try SHA256.hex(ofFile: path)
    try AtomicFile.write(Array("\(key) \(digits)\n".utf8), to: keyPath(path))
  }

  /// Whether a file is there, made of this, and unchanged since.
  func isCurrent(_ path: String, key: String) -> Bool {
    guard let noted = try? readAll(path: keyPath(path)), let digits = try? SHA256.hex(ofFile: path) else {
      return false
    }
    return noted == Array("\(key) \(digits)\n".utf8)
  }

  func remove(_ path: String) {
    unlink(path)
    unlink(keyPath(path))
  }

  private func keyPath(_ path: String) -> String {
    "\(out)/work/\(path.split(separator: "/").last ?? "").key"
  }
}
