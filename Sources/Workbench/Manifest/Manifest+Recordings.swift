import Audio

/// A directory of recordings, walked with all below it. Where a folder has `*.trans.txt`, as LibriSpeech's have, its
/// lines are the texts of the recordings beside it:
///
///     84-121123-0000 GO DO YOU HEAR
///
/// What LibriSpeech calls an utterance is its reader, chapter and number.
extension Manifest {
  /// - Throws: a failure for the directory, if nothing is in it.
  static func recordings(_ directory: String) throws(InputFailure) -> [Entry] {
    let walk = DirectoryWalk(directory, extensions: audioFileExtensions.union(["txt"]))
    var entries: [Entry] = []
    var texts: [String: (file: String, line: Int, text: String)] = [:]
    for file in walk.files where file.hasSuffix(".trans.txt") {
      do throws(InputFailure) {
        for line in try lines(of: file) {
          let parts = line.text.split(maxSplits: 1, whereSeparator: \.isWhitespace)
          guard let id = parts.first else { continue }
          texts[directoryPrefix(of: file) + id] = (file, line.number, parts.count > 1 ? String(parts[1]) : "")
        }
      } catch {
        entries.append(Entry(recording: file, .failure(error)))
      }
    }
    for path in walk.files where lowercasedExtension(of: path) != "txt" {
      let name = String(path.dropFirst(directoryPrefix(of: path).count))
      guard let (file, line, text) = texts.removeValue(forKey: withoutExtension(path)) else {
        entries.append(Entry(recording: path, .success(Row(path: path, name: name))))
        continue
      }
      entries.append(
        Entry(
          file: file, line: line, .success(Row(path: path, name: name, text: text, speaker: reader(name)))))
    }
    entries += walk.failures.map { Entry(recording: directory, .failure($0)) }
    let strays = texts.sorted { ($0.value.file, $0.value.line) < ($1.value.file, $1.value.line) }
    for (path, place) in strays {
      let failure = InputFailure(
        "\(place.file):\(place.line)", "no recording \(path) with this text; add it, or remove the line")
      entries.append(Entry(file: place.file, line: place.line, .failure(failure)))
    }
    guard !entries.isEmpty else {
      throw InputFailure(
        directory, "holds no audio files; name a directory with recordings (WAV, FLAC, OGG, Opus, MP3, AIFF)")
    }
    return entries
  }

  /// The first of three numbers.
  private static func reader(_ name: String) -> String? {
    let parts = withoutExtension(name).split(separator: "-")
    return parts.count == 3 && parts.allSatisfy { $0.allSatisfy(\.isNumber) } ? String(parts[0]) : nil
  }
}
