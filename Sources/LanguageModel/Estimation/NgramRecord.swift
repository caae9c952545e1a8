/// Records of n-grams: n word numbers of 32 bits, then 64-bit values in pairs of words.
///
/// Words stand from the last to the first, so that records in the order of their keys are in suffix order:
/// those with the same last k words lie together, below the record of these k words one order down.
enum NgramRecord {
  /// 32-bit words of a record of `order` words of text and `values` values.
  static func stride(order: Int, values: Int) -> Int { order + 2 * values }

  static func value(_ record: UnsafePointer<UInt32>, _ order: Int, _ index: Int = 0) -> UInt64 {
    UInt64(record[order + 2 * index]) << 32 | UInt64(record[order + 2 * index + 1])
  }

  static func set(value: UInt64, _ record: UnsafeMutablePointer<UInt32>, _ order: Int, _ index: Int = 0) {
    record[order + 2 * index] = UInt32(value >> 32)
    record[order + 2 * index + 1] = UInt32(truncatingIfNeeded: value)
  }

  static func number(_ record: UnsafePointer<UInt32>, _ order: Int, _ index: Int = 0) -> Double {
    Double(bitPattern: value(record, order, index))
  }

  static func set(_ number: Double, _ record: UnsafeMutablePointer<UInt32>, _ order: Int, _ index: Int = 0) {
    set(value: number.bitPattern, record, order, index)
  }

  /// Whether the first `count` words are the same.
  static func haveEqualWords(_ a: UnsafePointer<UInt32>, _ b: UnsafePointer<UInt32>, _ count: Int) -> Bool {
    for word in 0..<count where a[word] != b[word] { return false }
    return true
  }

  /// Whether the first `count` words of `a` come before those of `b`.
  static func isBefore(_ a: UnsafePointer<UInt32>, _ b: UnsafePointer<UInt32>, _ count: Int) -> Bool {
    for word in 0..<count where a[word] != b[word] { return a[word] < b[word] }
    return false
  }
}
