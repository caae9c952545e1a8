public import Checkpoints
public import Tensors

/// Frames of features, (count, dimensions): in memory or in a file.
///
/// What lies in a file is read in long pieces, never frame by frame.
public protocol FrameSource: AnyObject, Sendable {
  var count: Int { get }
  /// Features of a frame.
  var dimensions: Int { get }

  /// All frames, row-major without gaps, if they lie in memory, for as long as the source lives.
  var memory: UnsafePointer<Float>? { get }

  /// Copies the frames in `range` to `rows`, (range.count, dimensions) without gaps. Called from several
  /// threads at a time.
  func read(_ range: Range<Int>, into rows: UnsafeMutablePointer<Float>) throws(CheckpointError)
}

/// Frames in memory.
public final class FrameMatrix: FrameSource {
  private let buffer: MatrixBuffer

  /// - Parameter frames: (count, dimensions).
  public init(_ frames: MatrixBuffer) { buffer = frames }

  /// - Parameter frames: row-major; a multiple of `dimensions`, which is above 0.
  public convenience init(_ frames: [Float], dimensions: Int) {
    self.init(MatrixBuffer(frames, columns: dimensions))
  }

  public var count: Int { buffer.matrix.rows }
  public var dimensions: Int { buffer.matrix.columns }
  public var memory: UnsafePointer<Float>? { UnsafePointer(buffer.matrix.pointer) }

  public func read(_ range: Range<Int>, into rows: UnsafeMutablePointer<Float>) {
    rows.update(from: buffer.matrix.rows(range).pointer, count: range.count * dimensions)
  }
}
