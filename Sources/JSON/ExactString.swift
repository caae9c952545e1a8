/// A string compared byte for byte.
///
/// Swift's `String` calls "é" and "e + U+0301" equal, because they are canonically equivalent. A file's keys
/// are bytes: a vocabulary may hold both, as two tokens with two ids, and a tensor's name is whatever was
/// written. Use this as the key of any dictionary whose keys come out of a file.
///
/// - Complexity: comparing and hashing are linear in the number of UTF-8 bytes, without normalisation.
public struct ExactString: Sendable, Hashable {
  public let string: String

  public init(_ string: String) { self.string = string }

  public static func == (a: ExactString, b: ExactString) -> Bool {
    a.string.utf8.elementsEqual(b.string.utf8)
  }

  public func hash(into hasher: inout Hasher) {
    let done: Void? = string.utf8.withContiguousStorageIfAvailable {
      hasher.combine(bytes: UnsafeRawBufferPointer($0))
    }
    if done == nil { for byte in string.utf8 { hasher.combine(byte) } }
  }
}
