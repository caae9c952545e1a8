internal import CSndFile

/// An audio file in memory, with the position that libsndfile's virtual input asks for.
final class MemoryFile {
  let bytes: [UInt8]
  fileprivate var position = 0

  init(_ bytes: [UInt8]) { self.bytes = bytes }

  /// Opens it for reading. The file must outlive the handle, which holds no reference to it.
  ///
  /// - Returns: nil if it is not audio.
  func open(_ info: inout SF_INFO) -> OpaquePointer? {
    var callbacks = SF_VIRTUAL_IO(
      get_filelen: { sf_count_t(MemoryFile.from($0).bytes.count) },
      seek: { offset, whence, file in MemoryFile.from(file).seek(Int(offset), whence) },
      read: { destination, count, file in MemoryFile.from(file).read(destination, Int(count)) },
      write: { _, _, _ in 0 },
      tell: { sf_count_t(MemoryFile.from($0).position) })
    position = 0
    return sf_open_virtual(
      &callbacks, Int32(SFM_READ), &info, Unmanaged.passUnretained(self).toOpaque())
  }

  private static func from(_ pointer: UnsafeMutableRawPointer?) -> MemoryFile {
    Unmanaged<MemoryFile>.fromOpaque(pointer!).takeUnretainedValue()
  }

  private func seek(_ offset: Int, _ whence: Int32) -> sf_count_t {
    let origin: Int
    switch Int(whence) {
    case Int(SF_SEEK_CUR): origin = position
    case Int(SF_SEEK_END): origin = bytes.count
    default: origin = 0
    }
    let (target, overflow) = origin.addingReportingOverflow(offset)
    guard !overflow, target >= 0 else { return -1 }
    position = target
    return sf_count_t(target)
  }

  private func read(_ destination: UnsafeMutableRawPointer?, _ wanted: Int) -> sf_count_t {
    let count = max(0, min(wanted, bytes.count - position))
    guard let destination, count > 0 else { return 0 }
    bytes.withUnsafeBytes {
      destination.copyMemory(from: $0.baseAddress! + position, byteCount: count)
    }
    position += count
    return sf_count_t(count)
  }
}
