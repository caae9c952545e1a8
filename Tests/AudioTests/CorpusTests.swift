import Audio
import Glibc
import TestSupport
import Testing

/// Recorded speech, where a copy stands beside the package.
@Suite struct `Recorded speech` {
  static let folder = "../shared/corpora/yesno-he/audio"
  static let isThere = access(folder, R_OK) == 0

  @Test(.enabled(if: isThere, "no corpora beside the package"))
  func `every recording is read, finite and as long as its samples say`() throws {
    var count = 0
    for name in names(in: Self.folder) where name.hasSuffix(".flac") {
      let path = Self.folder + "/" + name
      let waveform = try readWaveform(from: .file(path: path))
      #expect(waveform.durationSeconds > 1 && waveform.durationSeconds < 60, "\(name)")
      #expect(waveform.samples.contains { abs($0) > 0.01 }, "\(name) is speech, not silence")
      let half = waveform.durationSeconds / 2
      let part = try readWaveform(from: .file(path: path), offsetSeconds: half)
      #expect(part.samples == Array(waveform.samples.suffix(part.samples.count)))
      count += 1
    }
    #expect(count == 60)
  }
}
