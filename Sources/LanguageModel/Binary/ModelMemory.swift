#if canImport(Glibc)
import Glibc
#endif

/// The bytes of a model in its binary form: made in memory, or a file that is mapped.
///
/// A mapped file that another process shortens kills this process (SIGBUS) when the lost part is touched:
/// replace models by renaming, never in place.
final class ModelMemory: @unchecked Sendable {
  // Sendable: written only while it is made, by `init(count:fill:)`, and unmapped with the last reference.
  let bytes: UnsafeRawBufferPointer
  /// Whether it is a file's.
  let isMapped: Bool

  /// Zeros, which `fill` then writes into.
  init(count: Int, fill: (UnsafeMutableRawBufferPointer) -> Void) {
    precondition(count > 0, "a model of no bytes")
    isMapped = false
    let flags = MAP_PRIVATE | MAP_ANONYMOUS
    guard let base = mmap(nil, count, PROT_READ | PROT_WRITE, flags, -1, 0), base != MAP_FAILED else {
      fatalError("no memory for a language model of \(count) bytes")
    }
    // Queries jump about: large pages spare most of the misses of address translation. Only speed depends on
    // it.
    _ = madvise(base, count, MADV_HUGEPAGE)
    fill(UnsafeMutableRawBufferPointer(start: base, count: count))
    bytes = UnsafeRawBufferPointer(start: base, count: count)
  }

  init(mapping file: OpenedFile, size: Int) throws(LanguageModelError) {
    guard let base = mmap(nil, size, PROT_READ, MAP_PRIVATE, file.descriptor, 0), base != MAP_FAILED else {
      throw .unreadable(file.path, String(cString: strerror(errno)), remedy: "free some memory")
    }
    bytes = UnsafeRawBufferPointer(start: base, count: size)
    isMapped = true
  }

  deinit { munmap(UnsafeMutableRawPointer(mutating: bytes.baseAddress), bytes.count) }
}
