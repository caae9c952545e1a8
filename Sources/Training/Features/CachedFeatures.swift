import Checkpoints
public import Tensors

/// Features of an utterance as they stand in the cache, mapped. They stay readable when their entry is
/// evicted.
public final class CachedFeatures: Sendable {
  /// T.
  public let frames: Int
  /// C.
  public let channels: Int
  private let file: MappedFile
  private let precision: FeatureCache.Precision

  init(file: MappedFile, frames: Int, channels: Int, precision: FeatureCache.Precision) {
    self.file = file
    self.frames = frames
    self.channels = channels
    self.precision = precision
  }

  /// Writes them into a matrix of (T, C).
  public func copy(into matrix: Matrix) {
    precondition(
      matrix.rows == frames && matrix.columns == channels,
      "features (\(frames), \(channels)) into (\(matrix.rows), \(matrix.columns))")
    let rowBytes = channels * precision.bits / 8
    for row in 0..<frames {
      let begin = FeatureEntry.headerBytes + row * rowBytes
      widen(
        precision.dataType, UnsafeRawBufferPointer(rebasing: file.bytes[begin..<begin + rowBytes]),
        into: UnsafeMutableBufferPointer(start: matrix.row(row), count: channels))
    }
  }
}
