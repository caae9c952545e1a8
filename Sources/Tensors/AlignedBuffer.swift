#if canImport(Glibc)
import Glibc
#endif

/// Floats that one owner allocates and frees. Big buffers start on a huge page and ask for huge pages, so
/// that streaming through hundreds of megabytes of weights does not stall on address translation.
///
/// Contents start undefined.
public final class AlignedBuffer: @unchecked Sendable {
  public let count: Int
  public let pointer: UnsafeMutablePointer<Float>

  private static let hugePage = 2 << 20

  public init(count: Int) {
    precondition(count >= 0, "a buffer of \(count) floats")
    self.count = count
    let line = 64
    let bytes = (max(count, 1) * MemoryLayout<Float>.stride + line - 1) / line * line
    let alignment = bytes >= Self.hugePage ? Self.hugePage : line
    guard let memory = aligned_alloc(alignment, (bytes + alignment - 1) / alignment * alignment) else {
      fatalError("out of memory: \(bytes) bytes for a buffer")
    }
    if alignment == Self.hugePage { madvise(memory, bytes, MADV_HUGEPAGE) }
    self.pointer = memory.bindMemory(to: Float.self, capacity: max(count, 1))
  }

  deinit { free(pointer) }
}
