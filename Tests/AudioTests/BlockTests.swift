import Glibc
import TestSupport
import Testing

@testable import Audio

@Suite struct `Blocks` {
  @Test(arguments: [Format.wav16, .flac16, .vorbis, .opus, .mp3], [16_000, 48_000])
  func `the size of the blocks changes no sample`(_ format: Format, _ sampleRate: Int) throws {
    let directory = TemporaryDirectory()
    let path = directory.file("audio")
    writeAudio(
      path, format, sampleRate: sampleRate, channels: 2,
      floats: floatNoise(count: 60_000).map { $0 / 2 })
    var request = ReadRequest(name: path)
    let whole = try readWaveform(from: .file(path: path), request)
    #expect(abs(whole.samples.count - 30_000 * 16_000 / sampleRate) <= 1)
    for blockFrames in [1, 7, 1000, 4096, 29_999, 30_000] {
      request.blockFrames = blockFrames
      #expect(try readWaveform(from: .file(path: path), request) == whole, "blocks of \(blockFrames)")
    }
  }

  @Test func `files read at the same time read as alone`() async throws {
    let directory = TemporaryDirectory()
    let formats = [Format.wav16, .flac16, .vorbis, .opus, .mp3]
    let paths = formats.map { directory.file($0.description) }
    for (format, path) in zip(formats, paths) {
      writeAudio(path, format, sampleRate: 48_000, floats: floatNoise(count: 48_000).map { $0 / 2 })
    }
    let alone = try paths.map { try readWaveform(from: .file(path: $0)) }
    try await withThrowingTaskGroup(of: (Int, Waveform).self) { group in
      for index in 0..<100 {
        let path = paths[index % paths.count]
        group.addTask { (index % paths.count, try readWaveform(from: .file(path: path))) }
      }
      for try await (index, waveform) in group { #expect(waveform == alone[index]) }
    }
  }
}
