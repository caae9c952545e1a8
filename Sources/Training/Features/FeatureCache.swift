public import Checkpoints
import Synchronization
public import Tensors

#if canImport(Glibc)
import Glibc
#endif

/// The output of the frozen feature encoder, kept on disk: a file for each utterance, in
/// `DIRECTORY/ENCODER/AU/AUDIO.f16` (or `.f32`), AU being the first two digits of the audio's hash.
///
/// - An entry appears whole or not at all, whatever moment the process is killed at: it is written beside its
///   place, flushed and renamed. What was left half-written is removed when a cache is opened 10 minutes
///   later.
/// - Any number of trainings may share a directory. Two that write one entry write the same; an entry that
///   another evicts is computed again.
/// - An entry that is not what it should be (cut short, altered, of another encoder, recording or version) is
///   none, and is replaced when it has been computed again.
/// - When a write fails, as on a full disk, the cache says so once and only reads from there on.
///
/// Once features have gone through ``store(_:for:)`` they are what ``features(for:)`` would give, so a run
/// does not depend on what is in the cache.
public final class FeatureCache: Sendable {
  public enum Precision: String, Sendable, CaseIterable {
    /// Half the size; a relative error of 2^-11 in each feature.
    case float16 = "fp16"
    /// Exact.
    case float32 = "fp32"

    var bits: Int { self == .float16 ? 16 : 32 }
    var dataType: DataType { self == .float16 ? .float16 : .float32 }
  }

  public let precision: Precision
  private let encoderHash: [UInt8]
  /// `DIRECTORY/ENCODER`.
  private let folder: String
  private let files: FeatureFiles
  private let report: @Sendable (String) -> Void

  private struct State {
    var isWriting = true
    var hasReportedOverflow = false
  }

  private let state = Mutex(State())

  /// Opens a cache, making its directory if it is not there.
  /// - Parameters:
  ///   - encoderHash: see ``featureEncoderHash(weights:configuration:preprocessing:)``.
  ///   - limitBytes: what all entries of the directory may take, of other encoders too; the least recently
  ///     used go first. nil for no limit. A training whose corpus does not fit finds little: use comes round
  ///     by epoch, so what is evicted is often what is wanted next.
  ///   - report: gets one line when caching ends or fails for some utterance, once each.
  /// - Throws: `CheckpointError`, if there cannot be such a directory.
  public init(
    directory: String, encoderHash: String, precision: Precision = .float16, limitBytes: Int? = nil,
    report: @escaping @Sendable (String) -> Void
  ) throws(CheckpointError) {
    self.precision = precision
    self.encoderHash = FeatureEntry.bytes(ofHexadecimal: encoderHash)
    precondition(self.encoderHash.count == 32, "\(encoderHash) is no encoder hash")
    self.report = report
    folder = "\(directory)/\(encoderHash)"
    files = FeatureFiles(directory: directory, limitBytes: limitBytes)
    guard makeDirectories(folder) else {
      throw CheckpointError(
        .unwritable, path: directory, expected: "a directory for the feature cache",
        found: String(cString: strerror(errno)), remedy: "check the path and its permissions")
    }
    files.removeLeftovers()
  }

  /// The features of an utterance; nil where they must be computed.
  public func features(for key: FeatureKey) -> CachedFeatures? {
    let path = path(of: key)
    guard let file = try? MappedFile(path: path), let shape = entry(key).shape(of: file) else { return nil }
    files.noteUse(of: path)
    return CachedFeatures(file: file, frames: shape.frames, channels: shape.channels, precision: precision)
  }

  /// Keeps the features of an utterance, (T, C), and rounds them to what the cache will give.
  ///
  /// Features beyond the range of fp16 (65504) are neither kept nor rounded.
  public func store(_ features: Matrix, for key: FeatureKey) {
    switch precision {
    case .float32:
      features.elements().withUnsafeBytes { write($0, features, key) }
    case .float16:
      let floats = features.elements()
      var halves = [UInt16](repeating: 0, count: floats.count)
      halves.withUnsafeMutableBufferPointer { halves in
        floats.withUnsafeBufferPointer { narrow($0, toFloat16: halves) }
      }
      // An exponent of ones: infinite, or not a number.
      guard halves.allSatisfy({ UInt16(littleEndian: $0) & 0x7C00 != 0x7C00 }) else {
        return reportOverflow(key)
      }
      halves.withUnsafeBytes { bytes in
        for row in 0..<features.rows {
          let part = bytes[row * features.columns * 2..<(row + 1) * features.columns * 2]
          widen(
            .float16, UnsafeRawBufferPointer(rebasing: part),
            into: UnsafeMutableBufferPointer(start: features.row(row), count: features.columns))
        }
        write(bytes, features, key)
      }
    }
  }

  private func write(_ payload: UnsafeRawBufferPointer, _ features: Matrix, _ key: FeatureKey) {
    let size = FeatureEntry.headerBytes + payload.count
    guard state.withLock({ $0.isWriting }), files.makeRoom(for: size) else { return }
    let path = path(of: key)
    do throws(CheckpointError) {
      // Somebody may have removed it meanwhile; what fails here fails again below.
      _ = makeDirectories(String(path[..<path.lastIndex(of: "/")!]))
      try entry(key).write(payload, frames: features.rows, channels: features.columns, to: path)
    } catch {
      let isFirst = state.withLock { state in
        defer { state.isWriting = false }
        return state.isWriting
      }
      if isFirst {
        report(
          "feature cache: \(error); training goes on, features that are not cached are computed each time")
      }
    }
  }

  private func reportOverflow(_ key: FeatureKey) {
    let isFirst = state.withLock { state in
      defer { state.hasReportedOverflow = true }
      return !state.hasReportedOverflow
    }
    if isFirst {
      report(
        "feature cache: features of audio \(key.audioHash.prefix(12)) exceed the range of fp16 and are not kept; "
          + "use fp32")
    }
  }

  private func entry(_ key: FeatureKey) -> FeatureEntry {
    FeatureEntry(encoderHash: encoderHash, precision: precision, key: key)
  }

  private func path(of key: FeatureKey) -> String {
    "\(folder)/\(key.audioHash.prefix(2))/\(key.name).\(precision == .float16 ? "f16" : "f32")"
  }
}

/// Makes a directory and those above it; true if it is there.
private func makeDirectories(_ path: String) -> Bool {
  if mkdir(path, 0o777) == 0 { return true }
  if errno == EEXIST {
    var status = stat()
    return stat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFDIR
  }
  guard errno == ENOENT, let slash = path.lastIndex(of: "/"), slash > path.startIndex else { return false }
  return makeDirectories(String(path[..<slash])) && (mkdir(path, 0o777) == 0 || errno == EEXIST)
}
