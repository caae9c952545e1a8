extension CTCVocabulary {
  /// The text of labels that are collapsed already: equal neighbours merged, blanks dropped.
  ///
  /// For the labels of a path this is what transformers' `Wav2Vec2CTCTokenizer.decode(path)` gives, apart
  /// from one rule of our own: runs of spaces become one. In its order:
  ///
  /// 1. The delimiter becomes `replace_word_delimiter_char`, a space.
  /// 2. Special tokens are not skipped: a model that emits `<s>`, `</s>` or `<unk>` shows it.
  ///    Ids beyond the vocabulary read as the unknown token.
  /// 3. The tokens are joined, and white space at both ends is dropped.
  /// 4. `do_lower_case` puts all in lower case, `<UNK>` too. (A final sigma becomes σ here, ς in Python.)
  /// 5. `clean_up_tokenization_spaces`, off unless the tokenizer says otherwise, joins `.?!,` and English
  ///    clitics.
  ///
  /// A blank among the labels is passed over.
  public func text(ofCollapsed labels: some Sequence<Int>) -> String {
    var text = ""
    for label in labels where label != blank {
      text += label == delimiter ? settings.wordDelimiterReplacement : token(label)
    }
    text = trimmed(text)
    if settings.lowercasesOutput { text = text.lowercased() }
    if settings.cleansUpSpaces { text = cleanedUp(text) }
    return trimmed(withSingleSpaces(text))
  }
}

/// White space as Python's `str.strip` and `str.split` see it.
package func isSpace(_ scalar: Unicode.Scalar) -> Bool {
  scalar == " "
    || (scalar.value < 0x80
      ? (9...13).contains(scalar.value) || (0x1C...0x1F).contains(scalar.value)
      : scalar.properties.isWhitespace)
}

func trimmed(_ text: String) -> String {
  let scalars = text.unicodeScalars
  guard let first = scalars.firstIndex(where: { !isSpace($0) }),
    let last = scalars.lastIndex(where: { !isSpace($0) })
  else { return "" }
  return String(scalars[first...last])
}

private func withSingleSpaces(_ text: String) -> String {
  var bytes: [UInt8] = []
  bytes.reserveCapacity(text.utf8.count)
  for byte in text.utf8 where byte != 0x20 || bytes.last != 0x20 { bytes.append(byte) }
  return String(decoding: bytes, as: UTF8.self)
}

/// `clean_up_tokenization` of transformers' tokenizers: these replacements, one after the other.
private func cleanedUp(_ text: String) -> String {
  let joins = [
    (" .", "."), (" ?", "?"), (" !", "!"), (" ,", ","), (" ' ", "'"), (" n't", "n't"), (" 'm", "'m"),
    (" 's", "'s"),
    (" 've", "'ve"), (" 're", "'re"),
  ]
  var bytes = Array(text.utf8)
  for (old, new) in joins { bytes = replacing(Array(old.utf8), with: Array(new.utf8), in: bytes) }
  return String(decoding: bytes, as: UTF8.self)
}

/// Every occurrence from left to right, none overlapping.
private func replacing(_ old: [UInt8], with new: [UInt8], in text: [UInt8]) -> [UInt8] {
  var result: [UInt8] = []
  var index = 0
  while index < text.count {
    if text[index] == old[0], text[index...].starts(with: old) {
      result += new
      index += old.count
    } else {
      result.append(text[index])
      index += 1
    }
  }
  return result
}
