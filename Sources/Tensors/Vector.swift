/// (count) floats that do not change, followed by zeros up to a multiple of 16, so that kernels read whole
/// vectors.
public final class Vector: @unchecked Sendable {
  public let count: Int
  private let storage: AlignedBuffer

  public init(_ elements: [Float]) {
    count = elements.count
    storage = AlignedBuffer(count: (elements.count + 15) / 16 * 16)
    for index in 0..<storage.count { storage.pointer[index] = index < count ? elements[index] : 0 }
  }

  public var pointer: UnsafePointer<Float> { UnsafePointer(storage.pointer) }
}
