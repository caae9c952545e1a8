/// The cyclic redundancy check of iSCSI (Castagnoli; RFC 3720, appendix B.4), eight bytes at a time.
struct CRC32C {
  private var register: UInt32 = ~0

  /// Of what was added so far.
  var value: UInt32 { ~register }

  init() {}

  init(_ bytes: some Sequence<UInt8>) {
    Array(bytes).withUnsafeBytes { add($0) }
  }

  mutating func add(_ bytes: UnsafeRawBufferPointer) {
    var crc = register
    Self.tables.withUnsafeBufferPointer { table in
      var place = 0
      while place + 8 <= bytes.count {
        let word = UInt64(littleEndian: bytes.loadUnaligned(fromByteOffset: place, as: UInt64.self))
        let low = UInt32(truncatingIfNeeded: word) ^ crc
        let high = UInt32(truncatingIfNeeded: word >> 32)
        crc = table[Int(7 * 256 + (low & 255))] ^ table[Int(6 * 256 + (low >> 8 & 255))]
        crc ^= table[Int(5 * 256 + (low >> 16 & 255))] ^ table[Int(4 * 256 + (low >> 24))]
        crc ^= table[Int(3 * 256 + (high & 255))] ^ table[Int(2 * 256 + (high >> 8 & 255))]
        crc ^= table[Int(256 + (high >> 16 & 255))] ^ table[Int(high >> 24)]
        place += 8
      }
      while place < bytes.count {
        crc = crc >> 8 ^ table[Int((crc ^ UInt32(bytes[place])) & 255)]
        place += 1
      }
    }
    register = crc
  }

  /// Row k: what a byte does to the register after k more zero bytes.
  private static let tables: [UInt32] = {
    var tables = [UInt32](repeating: 0, count: 8 * 256)
    for byte in 0..<256 {
      var crc = UInt32(byte)
      for _ in 0..<8 { crc = crc >> 1 ^ (crc & 1 == 1 ? 0x82F6_3B78 : 0) }
      tables[byte] = crc
    }
    for place in 256..<tables.count {
      let before = tables[place - 256]
      tables[place] = before >> 8 ^ tables[Int(before & 255)]
    }
    return tables
  }()
}
