import TestSupport
import Testing

@testable import LanguageModel

@Suite struct `The binary form` {
  let directory = TemporaryDirectory()

  func binary(_ text: String = small) throws -> [UInt8] {
    let path = directory.file("binary")
    try openLanguageModel(directory.write(text, as: "text")).write(to: path)
    return contents(of: path)
  }

  @Test func `holds what was read, is verified, and is written the same again`() throws {
    let bytes = try binary()
    let model = try openLanguageModel(directory.file("binary"))
    try model.verify(path: "binary")
    #expect(model.ngramCounts == [5, 4, 1] && model.order == 3 && model.quantizationBits == nil)
    let again = directory.file("again")
    try model.write(to: again)
    #expect(contents(of: again) == bytes)
    #expect(directory.names == ["again", "binary", "text"])
  }

  @Test func `every length but its own is refused`() throws {
    let bytes = try binary()
    for count in 1..<bytes.count {
      let error = try #require(failure(bytes[..<count], in: directory), "\(count) of \(bytes.count)")
      #expect(error.kind == (count < 8 ? .unsupportedFormat : .truncated), "\(count): \(error)")
    }
    #expect(failure(bytes + [0], in: directory)?.kind == .damaged)
  }

  @Test func `every bit of the header counts`() throws {
    let bytes = try binary()
    // Order 3: 96 bytes, 5 sizes, the sum.
    for bit in 0..<8 * (96 + 8 * 5 + 8) {
      var flipped = bytes
      flipped[bit / 8] ^= 1 << (bit % 8)
      #expect(failure(flipped, in: directory) != nil, "bit \(bit)")
    }
  }

  @Test func `another version and another order of bytes are named`() throws {
    var bytes = try binary()
    bytes[8] = 2
    #expect(
      failure(bytes, in: directory)?.description.contains(
        "expected version 1 of the binary form, found version 2")
        == true)
    bytes[8...15].reverse()
    let swapped = bytes[..<8] + [0, 0, 0, 1, 1, 2, 3, 4] + bytes[16...]
    #expect(failure(swapped, in: directory)?.description.contains("least significant byte first") == true)
  }

  /// The file with a number of its header changed and the check sum made right again.
  func forged(_ bytes: [UInt8], at offset: Int, bytes count: Int = 8, _ value: UInt64, order: Int = 3)
    -> [UInt8]
  {
    var bytes = bytes
    for index in 0..<count { bytes[offset + index] = UInt8(truncatingIfNeeded: value >> (8 * UInt64(index))) }
    let end = 96 + 8 * (2 * order - 1)
    if end + 8 <= bytes.count {
      let sum = bytes[..<end].withUnsafeBytes { checksum($0) }
      for index in 0..<8 { bytes[end + index] = UInt8(truncatingIfNeeded: sum >> (8 * UInt64(index))) }
    }
    return bytes
  }

  @Test func `sizes that were made to fit the check sum lead nowhere`() throws {
    let bytes = try binary()
    var generator = Seeded(5)
    for offset in Array(stride(from: 16, to: 72, by: 8)) + Array(stride(from: 88, to: 136, by: 8)) {
      for value: UInt64 in [0, 1, 2, 1 << 20, 1 << 32, 1 << 40, .max] {
        let file = forged(bytes, at: offset, value)
        let path = directory.write(file, as: "forged")
        if let model = try? openLanguageModel(path) { query(model, &generator) }
      }
    }
    for (offset, value) in [(24, 0), (24, 65), (28, 7), (28, 17), (72, 5), (76, 1000)] {
      let error = failure(forged(bytes, at: offset, bytes: 4, UInt64(value)), in: directory)
      #expect(error?.kind == .damaged || error?.kind == .truncated, "\(offset) \(value)")
    }
  }

  /// Everything that can be asked; what it answers is of no account in a damaged file.
  func query(_ model: NgramModel, _ generator: inout Seeded) {
    for _ in 0..<50 {
      var state = LanguageState(
        rawValue: UInt64.random(in: 0..<UInt64(model.layout.nodeCount), using: &generator))
      for _ in 0..<4 {
        let word = WordID(rawValue: UInt32.random(in: 0..<UInt32(model.wordCount), using: &generator))
        _ = model.word(word)
        state = model.score(word, after: state).next
      }
      _ = model.finish(state)
    }
    for word in ["a", "b", "x", "", "日本", "don't"] { _ = model.id(of: word) }
  }

  @Test(arguments: [nil, 8])
  func `damaged tables are found by verify, and answer nonsense at worst`(bits: Int?) throws {
    var generator = Seeded(11)
    var model = try openLanguageModel(golden("order3.arpa"))
    if let bits { model = try model.quantized(bits: bits, path: "") }
    let path = directory.file("model")
    try model.write(to: path)
    let original = contents(of: path)
    for _ in 0..<400 {
      var bytes = original
      for _ in 0..<Int.random(in: 1...200, using: &generator) {
        let place = Int.random(in: model.layout.headerBytes..<bytes.count, using: &generator)
        bytes[place] = Bool.random(using: &generator) ? 0xFF : UInt8.random(in: 0...255, using: &generator)
      }
      if bytes == original { continue }
      let damaged = try openLanguageModel(directory.write(bytes, as: "damaged"))
      #expect(throws: LanguageModelError.self) { try damaged.verify(path: "damaged") }
      query(damaged, &generator)
      try? damaged.writeARPA(to: directory.file("out"))
      _ = try? damaged.quantized(bits: 8, path: "")
    }
  }

  @Test func `a file that cannot be written leaves nothing and what was there`() throws {
    let model = try openLanguageModel(directory.write(small, as: "text"))
    do {
      try model.write(to: directory.file("no/such/place"))
      Issue.record("written")
    } catch {
      #expect(error.kind == .unwritable && error.description.contains("no/such/place"))
    }
    directory.folder("taken")
    #expect(throws: LanguageModelError.self) { try model.writeARPA(to: directory.file("taken")) }
    #expect(directory.names == ["taken", "text"])
  }

  @Test func `more nodes than 4 bytes number are refused`() {
    #expect(NgramModel.sizeFault(nodes: (1 << 32) - 1, path: "p") == nil)
    #expect(NgramModel.sizeFault(nodes: 1 << 32, path: "p")?.kind == .tooLarge)
  }

  @Test func `a pipe is refused, but not for ARPA`() throws {
    let bytes = try binary()
    #expect(withPipe(holding: bytes) { failureOfOpening($0)?.kind } == .unsupportedFormat)
    #expect(withPipe(holding: Array(small.utf8)) { failureOfOpening($0)?.kind } == nil)
  }

  private func failureOfOpening(_ path: String) -> LanguageModelError? {
    do throws(LanguageModelError) {
      _ = try openLanguageModel(path)
      return nil
    } catch {
      return error
    }
  }
}
