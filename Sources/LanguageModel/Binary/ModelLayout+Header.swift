extension ModelLayout {
  /// The header's bytes, with zeros up to the first section.
  var header: [UInt8] {
    var bytes = Self.magic
    func append(_ number: some FixedWidthInteger) {
      withUnsafeBytes(of: number.littleEndian) { bytes.append(contentsOf: $0) }
    }
    append(Self.version)
    append(Self.byteOrder)
    append(UInt64(places.end))
    append(UInt32(order))
    append(UInt32(quantizationBits ?? 0))
    for number in [wordCount, ngramProbes, wordSlots, wordProbes, textBytes] {
      append(UInt64(number))
    }
    append(sentenceStart)
    append(sentenceEnd)
    append(checksum)
    append(UInt64(stateCount))
    for number in ngramCounts + slotCounts { append(UInt64(number)) }
    append(bytes.withUnsafeBytes { LanguageModel.checksum($0) })
    return bytes + [UInt8](repeating: 0, count: headerBytes - bytes.count)
  }

  /// Reads and checks a header: afterwards every section lies inside the file.
  init(_ bytes: UnsafeRawBufferPointer, path: String) throws(LanguageModelError) {
    func number<Number: FixedWidthInteger>(_ offset: Int, _: Number.Type = UInt64.self) -> Number {
      Number(littleEndian: bytes.loadUnaligned(fromByteOffset: offset, as: Number.self))
    }
    func damaged(_ expected: String, _ found: String) -> LanguageModelError {
      LanguageModelError(
        .damaged, path: path, expected: expected, found: found,
        remedy: "make it again with warbler lm convert")
    }
    guard bytes.count >= Self.fixedBytes else {
      throw LanguageModelError(
        .truncated, path: path, expected: "a header of \(Self.fixedBytes) bytes and more",
        found: "\(bytes.count)", remedy: LanguageModelError.fetchAgain)
    }
    precondition(bytes.starts(with: Self.magic), "\(path): not a model's binary form")
    let (version, byteOrder) = (number(8, UInt32.self), number(12, UInt32.self))
    guard byteOrder != Self.byteOrder.byteSwapped else {
      throw LanguageModelError(
        .unsupportedFormat, path: path, expected: "numbers with the least significant byte first",
        found: "the other order", remedy: "make it again with warbler lm convert on this machine")
    }
    guard version == Self.version, byteOrder == Self.byteOrder else {
      throw LanguageModelError(
        .unsupportedFormat, path: path, expected: "version \(Self.version) of the binary form",
        found: "version \(version)", remedy: "make it again with warbler lm convert")
    }
    let order = Int(number(24, UInt32.self))
    guard (1...ARPAReader.orderLimit).contains(order) else {
      throw damaged("orders 1 to \(ARPAReader.orderLimit)", "\(order)")
    }
    let end = Self.headerEnd(order)
    guard bytes.count >= end + 8 else {
      throw LanguageModelError(
        .truncated, path: path, expected: "a header of \(end + 8) bytes", found: "\(bytes.count)",
        remedy: LanguageModelError.fetchAgain)
    }
    guard number(end) == LanguageModel.checksum(UnsafeRawBufferPointer(rebasing: bytes[..<end])) else {
      throw damaged("a header whose check sum is right", "another check sum")
    }
    // The check sum speaks for what follows; yet a size that was made to fit it must lead nowhere outside.
    let numbers = [Int](stride(from: 32, to: 72, by: 8)) + [Int](stride(from: 88, to: end, by: 8))
    guard numbers.allSatisfy({ number($0) < 1 << 40 }) else {
      throw damaged("sizes below 2^40", "larger ones")
    }
    func size(_ offset: Int) -> Int { Int(number(offset)) }
    let bits = Int(number(28, UInt32.self))
    guard bits == 0 || NgramModel.quantizationBits.contains(bits) else {
      throw damaged("quantisation to 8 to 16 bits or none", "\(bits)")
    }
    quantizationBits = bits == 0 ? nil : bits
    (wordCount, ngramProbes) = (size(32), size(40))
    (wordSlots, wordProbes, textBytes) = (size(48), size(56), size(64))
    (sentenceStart, sentenceEnd) = (number(72, UInt32.self), number(76, UInt32.self))
    checksum = number(80)
    stateCount = size(88)
    let sizes = stride(from: Self.fixedBytes, to: end, by: 8).map { size($0) }
    (ngramCounts, slotCounts) = (Array(sizes[..<order]), Array(sizes[order...]))
    let fitsIndices = nodeCount < 1 << 32 && textBytes < 1 << 32
    guard fitsIndices, wordCount > 0, Int(max(sentenceStart, sentenceEnd)) < wordCount, wordSlots > 0,
      slotCounts.allSatisfy({ $0 > 0 })
    else { throw damaged("counts that agree", "others") }
    let total = number(16, UInt64.self)
    guard total == UInt64(places.end) else {
      throw damaged("a size of \(places.end) bytes in the header", "\(total)")
    }
    guard bytes.count == places.end else {
      throw LanguageModelError(
        bytes.count < places.end ? .truncated : .damaged, path: path, expected: "\(places.end) bytes",
        found: "\(bytes.count)", remedy: LanguageModelError.fetchAgain)
    }
  }
}

/// A sum of 64 bits over bytes, eight at a time, that any changed bit changes.
func checksum(_ bytes: UnsafeRawBufferPointer) -> UInt64 {
  var sum = UInt64(bytes.count)
  var index = 0
  while index + 8 <= bytes.count {
    // Multiplying by an odd number and rotating are one-to-one, so a change is never lost on the way.
    sum ^= UInt64(littleEndian: bytes.loadUnaligned(fromByteOffset: index, as: UInt64.self))
    sum = (sum &* 0x9E37_79B9_7F4A_7C15)
    sum = sum << 29 | sum >> 35
    index += 8
  }
  while index < bytes.count {
    sum = (sum ^ UInt64(bytes[index])) &* 0x9E37_79B9_7F4A_7C15
    index += 1
  }
  return sum ^ sum >> 32
}
