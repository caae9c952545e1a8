import TestSupport
import Testing

@testable import Hashing

@Suite("SHA-256")
struct SHA256Tests {
  /// NIST's examples (FIPS 180-2, appendix B; CAVP SHA256ShortMsg).
  static let vectors: [(message: [UInt8], hash: String)] = [
    ([], "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"),
    (Array("abc".utf8), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"),
    (
      Array("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq".utf8),
      "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1"
    ),
    (
      [UInt8](repeating: UInt8(ascii: "a"), count: 1_000_000),
      "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0"
    ),
    ([0xd3], "28969cdfa74a12c82f3bad960b0b000aca2ac329deea5c2328ebc6f2ba9802c1"),
  ]

  @Test("gives NIST's hashes, with the processor's instructions and without", arguments: [false, true])
  func standard(isPortable: Bool) {
    for (message, expected) in Self.vectors {
      var hash = SHA256(isPortable: isPortable)
      hash.update(message)
      #expect(hash.finalizeHex() == expected)
    }
  }

  /// Every length around the ends of blocks and of the padding, cut at random.
  @Test("does not depend on how its input is cut, nor on the processor")
  func pieces() {
    var generator = Seeded(1)
    let bytes = (0..<300).map { _ in UInt8.random(in: 0...255, using: &generator) }
    for count in bytes.indices {
      let whole = SHA256.hex(of: Array(bytes[..<count]))
      var hash = SHA256(isPortable: true)
      var place = 0
      while place < count {
        let next = Int.random(in: place...count, using: &generator)
        hash.update(Array(bytes[place..<next]))
        place = next
      }
      #expect(hash.finalizeHex() == whole, "\(count) bytes")
    }
  }

  @Test("begins anew once it is finished, and a copy goes on by itself")
  func values() {
    var hash = SHA256()
    hash.update("a")
    var copy = hash
    copy.update("bc")
    #expect(copy.finalizeHex() == Self.vectors[1].hash)
    hash.update("bc")
    #expect(hash.finalizeHex() == Self.vectors[1].hash)
    #expect(hash.finalizeHex() == Self.vectors[0].hash)
  }

  @Test("reads files, larger than its block too")
  func files() throws {
    let directory = TemporaryDirectory()
    let large = [UInt8](repeating: 7, count: (1 << 20) + 100)
    #expect(try SHA256.hex(ofFile: directory.write(large, as: "large")) == SHA256.hex(of: large))
    #expect(try SHA256.hex(ofFile: directory.write([], as: "empty")) == Self.vectors[0].hash)
  }

  @Test("names a file that cannot be read")
  func unreadable() {
    let directory = TemporaryDirectory()
    let path = directory.file("missing")
    let error = #expect(throws: HashingError.self) { try SHA256.hex(ofFile: path) }
    #expect(
      error?.description
        == "\(path): cannot be read: No such file or directory; check the path and its permissions")
    #expect(throws: HashingError.self) { try SHA256.hex(ofFile: directory.path) }
  }
}
