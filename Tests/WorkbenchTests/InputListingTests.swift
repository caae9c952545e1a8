import Glibc
import TestSupport
import Testing
import Workbench

@Suite struct `Listing inputs` {
  let directory = TemporaryDirectory()

  func ids(_ arguments: String...) -> [String] {
    InputListing(arguments.map { $0.hasPrefix("/") || $0 == "-" ? $0 : "\(directory.path)/\($0)" }).entries
      .map {
        switch $0 {
        case .utterance(let utterance): utterance.id
        case .failure: "!"
        }
      }
  }

  func failures(_ arguments: String...) -> [String] {
    InputListing(arguments.map { "\(directory.path)/\($0)" }).entries.compactMap {
      if case .failure(let failure) = $0 { failure.description } else { nil }
    }
  }

  @Test func `a directory is walked in order, audio extensions alone, hidden files left out`() {
    for name in ["b", "a", "a/z"] { directory.folder(name) }
    for name in ["b/2.wav", "a/1.FLAC", "a/z/0.mp3", "a/notes.txt", ".x.wav", "c.opus"] {
      directory.write("x", as: name)
    }
    #expect(ids("") == ["1", "0", "2", "c"])
  }

  @Test func `a link back to a folder above is not followed for ever`() {
    directory.folder("a")
    directory.write("x", as: "a/1.wav")
    symlink("..", "\(directory.path)/a/up")
    symlink("a", "\(directory.path)/again")
    #expect(ids("") == ["1"])
  }

  @Test func `an empty directory, an absent path and a table are failures with a remedy`() {
    directory.folder("empty")
    directory.write("from\tto\n", as: "table.tsv")
    let lines = failures("empty", "absent.wav", "table.tsv")
    #expect(lines.count == 3)
    #expect(
      lines[0].hasSuffix(
        "empty: holds no audio files; name a directory with recordings (WAV, FLAC, OGG, Opus, MP3, AIFF)"))
    #expect(lines[1].hasSuffix("absent.wav: cannot be read: No such file or directory; check the path"))
    #expect(lines[2].contains("table.tsv: expected JSON lines with audio_filepath"))
  }

  @Test func `names that collide keep their extension, then take their folder`() {
    for name in ["x", "y", "x/deep", "y/deep"] { directory.folder(name) }
    for name in ["a.wav", "a.flac", "b.wav", "x/c.wav", "y/c.wav", "x/deep/d.wav", "y/deep/d.wav"] {
      directory.write("x", as: name)
    }
    #expect(ids("a.wav", "a.flac", "b.wav") == ["a.wav", "a.flac", "b"])
    #expect(ids("x/c.wav", "y/c.wav") == ["x/c.wav", "y/c.wav"])
    #expect(ids("x/deep/d.wav", "y/deep/d.wav") == ["x/deep/d.wav", "y/deep/d.wav"])
  }

  @Test func `exact repeats of a path are listed once`() {
    directory.write("x", as: "a.wav")
    #expect(ids("a.wav", "./a.wav", "", "a.wav") == ["a"])
    #expect(ids("-", "-") == ["stdin"])
  }

  @Test func `only the last extension is dropped, and a hidden name has none`() {
    for name in ["a.b.wav", ".wav", "plain"] { directory.write("x", as: name) }
    #expect(ids("a.b.wav", ".wav", "plain") == ["a.b", ".wav", "plain"])
  }

  @Test func `a file called as standard input keeps its extension`() {
    directory.write("x", as: "stdin.wav")
    #expect(ids("-", "stdin.wav") == ["stdin", "stdin.wav"])
  }
}
