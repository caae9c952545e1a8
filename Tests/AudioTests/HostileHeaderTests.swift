import Audio
import CSndFile
import Glibc
import TestSupport
import Testing

/// Headers that claim more than there is. What is allocated comes from what is found.
@Suite(.serialized) struct `Hostile headers` {
  /// The most address space that the process has had, in bytes.
  private func peakAddressSpace() -> Int {
    let status = String(decoding: contents(of: "/proc/self/status"), as: UTF8.self)
    let line = status.split(separator: "\n").first { $0.hasPrefix("VmPeak:") }!
    return Int(line.split(whereSeparator: { $0 == " " || $0 == "\t" })[1])! * 1024
  }

  /// RF64 is the WAV with 64-bit sizes; `ds64` holds those of the file, of `data`, and the number of frames.
  private func rf64(frames: UInt64, channels: UInt16 = 1) -> [UInt8] {
    let product = frames.multipliedReportingOverflow(by: 2 * UInt64(channels))
    let bytes = product.overflow ? UInt64.max : product.partialValue
    return Array("RF64".utf8) + little(UInt32.max) + Array("WAVEds64".utf8) + little(UInt32(28))
      + little(bytes &+ 72, bytes, frames) + little(UInt32(0)) + Array("fmt ".utf8) + little(UInt32(16))
      + little(UInt16(1), channels) + little(UInt32(16_000), 32_000 * UInt32(channels))
      + little(2 * channels, 16) + Array("data".utf8) + little(UInt32.max)
      + [UInt8](repeating: 1, count: 4000)
  }

  private func flac(promising frames: UInt64) -> [UInt8] {
    let directory = TemporaryDirectory()
    let path = directory.file("a")
    writeAudio(path, .flac16, integers: noise(count: 10_000))
    var bytes = contents(of: path)
    // STREAMINFO begins at byte 8; its 36-bit frame count are the low bits of bytes 21 to 25.
    bytes[21] = bytes[21] & 0xf0 | UInt8(frames >> 32 & 15)
    for index in 0..<4 { bytes[22 + index] = UInt8(frames >> (24 - 8 * index) & 0xff) }
    return bytes
  }

  @Test(arguments: [1 << 40, 1 << 61, UInt64(Int64.max) / 2, UInt64.max / 4])
  func `an RF64 file that claims up to 2^62 frames is truncated and costs no memory`(_ frames: UInt64) {
    let before = peakAddressSpace()
    for channels in [1, 1000] as [UInt16] {
      let error = #expect(throws: AudioError.self) {
        try readWaveform(from: .bytes(rf64(frames: frames, channels: channels), name: "a"))
      }
      switch error {
      case .truncated, .notAudio: break
      default: Issue.record("\(String(describing: error))")
      }
    }
    // Threads and other tests map some memory; the claims are for terabytes.
    #expect(peakAddressSpace() - before < 4 << 30)
  }

  @Test func `a FLAC file that claims 2^36 - 1 frames is truncated and costs no memory`() {
    let before = peakAddressSpace()
    #expect(throws: AudioError.truncated(name: "a", .frames(expected: 1 << 36 - 1, found: 10_000))) {
      try readWaveform(from: .bytes(flac(promising: 1 << 36 - 1), name: "a"))
    }
    #expect(peakAddressSpace() - before < 4 << 30)
  }

  @Test func `a FLAC file that claims no count, as one written into a pipe does, is read to its end`() throws
  {
    #expect(try readWaveform(from: .bytes(flac(promising: 0), name: "a")).samples.count == 10_000)
  }

  @Test func `an ID3 tag that claims 256 MB is truncated`() {
    let bytes = Array("ID3".utf8) + [4, 0, 0, 0x7f, 0x7f, 0x7f, 0x7f] + [UInt8](repeating: 0, count: 100)
    #expect(throws: AudioError.truncated(name: "a", .bytes(expected: 268_435_465, found: 110))) {
      try readWaveform(from: .bytes(bytes, name: "a"))
    }
  }

  /// Every prefix of a header and every single damaged byte in it: any outcome but a crash, and no infinite
  /// loop.
  @Test(arguments: [Format.wav16, .aiff16, .flac16, .vorbis, .opus, .mp3])
  func `damage in the first 200 bytes ends in samples or in one line`(_ format: Format) {
    let directory = TemporaryDirectory()
    let path = directory.file("a")
    writeAudio(path, format, floats: floatNoise(count: 3000).map { $0 / 2 })
    let whole = contents(of: path)
    for position in 0..<min(200, whole.count) {
      var damaged = whole
      damaged[position] ^= 0xff
      for bytes in [Array(whole.prefix(position)), damaged] {
        do {
          #expect(try readWaveform(from: .bytes(bytes, name: "a")).samples.allSatisfy(\.isFinite))
        } catch {
          #expect(error.description.hasPrefix("a: ") && !error.description.contains("\n"))
        }
      }
    }
  }
}
