import TestSupport
import Testing

@testable import Training

private func hex(_ bytes: [UInt8]) -> String {
  bytes.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
}

@Suite struct `Event files for TensorBoard` {
  let directory = TemporaryDirectory()

  @Test func `CRC-32C gives the values of RFC 3720`() {
    #expect(CRC32C([UInt8](repeating: 0, count: 32)).value == 0x8A91_36AA)
    #expect(CRC32C([UInt8](repeating: 0xFF, count: 32)).value == 0x62A8_AB43)
    #expect(CRC32C(0..<32).value == 0x46DD_794E)
    #expect(CRC32C((0..<32).reversed().map { UInt8($0) }).value == 0x113F_DB5C)
    #expect(CRC32C(Array("123456789".utf8)).value == 0xE306_9283)
    #expect(CRC32C([]).value == 0)
  }

  @Test func `in pieces of any length it is the same`() {
    let bytes = random(100, 1).map { UInt8(abs($0) * 255) }
    for cut in 0...bytes.count {
      var crc = CRC32C()
      bytes[..<cut].withUnsafeBytes { crc.add($0) }
      bytes[cut...].withUnsafeBytes { crc.add($0) }
      #expect(crc.value == CRC32C(bytes).value)
    }
  }

  // Written by tensorboard 2.21.0 (`RecordWriter` over `Event.SerializeToString(deterministic=True)`).
  @Test func `records are, byte for byte, those of TensorBoard's own writer`() {
    #expect(
      hex(TensorBoardEvent(wallTime: 1_700_000_000.25, step: 0, content: .version).record)
        == "1800000000000000a37f4b220900001040fc54d9411a0d627261696e2e4576656e743a32338d2fe9")
    #expect(
      hex(TensorBoardEvent(wallTime: 1_700_000_000.5, step: 301, content: .start).record)
        == "100000000000000095fbfe180900002040fc54d94110ad023a020801596f3f79")
    #expect(
      hex(
        TensorBoardEvent(
          wallTime: 1_700_000_001, step: 300, content: .scalars([("train/loss", 2.5), ("eval/wer", .nan)])
        ).record)
        == "3200000000000000241956ec0900004040fc54d94110ac022a240a110a0a747261696e2f6c6f737315000020400a0f0a086576616c"
        + "2f776572150000c07f94148364")
  }

  @Test func `each record is in the file at once, behind the version and the start`() throws {
    let writer = try TensorBoardWriter(directory: directory.file("tensorboard"), resumingAt: 4)
    let before = contents(of: writer.path)
    #expect(before.starts(with: little(UInt64(24))))
    try writer.append(.evaluation(EvaluationRecord(step: 5, loss: 0.5, wer: 0.25, cer: 0.125)))
    let record = Array(contents(of: writer.path)[before.count...])
    let count = record.count - 16
    #expect(Array(record[..<8]) == little(UInt64(count)))
    #expect(String(decoding: record, as: UTF8.self).contains("eval/wer"))
    #expect(names(in: directory.file("tensorboard")).count == 1)
    #expect(writer.path.contains("/events.out.tfevents."))
  }
}
