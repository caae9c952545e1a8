#if canImport(Glibc)
import Glibc
#endif

/// Floats that one owner allocates and frees. Contents start undefined.
///
/// Big buffers are mapped by themselves, so that freeing one gives its memory back, and on huge pages, so
/// that streaming through hundreds of megabytes of weights does not stall on address translation.
public final class AlignedBuffer: @unchecked Sendable {
  public let count: Int
  public let pointer: UnsafeMutablePointer<Float>
  /// Bytes mapped; 0 where the memory is the heap's.
  private let mapped: Int

  private static let hugePage = 2 << 20
  private static let line = 64

  public init(count: Int) {
    precondition(count >= 0, "a buffer of \(count) floats")
    self.count = count
    let bytes = max(count, 1) * MemoryLayout<Float>.stride
    let memory: UnsafeMutableRawPointer?
    if bytes >= Self.hugePage {
      mapped = Self.rounded(bytes, to: 4096)
      memory = Self.map(mapped)
    } else {
      mapped = 0
      memory = aligned_alloc(Self.line, Self.rounded(bytes, to: Self.line))
    }
    guard let memory else { fatalError("out of memory: \(bytes) bytes for a buffer") }
    pointer = memory.bindMemory(to: Float.self, capacity: max(count, 1))
  }

  deinit {
    if mapped > 0 { munmap(pointer, mapped) } else { free(pointer) }
  }

  private static func rounded(_ bytes: Int, to unit: Int) -> Int { (bytes + unit - 1) / unit * unit }

  /// Maps `bytes`, a multiple of the page size, from the start of a huge page: a page more than needed, of
  /// which both ends are given back.
  private static func map(_ bytes: Int) -> UnsafeMutableRawPointer? {
    let whole = mmap(nil, bytes + hugePage, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0)
    guard let whole, whole != MAP_FAILED else { return nil }
    let before = rounded(Int(bitPattern: whole), to: hugePage) - Int(bitPattern: whole)
    if before > 0 { munmap(whole, before) }
    let after = hugePage - before
    if after > 0 { munmap(whole + before + bytes, after) }
    madvise(whole + before, bytes, MADV_HUGEPAGE)
    return whole + before
  }
}
