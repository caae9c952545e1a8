public import Tensors

/// A float for every element of a ``ParameterLayout``: parameters, their gradients, or what an optimizer
/// keeps.
public final class ParameterStorage: @unchecked Sendable {
  public let layout: ParameterLayout
  private let buffer: AlignedBuffer

  /// All 0.
  public init(_ layout: ParameterLayout) {
    self.layout = layout
    buffer = AlignedBuffer(count: layout.count)
    clear()
  }

  /// `layout.count` floats.
  public var pointer: UnsafeMutablePointer<Float> { buffer.pointer }

  public func clear() { buffer.pointer.update(repeating: 0, count: layout.count) }

  /// Sets all to 0, on all threads.
  public func clear(on compute: Compute) {
    let floatsPerTask = 1 << 18
    let count = layout.count
    compute.run(tasks: (count + floatsPerTask - 1) / floatsPerTask) { task, _ in
      let first = task * floatsPerTask
      (buffer.pointer + first).update(repeating: 0, count: min(floatsPerTask, count - first))
    }
  }

  /// The matrix of an entry, (rows, columns).
  public subscript(entry: ParameterLayout.Entry) -> Matrix {
    Matrix(buffer.pointer + entry.offset, rows: entry.rows, columns: entry.columns, stride: entry.stride)
  }

  /// The matrix of the entry of that name, which must exist.
  public subscript(name: String) -> Matrix {
    guard let entry = layout[name] else { preconditionFailure("no parameter \(name)") }
    return self[entry]
  }

  /// An entry's elements, row-major without gaps.
  public func elements(of entry: ParameterLayout.Entry) -> [Float] { self[entry].elements() }

  /// Sets an entry's elements, row-major without gaps.
  public func set(_ entry: ParameterLayout.Entry, to elements: [Float]) {
    precondition(
      elements.count == entry.elementCount, "\(elements.count) elements for \(entry.elementCount)")
    let matrix = self[entry]
    elements.withUnsafeBufferPointer { elements in
      for row in 0..<matrix.rows {
        matrix.row(row).update(from: elements.baseAddress! + row * matrix.columns, count: matrix.columns)
      }
    }
  }
}
