public import Tensors

/// Frames of features, (count, dimensions), to be read in any order: in memory or in a file.
///
/// Frames are asked for one by one, but only out of ranges announced before, and no range for longer than
/// until it is released. A source on disk therefore needs memory for what is announced alone.
public protocol FrameSource: AnyObject, Sendable {
  var count: Int { get }
  /// Features of a frame.
  var dimensions: Int { get }

  /// Copies frames `indices[0]`, `indices[1]`, ... to `rows`, (indices.count, dimensions) without gaps. Called
  /// from several threads at a time.
  func copy(_ indices: UnsafeBufferPointer<Int>, to rows: UnsafeMutablePointer<Float>)

  /// The frames in `range` will be copied soon.
  func announce(_ range: Range<Int>)

  /// The frames in `range` will not be needed for a while.
  func release(_ range: Range<Int>)
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

  public func copy(_ indices: UnsafeBufferPointer<Int>, to rows: UnsafeMutablePointer<Float>) {
    for (place, index) in indices.enumerated() {
      precondition((0..<count).contains(index), "frame \(index) of \(count)")
      (rows + place * dimensions).update(from: buffer.matrix.row(index), count: dimensions)
    }
  }

  public func announce(_ range: Range<Int>) {}
  public func release(_ range: Range<Int>) {}
}
