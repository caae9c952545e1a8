#if canImport(Glibc)
import Glibc
#endif

/// fairseq's: the first line is the root of the recordings, each other one a path below it and its samples.
///
/// Texts are in the file of the same name that ends in `.ltr`, letters apart and `|` behind each word, or in `.wrd`,
/// words apart; line N is the N-th recording's. Without either there are none, as for pre-training.
extension Manifest {
  /// - Throws: a failure for the file as a whole.
  static func fairseq(_ path: String) throws(InputFailure) -> [Entry] {
    let lines = try lines(of: path)
    guard let root = lines.first?.text else {
      throw InputFailure(path, "expected the root of the recordings, found nothing")
    }
    let base = asPrefix(located(root, orBelow: directoryPrefix(of: path)))
    let texts = try fairseqTexts(beside: path, count: lines.count - 1)
    return lines.dropFirst().enumerated().map { index, line in
      let fields = line.text.split(separator: "\t", omittingEmptySubsequences: false)
      guard fields.count == 2, !fields[0].isEmpty, Int(fields[1]) != nil else {
        return Entry(
          file: path, line: line.number,
          .failure(
            InputFailure(
              "\(path):\(line.number)", "expected a path, a tab and a number of samples; correct this line")))
      }
      let name = String(fields[0])
      return Entry(
        file: path, line: line.number,
        .success(Row(path: resolved(name, against: base), name: name, text: texts?[index])))
    }
  }

  /// - Returns: nil if there is no file of texts.
  private static func fairseqTexts(beside path: String, count: Int) throws(InputFailure) -> [String]? {
    for suffix in ["ltr", "wrd"] {
      let file = "\(withoutExtension(path)).\(suffix)"
      guard access(file, F_OK) == 0 else { continue }
      var lines = try contents(of: file).split(
        separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false
      )
      .map { String(decoding: $0.last == UInt8(ascii: "\r") ? $0.dropLast() : $0, as: UTF8.self) }
      // The end of the last line.
      if lines.last == "" { lines.removeLast() }
      guard lines.count == count else {
        throw InputFailure(
          file, "has \(lines.count) lines, but \(path) lists \(count) recordings; make them fit")
      }
      return suffix == "ltr" ? lines.map(words(ofLetters:)) : lines
    }
    return nil
  }

  /// `H E L L O | W O R L D |` as words.
  private static func words(ofLetters line: String) -> String {
    line.split(whereSeparator: \.isWhitespace).map { $0 == "|" ? " " : $0 }.joined()
      .split(separator: " ").joined(separator: " ")
  }

  /// A path as the system finds it from the working directory, as fairseq and Kaldi mean it; if it is not there, one
  /// below the manifest's own folder.
  static func located(_ written: String, orBelow directory: String) -> String {
    access(written, F_OK) == 0 ? written : resolved(written, against: directory)
  }
}
