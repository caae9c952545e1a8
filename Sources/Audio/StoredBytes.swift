internal import Glibc

/// The bytes of a whole audio file, on disk or in memory, read where they are needed.
///
/// It owns its descriptor and closes it at the end of its life.
final class StoredBytes {
  enum Storage {
    case descriptor(Int32)
    case memory(MemoryFile)
  }

  let storage: Storage
  /// The number of bytes that there are, whatever a header says.
  let count: Int

  init(_ bytes: [UInt8]) {
    storage = .memory(MemoryFile(bytes))
    count = bytes.count
  }

  /// Opens the file at `path`; a pipe is read into memory.
  init(path: String) throws(AudioError) {
    let descriptor = open(path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { throw .unreadable(name: path, errorNumber: errno) }
    var status = stat()
    guard fstat(descriptor, &status) == 0 else {
      let errorNumber = errno
      close(descriptor)
      throw .unreadable(name: path, errorNumber: errorNumber)
    }
    switch status.st_mode & S_IFMT {
    case S_IFREG:
      storage = .descriptor(descriptor)
      count = Int(status.st_size)
    case S_IFIFO:
      defer { close(descriptor) }
      let bytes = try readToEnd(descriptor, name: path)
      storage = .memory(MemoryFile(bytes))
      count = bytes.count
    case S_IFDIR:
      close(descriptor)
      throw .unreadable(name: path, errorNumber: EISDIR)
    default:
      close(descriptor)
      throw .notAFile(name: path)
    }
  }

  deinit {
    if case .descriptor(let descriptor) = storage { close(descriptor) }
  }

  /// Up to `length` bytes from `offset` on: fewer at the end of the file, none beyond it or on a read error.
  func bytes(at offset: Int, _ length: Int) -> ArraySlice<UInt8> {
    guard offset >= 0, offset < count, length > 0 else { return [] }
    let length = min(length, count - offset)
    switch storage {
    case .memory(let file):
      return file.bytes[offset..<offset + length]
    case .descriptor(let descriptor):
      let bytes = [UInt8](unsafeUninitializedCapacity: length) { buffer, filled in
        filled = max(0, pread(descriptor, buffer.baseAddress, length, off_t(offset)))
      }
      return bytes[...]
    }
  }
}

/// Everything that a descriptor yields.
private func readToEnd(_ descriptor: Int32, name: String) throws(AudioError) -> [UInt8] {
  var bytes: [UInt8] = []
  var block = [UInt8](repeating: 0, count: 1 << 16)
  while true {
    let count = read(descriptor, &block, block.count)
    if count == 0 { return bytes }
    if count > 0 {
      bytes += block[..<count]
    } else if errno != EINTR {
      throw .unreadable(name: name, errorNumber: errno)
    }
  }
}
