import CSndFile
import Glibc
import TestSupport
import Testing

@testable import Audio

/// What libraries print must not reach the process's stderr. Each test gives a thread of its own a stderr
/// that is a file, so that the stderr of the test run is left alone.
@Suite struct `Library chatter` {
  /// What `work` makes appear on stderr.
  private func chatter(of work: () -> Void) -> String {
    let directory = TemporaryDirectory()
    let path = directory.write([], as: "stderr")
    withoutLibraryChatter {
      let descriptor = open(path, O_WRONLY | O_APPEND)
      dup2(descriptor, 2)
      close(descriptor)
      work()
    }
    return String(decoding: contents(of: path), as: UTF8.self)
  }

  private func say(_ text: StaticString) { _ = write(2, text.utf8Start, text.utf8CodeUnitCount) }

  private func cutMP3() -> [UInt8] {
    let directory = TemporaryDirectory()
    let path = directory.file("a.mp3")
    writeAudio(path, .mp3, floats: floatNoise(count: 48_000).map { $0 / 2 })
    let bytes = contents(of: path)
    return Array(bytes.prefix(bytes.count / 2))
  }

  @Test func `a cut MP3 file makes libmpg123 speak, and nothing of it is heard`() {
    let bytes = cutMP3()
    let direct = chatter {
      var info = SF_INFO()
      let file = MemoryFile(bytes)
      if let handle = file.open(&info) { sf_close(handle) }
    }
    #expect(direct.contains("Warning"), "the case has lost its point if this libmpg123 says nothing")
    #expect(chatter { _ = try? readWaveform(from: .bytes(bytes, name: "a")) } == "")
  }

  @Test func `the caller's own stderr works before, during and after`() {
    let heard = chatter {
      say("before\n")
      withoutLibraryChatter { say("within\n") }
      say("after\n")
    }
    #expect(heard == "before\nafter\n")
  }

  @Test func `what is thrown within comes out with its type`() {
    let error = #expect(throws: AudioError.self) {
      try withoutLibraryChatter { () throws(AudioError) in throw AudioError.empty(name: "a") }
    }
    #expect(error == .empty(name: "a"))
  }

  /// In `readWaveform` the thread's end would hide a leak, so this is done without its thread.
  @Test func `no descriptor stays open, whether the file is audio, damaged or none`() throws {
    let directory = TemporaryDirectory()
    let audio = directory.file("a.flac")
    writeAudio(audio, .flac16, integers: noise(count: 100))
    let paths = [
      audio, directory.write(contents(of: audio).prefix(30), as: "cut"),
      directory.write("text".utf8, as: "text"),
      directory.path, directory.file("missing"),
    ]
    // A descriptor table of its own, so that other tests open nothing in it.
    let next = withoutLibraryChatter {
      for path in paths + paths + paths {
        guard let stored = try? StoredBytes(path: path) else { continue }
        _ = SoundFile(stored, original: stored)
        if stored.bytes(at: 0, 1).isEmpty { return Int32.max }  // closed behind our back
      }
      let next = open("/dev/null", O_RDONLY)
      close(next)
      return next
    }
    #expect(next == 3)
  }
}
