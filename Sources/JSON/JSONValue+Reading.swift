import Glibc

extension JSONValue {
  /// Reads one document out of a buffer of UTF-8.
  ///
  /// - Complexity: linear in the bytes; recursion and memory are bounded by `options`.
  public init(parsing bytes: UnsafeRawBufferPointer, options: JSONOptions = JSONOptions())
    throws(JSONError)
  {
    var parser = JSONParser(bytes, options: options)
    self = try parser.document()
  }

  public init(parsing bytes: [UInt8], options: JSONOptions = JSONOptions()) throws(JSONError) {
    self = try bytes.withUnsafeBufferPointer { buffer throws(JSONError) in
      try JSONValue(parsing: UnsafeRawBufferPointer(buffer), options: options)
    }
  }

  public init(parsing text: String, options: JSONOptions = JSONOptions()) throws(JSONError) {
    try self.init(parsing: Array(text.utf8), options: options)
  }

  /// Reads a file that holds one document. The error names the file.
  public init(contentsOf path: String, options: JSONOptions = JSONOptions()) throws(JSONError) {
    do throws(JSONError) {
      try self.init(parsing: readBytes(of: path, limit: options.byteLimit), options: options)
    } catch {
      var named = error
      named.path = path
      throw named
    }
  }
}

/// The bytes of a regular file; its size is checked before anything is allocated.
private func readBytes(of path: String, limit: Int) throws(JSONError) -> [UInt8] {
  let file = open(path, O_RDONLY | O_CLOEXEC)
  guard file >= 0 else { throw JSONError(.unreadable(String(cString: strerror(errno)))) }
  defer { close(file) }
  var status = stat()
  guard fstat(file, &status) == 0 else { throw JSONError(.unreadable(String(cString: strerror(errno)))) }
  guard status.st_mode & S_IFMT == S_IFREG else { throw JSONError(.unreadable("not a regular file")) }
  let size = Int(status.st_size)
  if size > limit { throw JSONError(.tooLarge(bytes: size, limit: limit)) }
  var failure: Int32 = 0
  let bytes = [UInt8](unsafeUninitializedCapacity: size) { buffer, count in
    count = 0
    while count < size {
      let got = read(file, buffer.baseAddress! + count, size - count)
      if got < 0 && errno == EINTR { continue }
      if got < 0 { failure = errno }
      if got <= 0 { break }
      count += got
    }
  }
  if failure != 0 { throw JSONError(.unreadable(String(cString: strerror(failure)))) }
  return bytes
}
