/// An `Event` of TensorBoard (tensorflow/core/util/event.proto), as Protocol Buffers write it: the few fields
/// that scalars need.
struct TensorBoardEvent {
  enum Content {
    /// The first event of a file.
    case version
    /// A run starts here: TensorBoard forgets what older files hold from this step on.
    case start
    case scalars([(tag: String, value: Float)])
  }

  /// Seconds since 1970.
  var wallTime: Double
  var step: Int
  var content: Content

  /// Fields in the order of their numbers: 1 wall_time, 2 step, 3 file_version, 5 summary, 7 session_log.
  var bytes: [UInt8] {
    var message = ProtocolBuffer()
    message.add(1, double: wallTime)
    if step != 0 { message.add(2, varint: UInt64(bitPattern: Int64(step))) }
    switch content {
    case .version: message.add(3, bytes: Array("brain.Event:2".utf8))
    case .scalars(let scalars):
      var summary = ProtocolBuffer()
      for (tag, value) in scalars {
        var one = ProtocolBuffer()
        one.add(1, bytes: Array(tag.utf8))
        one.add(2, float: value)
        summary.add(1, bytes: one.bytes)
      }
      message.add(5, bytes: summary.bytes)
    case .start:
      var log = ProtocolBuffer()
      log.add(1, varint: 1)
      message.add(7, bytes: log.bytes)
    }
    return message.bytes
  }

  /// The event as a record of a TFRecord file: length, masked check sum of the length, data, masked check sum
  /// of the data; all little-endian.
  var record: [UInt8] {
    let data = bytes
    let length = withUnsafeBytes(of: UInt64(data.count).littleEndian) { Array($0) }
    return length + masked(length) + data + masked(data)
  }

  /// A check sum of data that holds check sums would be weak, so TFRecord rotates and shifts it.
  private func masked(_ bytes: [UInt8]) -> [UInt8] {
    let crc = CRC32C(bytes).value
    return withUnsafeBytes(of: ((crc >> 15 | crc << 17) &+ 0xA282_EAD8).littleEndian) { Array($0) }
  }
}

/// A message of Protocol Buffers under construction: keys are number * 8 + wire type.
private struct ProtocolBuffer {
  private(set) var bytes: [UInt8] = []

  mutating func add(_ field: UInt64, varint value: UInt64) {
    append(field << 3)
    append(value)
  }

  mutating func add(_ field: UInt64, double value: Double) {
    append(field << 3 | 1)
    withUnsafeBytes(of: value.bitPattern.littleEndian) { bytes.append(contentsOf: $0) }
  }

  mutating func add(_ field: UInt64, bytes value: [UInt8]) {
    append(field << 3 | 2)
    append(UInt64(value.count))
    bytes += value
  }

  mutating func add(_ field: UInt64, float value: Float) {
    append(field << 3 | 5)
    withUnsafeBytes(of: value.bitPattern.littleEndian) { bytes.append(contentsOf: $0) }
  }

  /// Seven bits a byte, the lowest first.
  private mutating func append(_ value: UInt64) {
    var value = value
    while value >= 128 {
      bytes.append(UInt8(truncatingIfNeeded: value) | 128)
      value >>= 7
    }
    bytes.append(UInt8(value))
  }
}
