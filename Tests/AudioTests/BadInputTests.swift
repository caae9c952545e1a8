import CSndFile
import Glibc
import TestSupport
import Testing

@testable import Audio

/// Every bad input gives one line: the name, what was expected and found, what to do.
@Suite struct `Bad inputs` {
  private func line(_ source: AudioSource) -> String? {
    #expect(throws: AudioError.self) { try readWaveform(from: source) }?.description
  }

  @Test func `a missing file`() {
    #expect(
      line(.file(path: "/nowhere/a.wav"))
        == "/nowhere/a.wav: cannot be read: No such file or directory; check the path"
    )
  }

  @Test func `a path through a file`() {
    let directory = TemporaryDirectory()
    let path = directory.write([1], as: "file") + "/a.wav"
    #expect(line(.file(path: path)) == "\(path): cannot be read: Not a directory; check the path")
  }

  @Test func `a directory`() {
    let directory = TemporaryDirectory()
    #expect(
      line(.file(path: directory.path))
        == "\(directory.path): cannot be read: Is a directory; name the audio files in it")
  }

  @Test(.enabled(if: geteuid() != 0, "root may read everything"))
  func `a file without permission`() {
    let directory = TemporaryDirectory()
    let path = directory.write([1, 2, 3], as: "secret.wav")
    chmod(path, 0)
    #expect(line(.file(path: path)) == "\(path): cannot be read: Permission denied; make it readable")
  }

  @Test func `a device`() {
    #expect(
      line(.file(path: "/dev/zero"))
        == "/dev/zero: cannot be read: expected a file or a pipe, found a device or a socket; pass a file")
  }

  @Test func `an empty file, empty stdin and empty PCM`() {
    let directory = TemporaryDirectory()
    let path = directory.write([], as: "empty.wav")
    let rest = "is empty: expected an audio file, found 0 bytes; record or copy it again"
    #expect(line(.file(path: path)) == "\(path): \(rest)")
    #expect(line(.bytes([], name: "stdin")) == "stdin: \(rest)")
    #expect(line(.pcm16LittleEndian([], sampleRate: 16_000, name: "stdin")) == "stdin: \(rest)")
  }

  static let notAudio: [[UInt8]] = [
    Array("This is a letter, and no recording at all.\n".utf8),
    [0],
    [UInt8](repeating: 0, count: 5000),
    // UTF-16 with its byte order mark, which begins like MPEG audio
    [0xff, 0xfe] + "no recording, but long enough to be one, twice over".utf16.flatMap { little($0) },
    Array("\u{7f}ELF\u{2}\u{1}\u{1}".utf8) + [UInt8](repeating: 0, count: 300),
  ]

  @Test(arguments: notAudio)
  func `what is not audio`(_ bytes: [UInt8]) {
    let directory = TemporaryDirectory()
    let path = directory.write(bytes, as: "letter.mp3")
    #expect(
      line(.file(path: path))
        == "\(path): is not audio: expected WAV, FLAC, OGG Vorbis or Opus, MP3 or AIFF, found none of them; "
        + "convert it to one of these")
  }

  @Test func `a header of a known format with nonsense behind it`() {
    let bytes =
      Array("RIFF".utf8) + little(UInt32(40)) + Array("WAVE".utf8) + [UInt8](repeating: 0x20, count: 36)
    #expect(
      line(.bytes(bytes, name: "a.wav"))
        == "a.wav: cannot be decoded: it begins like WAV, but its header is damaged or its encoding is not "
        + "supported; convert it to 16-bit WAV or FLAC")
  }

  static let cutFormats = [
    Format.wav16, .wavFloat, .flac16, .aiff16, .vorbis, .opus, .mp3,
    Format("RF64", SF_FORMAT_RF64, SF_FORMAT_PCM_16),
    Format("RIFX", SF_FORMAT_WAV | SF_ENDIAN_BIG, SF_FORMAT_PCM_16),
    Format("WAV ADPCM", SF_FORMAT_WAV, SF_FORMAT_IMA_ADPCM),
  ]

  /// From a cut within the header to one of the last byte.
  @Test(arguments: cutFormats, [0.002, 0.1, 0.3, 0.5, 0.77, 0.99, 1])
  func `a file cut anywhere`(_ format: Format, _ fraction: Double) throws {
    let directory = TemporaryDirectory()
    let whole = directory.file("whole")
    writeAudio(whole, format, floats: floatNoise(count: 48_000).map { $0 / 2 })
    #expect(try readWaveform(from: .file(path: whole)).samples.count >= 48_000)
    let bytes = contents(of: whole)
    let path = directory.write(
      bytes.prefix(min(bytes.count - 1, max(40, Int(Double(bytes.count) * fraction)))), as: "a")
    for source in [AudioSource.file(path: path), .bytes(contents(of: path), name: path)] {
      let found = try #require(line(source))
      #expect(found.hasPrefix("\(path): is truncated"))
      #expect(found.hasSuffix("; copy or convert it again"))
    }
  }

  @Test func `the line about a cut file says what was promised and found`() {
    let bytes = wav([Int16](repeating: 7, count: 1000))
    #expect(
      line(.bytes(Array(bytes.prefix(1044)), name: "a.wav"))
        == "a.wav: is truncated: expected 2044 bytes, found 1044; copy or convert it again")
    #expect(
      line(.pcm16LittleEndian([1, 2, 3], sampleRate: 16_000, name: "stdin"))
        == "stdin: is truncated: expected 4 bytes, found 3; copy or convert it again")
    let directory = TemporaryDirectory()
    let path = directory.file("a")
    writeAudio(path, .vorbis, floats: floatNoise(count: 48_000))
    var ogg = contents(of: path)
    let lastPage = ogg.indices.last { ogg[$0...].starts(with: "OggS".utf8) }!
    ogg.removeSubrange(lastPage...)
    #expect(
      line(.bytes(ogg, name: "a.ogg"))
        == "a.ogg: is truncated: expected a last page that ends the Ogg stream, found none; copy or convert it again"
    )
  }

  @Test func `the line about a file that has lost samples`() {
    let directory = TemporaryDirectory()
    let path = directory.file("a")
    writeAudio(path, .flac16, integers: noise(count: 48_000))
    #expect(
      line(.bytes(contents(of: path).dropLast(2000), name: "a.flac"))
        == "a.flac: is truncated or damaged: expected 48000 samples a channel, found 45056; copy or convert it again"
    )
  }

  @Test(arguments: [Format.flac16, .vorbis, .opus, .mp3])
  func `damage in the middle that costs samples`(_ format: Format) {
    let directory = TemporaryDirectory()
    let path = directory.file("a")
    writeAudio(path, format, floats: floatNoise(count: 160_000).map { $0 / 2 })
    var bytes = contents(of: path)
    for index in bytes.count / 2..<bytes.count / 2 + 600 { bytes[index] ^= 0x5a }
    let found = line(.bytes(bytes, name: "a")) ?? ""
    #expect(found.hasPrefix("a: is truncated or damaged: expected "))
  }

  @Test func `an MP3 file without a Xing header, whole, tagged and cut`() throws {
    let directory = TemporaryDirectory()
    let path = directory.file("a")
    writeAudio(path, .mp3, floats: floatNoise(count: 48_000).map { $0 / 2 })
    var bytes = contents(of: path)
    let tags = lengthOfID3v2Tags(in: StoredBytes(bytes))
    let first = try #require(MPEGFrame(bytes[tags..<tags + 4]))
    let offset = tags + 4 + first.sideInformationLength
    try #require(["Info", "Xing"].contains(String(decoding: bytes[offset..<offset + 4], as: UTF8.self)))
    bytes.removeSubrange(0..<tags + first.byteCount)
    let stream = try #require(MP3Stream(StoredBytes(bytes)))
    let tag = Array("TAG".utf8) + [UInt8](repeating: 0, count: 125)
    for whole in [bytes, bytes + tag] {
      let count = try readWaveform(from: .bytes(whole, name: "a")).samples.count
      // All frames but the 529 samples by which a decoder lags: the bit rate varies, and an estimate would be
      // wrong.
      #expect(count == stream.count * 576 - 529 && count >= 48_000)
    }
    #expect(
      line(.bytes(bytes.dropLast(10), name: "a"))
        == "a: is truncated: expected \(bytes.count) bytes, found \(bytes.count - 10); copy or convert it again"
    )
  }

  @Test(arguments: [Format.wav16, .aiff16, Format("CAF", SF_FORMAT_CAF, SF_FORMAT_PCM_16)])
  func `a file without samples`(_ format: Format) {
    let directory = TemporaryDirectory()
    let path = directory.file("a")
    writeAudio(path, format, integers: [])
    #expect(
      line(.file(path: path))
        == "\(path): holds no samples: expected sound after its header, found 0 samples; record or convert it again"
    )
  }

  @Test func `a WAV file without samples but with a chunk behind them`() {
    var bytes = wav([]) + Array("LIST".utf8) + little(UInt32(4)) + Array("INFO".utf8)
    bytes.replaceSubrange(4..<8, with: little(UInt32(bytes.count - 8)))
    #expect(throws: AudioError.noSamples(name: "a")) { try readWaveform(from: .bytes(bytes, name: "a")) }
  }

  @Test(arguments: [
    (Float.nan, "NaN"), (.infinity, "infinite"), (-.infinity, "infinite"), (.signalingNaN, "NaN"),
  ])
  func `a sample that is not finite, with its place in the file`(_ value: Float, _ word: String) {
    let directory = TemporaryDirectory()
    let path = directory.file("a.wav")
    for (sampleRate, channels) in [(16_000, 1), (48_000, 2)] {
      // Behind the first block of 65536 frames.
      var frames = floatNoise(count: 100_000 * channels)
      frames[80_000 * channels] = value
      frames[90_000 * channels] = .nan
      writeAudio(path, .wavFloat, sampleRate: sampleRate, channels: channels, floats: frames)
      let seconds = sampleRate == 16_000 ? "5.0" : "1.667"
      #expect(
        line(.file(path: path))
          == "\(path): sample 80000 (at \(seconds) s) is \(word): expected finite samples; repair or convert it again"
      )
    }
  }

  @Test func `finite samples that overflow in the resampler`() {
    let directory = TemporaryDirectory()
    let path = directory.file("a.wav")
    let frames = (0..<8000).map {
      $0 / 3 % 2 == 0 ? Float.greatestFiniteMagnitude : -Float.greatestFiniteMagnitude
    }
    writeAudio(path, .wavFloat, sampleRate: 8_000, floats: frames)
    #expect(line(.file(path: path))?.contains(": expected finite samples; ") == true)
  }

  @Test(arguments: [1, 999, 800_000] as [UInt32])
  func `a sample rate that no recording has`(_ sampleRate: UInt32) {
    let bytes = wav([1, 2, 3], sampleRate: sampleRate)
    #expect(
      line(.bytes(bytes, name: "a.wav"))
        == "a.wav: expected a sample rate from 1000 to 768000 Hz, found \(sampleRate) Hz; "
        + "correct its header or convert it")
  }

  @Test func `a line feed in a name does not break the line`() {
    #expect(
      line(.bytes([], name: "a\nb\u{1b}.wav"))
        == "a\\nb\\u{1B}.wav: is empty: expected an audio file, found 0 bytes; record or copy it again")
  }
}
