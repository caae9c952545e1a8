/// Opens a language model: an ARPA file, plain or gzip'd, which is read, or Warbler's binary form, which is
/// mapped. They are told apart by content.
/// - Throws: an error of one line, with the line of an ARPA file.
public func openLanguageModel(_ path: String) throws(LanguageModelError) -> NgramModel {
  try NgramModel(path: path)
}

extension NgramModel {
  /// - Parameter path: an ARPA file, plain or gzip'd, or Warbler's binary form.
  public convenience init(path: String) throws(LanguageModelError) {
    let file = try OpenedFile(path: path)
    let beginning = file.beginning
    guard !beginning.isEmpty else {
      throw LanguageModelError(
        .truncated, path: path, expected: "a language model", found: "an empty file",
        remedy: LanguageModelError.fetchAgain)
    }
    guard !beginning.starts(with: kenLMMagic) else {
      throw LanguageModelError(
        .unsupportedFormat, path: path, expected: "an ARPA file or Warbler's binary form",
        found: "KenLM's binary form", remedy: "name the ARPA file it was made from")
    }
    guard beginning.starts(with: ModelLayout.magic) else {
      try self.init(try NgramCollection(LineReader(file)), path: path)
      return
    }
    guard let size = file.size else {
      throw LanguageModelError(
        .unsupportedFormat, path: path, expected: "a binary model in a file on disk",
        found: "a pipe or device",
        remedy: "name the file")
    }
    let memory = try ModelMemory(mapping: file, size: size)
    self.init(layout: try ModelLayout(memory.bytes, path: path), memory: memory)
  }

  /// Writes the binary form, which appears under its name complete or not at all.
  public func write(to path: String) throws(LanguageModelError) {
    var layout = layout
    let payload = UnsafeRawBufferPointer(rebasing: memory.bytes[layout.headerBytes...])
    layout.checksum = checksum(payload)
    let header = layout.header
    var file = try AtomicWriter(path: path)
    try header.withUnsafeBufferPointer { bytes throws(LanguageModelError) in
      try file.write(UnsafeRawBufferPointer(bytes))
    }
    try file.write(payload)
    try file.commit()
  }

  /// Sees that a model out of a file is what was written, bit for bit. Opening checks the header alone, and
  /// this reads everything.
  public func verify(path: String) throws(LanguageModelError) {
    guard isBinary else { return }
    let payload = UnsafeRawBufferPointer(rebasing: memory.bytes[layout.headerBytes...])
    guard checksum(payload) == layout.checksum else {
      throw LanguageModelError(
        .damaged, path: path, expected: "tables whose check sum is right", found: "another check sum",
        remedy: LanguageModelError.fetchAgain)
    }
  }
}

/// What KenLM's binary files begin with.
private let kenLMMagic = Array("mmap lm http://kheafield.com/code".utf8)
