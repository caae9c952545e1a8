/// One tensor of a file: what it is called, what it holds, where it lies.
public struct TensorDescription: Sendable, Hashable {
  public let name: String
  public let dataType: DataType
  /// Row-major; empty for a scalar.
  public let shape: [Int]
  /// Where the elements lie, in bytes from the beginning of the file.
  public let byteRange: Range<Int>

  /// The product of the shape; 1 for a scalar.
  public var elementCount: Int { shape.reduce(1, *) }
}

/// The number of elements of a shape and the bytes they take; nil when either exceeds 63 bits, an extent is
/// negative, or the bits do not fill whole bytes.
func measure(shape: [Int], bitsPerElement: Int) -> (elements: Int, bytes: Int)? {
  var elements = 1
  for extent in shape {
    guard extent >= 0 else { return nil }
    let (product, overflowed) = elements.multipliedReportingOverflow(by: extent)
    if overflowed { return nil }
    elements = product
  }
  let (bits, overflowed) = elements.multipliedReportingOverflow(by: bitsPerElement)
  guard !overflowed, bits % 8 == 0 else { return nil }
  return (elements, bits / 8)
}
