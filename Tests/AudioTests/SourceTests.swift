import Audio
import Glibc
import TestSupport
import Testing

@Suite struct `Sources of audio` {
  @Test(arguments: [Format.wav16, .flac16, .aiff16, .vorbis, .opus, .mp3])
  func `bytes in memory read as the same file on disk`(_ format: Format) throws {
    let directory = TemporaryDirectory()
    let path = directory.file("audio")
    writeAudio(
      path, format, sampleRate: 48_000, channels: 2, floats: floatNoise(count: 40_000).map { $0 / 2 })
    let file = try readWaveform(from: .file(path: path))
    #expect(file.samples.count > 6_000)
    #expect(try readWaveform(from: .bytes(contents(of: path), name: "stdin")) == file)
  }

  @Test func `a named pipe reads as the same file`() throws {
    let directory = TemporaryDirectory()
    let path = directory.file("audio.flac")
    writeAudio(path, .flac16, integers: noise(count: 50_000))
    let pipe = directory.file("pipe")
    #expect(mkfifo(pipe, 0o600) == 0)
    let writer = Writer(contents(of: path), to: pipe)
    #expect(try readWaveform(from: .file(path: pipe)) == readWaveform(from: .file(path: path)))
    writer.join()
  }

  @Test func `raw PCM is 16-bit little-endian over 32768`() throws {
    let bytes: [UInt8] = [0x00, 0x00, 0x01, 0x00, 0xff, 0x7f, 0x00, 0x80, 0xff, 0xff, 0x00, 0x40]
    let source = AudioSource.pcm16LittleEndian(bytes, sampleRate: 16_000, name: "stdin")
    #expect(
      try readWaveform(from: source).samples == [0, 1 / 32768, 32767 / 32768, -1, -1 / 32768, 0.5])
    #expect(
      try readWaveform(from: source, offsetSeconds: 2 / 16_000, durationSeconds: 3 / 16_000).samples
        == [32767 / 32768, -1, -1 / 32768])
  }

  @Test func `raw PCM reads as a WAV file of the same samples`() throws {
    let samples = noise(count: 30_000).map { Int16($0 >> 16) }
    let raw = AudioSource.pcm16LittleEndian(pcm(samples), sampleRate: 8_000, name: "stdin")
    let file = AudioSource.bytes(wav(samples, sampleRate: 8_000), name: "stdin")
    #expect(try readWaveform(from: raw) == readWaveform(from: file))
  }

  /// What ffmpeg (either), SoX and arecord write when they cannot go back and fill in the size.
  @Test(arguments: [0xffff_ffff, 0, 0x7fff_f000, 0x8000_0000] as [UInt32])
  func `a WAV file whose size was not known when it was written is read to its end`(_ size: UInt32) throws {
    let samples = noise(count: 5_000).map { Int16($0 >> 16) }
    let bytes = wav(samples, riffSize: size == 0 ? 0 : size | 36, dataSize: size)
    let expected = samples.map { Float($0) / 32768 }
    #expect(try readWaveform(from: .bytes(bytes, name: "stdin")).samples == expected)
    let directory = TemporaryDirectory()
    let path = directory.write(bytes, as: "stream.wav")
    #expect(try readWaveform(from: .file(path: path)).samples == expected)
  }

  @Test func `chunks before and after the sound are passed over`() throws {
    let samples = noise(count: 100).map { Int16($0 >> 16) }
    var bytes = wav(samples)
    let odd = Array("LIST".utf8) + little(UInt32(5)) + Array("INFOx".utf8) + [0]
    bytes.insert(contentsOf: odd, at: 12)
    bytes += odd
    bytes.replaceSubrange(4..<8, with: little(UInt32(bytes.count - 8)))
    #expect(try readWaveform(from: .bytes(bytes, name: "a")).samples == samples.map { Float($0) / 32768 })
  }
}

/// Writes bytes into a named pipe from a thread of its own.
private final class Writer {
  private var thread = pthread_t()

  private final class Job {
    let bytes: [UInt8]
    let path: String
    init(_ bytes: [UInt8], _ path: String) {
      self.bytes = bytes
      self.path = path
    }
  }

  init(_ bytes: [UInt8], to path: String) {
    pthread_create(
      &thread, nil,
      { raw in
        let job = Unmanaged<Job>.fromOpaque(raw!).takeRetainedValue()
        let file = fopen(job.path, "wb")!
        fwrite(job.bytes, 1, job.bytes.count, file)
        fclose(file)
        return nil
      }, Unmanaged.passRetained(Job(bytes, path)).toOpaque())
  }

  func join() { pthread_join(thread, nil) }
}
