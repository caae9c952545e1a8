/// Records one after another.
protocol RecordStream: AnyObject {
  /// The record in hand, until the next call; nil behind the last.
  var record: UnsafePointer<UInt32>? { get }
  func advance() throws(LanguageModelError)
}

/// The records of a stretch of a file, which nobody appends to meanwhile, through a buffer.
final class RecordReader: RecordStream {
  private(set) var record: UnsafePointer<UInt32>?
  private let file: RecordFile
  private let stride: Int
  private var unread: Range<Int>
  private let buffer: UnsafeMutableBufferPointer<UInt32>
  private var end: UnsafePointer<UInt32>

  /// - Parameters:
  ///   - range: of the records; nil for all.
  ///   - bufferBytes: read at once; at least one record is.
  init(_ file: RecordFile, _ range: Range<Int>? = nil, bufferBytes: Int) throws(LanguageModelError) {
    self.file = file
    stride = file.stride
    unread = range ?? 0..<file.count
    buffer = .allocate(capacity: max(1, bufferBytes / (4 * stride)) * stride)
    end = UnsafePointer(buffer.baseAddress!)
    try fill()
  }

  deinit { buffer.deallocate() }

  func advance() throws(LanguageModelError) {
    guard let here = record else { return }
    let next = here + stride
    if next < end { record = next } else { try fill() }
  }

  private func fill() throws(LanguageModelError) {
    guard !unread.isEmpty else {
      record = nil
      return
    }
    let count = try file.read(from: unread.lowerBound, upTo: unread.upperBound, into: buffer)
    unread = unread.lowerBound + count..<unread.upperBound
    record = UnsafePointer(buffer.baseAddress!)
    end = UnsafePointer(buffer.baseAddress!) + count * stride
  }
}
