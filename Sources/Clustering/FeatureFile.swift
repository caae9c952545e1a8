public import Checkpoints

/// A file of features, mapped read-only: what is fitted to need not fit into memory.
///
///     8 bytes   "WARBFEAT"
///     u32       version, 1
///     u32       16 or 32: the bits of an element, IEEE half or single precision
///     u64       frames
///     u64       features of a frame
///     32 bytes  0
///     the rest  the elements, frame after frame, without gaps
///
/// All numbers are little-endian. A scratch format: it is written by ``FeatureFileWriter`` and removed when
/// the clusters are found.
public final class FeatureFile: FrameSource {
  /// How elements are stored.
  public enum Precision: UInt32, Sendable, CaseIterable {
    case float16 = 16
    case float32 = 32

    var bytes: Int { Int(rawValue) / 8 }
    var dataType: DataType { self == .float16 ? .float16 : .float32 }
  }

  public let path: String
  public let count: Int
  public let dimensions: Int
  public let precision: Precision
  private let file: MappedFile

  static let headerBytes = 64
  static let magic = Array("WARBFEAT".utf8)
  static let version: UInt32 = 1

  /// Maps the file and checks that it is as long as its header says.
  public init(path: String) throws(CheckpointError) {
    let file = try MappedFile(path: path)
    let bytes = file.bytes
    guard bytes.count >= Self.headerBytes, bytes[..<8].elementsEqual(Self.magic) else {
      throw CheckpointError(
        .unsupportedFormat, path: path, expected: "a file of features, which begins with WARBFEAT",
        found: bytes.count < Self.headerBytes ? "\(bytes.count) bytes" : "something else",
        remedy: "write it again")
    }
    func field<Number: FixedWidthInteger>(_ offset: Int, _: Number.Type) -> Number {
      Number(littleEndian: bytes.loadUnaligned(fromByteOffset: offset, as: Number.self))
    }
    let version = field(8, UInt32.self)
    guard version == Self.version, let precision = Precision(rawValue: field(12, UInt32.self)) else {
      throw CheckpointError(
        .unsupportedFormat, path: path, subject: "header",
        expected: "version \(Self.version) of 16 or 32 bits",
        found: "version \(version) of \(field(12, UInt32.self)) bits", remedy: "write it again")
    }
    let (frames, width) = (field(16, UInt64.self), field(24, UInt64.self))
    let (elements, tooMany) = frames.multipliedReportingOverflow(by: width)
    let data = UInt64(bytes.count - Self.headerBytes)
    guard width > 0, !tooMany, elements <= data, elements * UInt64(precision.bytes) == data else {
      throw CheckpointError(
        .sizeMismatch, path: path, subject: "data",
        expected: "\(frames) frames of \(width) x \(precision.rawValue) bits",
        found: "\(data) bytes: the file is truncated or damaged", remedy: "write it again")
    }
    self.path = path
    self.file = file
    self.precision = precision
    count = Int(frames)
    dimensions = Int(width)
  }

  public func copy(_ indices: UnsafeBufferPointer<Int>, to rows: UnsafeMutablePointer<Float>) {
    for (place, index) in indices.enumerated() {
      let bytes = UnsafeRawBufferPointer(rebasing: file.bytes[byteRange(index..<index + 1)])
      widen(
        precision.dataType, bytes,
        into: UnsafeMutableBufferPointer(start: rows + place * dimensions, count: dimensions))
    }
  }

  public func announce(_ range: Range<Int>) { file.prefetch(byteRange(range)) }

  public func release(_ range: Range<Int>) {
    // With a page that is touched the system maps those around it, which would add up.
    let bytes = byteRange(range)
    file.releasePages(
      in: max(
        0, bytes.lowerBound - Self.mappedAround)..<min(file.bytes.count, bytes.upperBound + Self.mappedAround)
    )
  }

  /// Linux's `fault_around_bytes`.
  private static let mappedAround = 1 << 16

  private func byteRange(_ range: Range<Int>) -> Range<Int> {
    precondition(range.lowerBound >= 0 && range.upperBound <= count, "frames \(range) of \(count)")
    let bytes = dimensions * precision.bytes
    return Self.headerBytes + range.lowerBound * bytes..<Self.headerBytes + range.upperBound * bytes
  }
}
