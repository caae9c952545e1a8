#if canImport(Glibc)
import Glibc
#endif

/// The text that `--text` gives: what a file of that name holds, otherwise the words themselves.
public struct GivenText {
  public let text: String

  /// - Throws: a failure for a file that cannot be read, or is no UTF-8; and for what can only be meant as a
  ///   file's name (one word that ends in `.txt`, or has a `/` in it) where there is no such file.
  public init(_ argument: String) throws(InputFailure) {
    var status = stat()
    guard stat(argument, &status) == 0 else {
      let isName =
        !argument.contains(where: \.isWhitespace)
        && (argument.contains("/") || lowercasedExtension(of: argument) == "txt")
      if isName {
        throw InputFailure(argument, "no such text: \(SystemError(number: errno)); check --text")
      }
      text = argument
      return
    }
    let bytes: [UInt8]
    do { bytes = try readAll(path: argument) } catch {
      throw InputFailure(argument, "cannot be read: \(error); check --text")
    }
    let mark: [UInt8] = [0xEF, 0xBB, 0xBF]
    guard
      let text = String(validating: bytes.starts(with: mark) ? bytes.dropFirst(3) : bytes[...], as: UTF8.self)
    else {
      throw InputFailure(argument, "expected a text in UTF-8, found other bytes; convert it")
    }
    self.text = text
  }
}

extension InputEntry {
  /// The entries of a run whose one recording has a text of its own.
  /// - Throws: how it is meant, where there are several recordings, or ones that have texts already.
  public static func entries(_ entries: [InputEntry], text: String?) throws(UsageError) -> [InputEntry] {
    let utterances = entries.compactMap { if case .utterance(let utterance) = $0 { utterance } else { nil } }
    guard let text else {
      if !utterances.isEmpty, utterances.allSatisfy({ $0.text == nil }) {
        throw UsageError(
          "--text: none given; give the words, a file of them, or a manifest with texts as input")
      }
      return entries
    }
    guard entries.count == 1 else {
      throw UsageError(
        "--text: one text for \(entries.count) inputs; write a manifest with a text for each instead")
    }
    if utterances.contains(where: { $0.text != nil }) {
      throw UsageError("--text: the manifest has texts of its own; leave out one of them")
    }
    return entries.map { entry in
      guard case .utterance(var utterance) = entry else { return entry }
      utterance.text = text
      return .utterance(utterance)
    }
  }
}
