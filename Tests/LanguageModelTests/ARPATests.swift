import LanguageModel
import TestSupport
import Testing

@Suite struct `Reading ARPA` {
  let directory = TemporaryDirectory()

  @Test(arguments: [
    small.replacing("\n", with: "\r\n"),
    small.replacing("\t", with: " "),
    small.replacing("\t", with: " \t  ").replacing("<s> a", with: "<s>\t a"),
    small.replacing("\n-0.2", with: "\n\n  -0.2"),
    small.replacing("a b\n", with: "a b \t\n"),
    "# made by hand\n\n" + small,
    small.replacing("\n\n", with: "\n"),
    small.replacing("\n\n", with: "\n \n\n"),
    small.replacing("<unk>", with: "<UNK>"),
    small.replacing("ngram 1=5", with: "ngram  1 = 5"),
    small.replacing("<s> a b", with: "<s> a b\t0"),
    small.replacing("-0.2\ta b", with: "-2.0e-1\ta b\t-0.0"),
    String(small.dropLast()),
    small + "\n \n",
  ])
  func `what other programs write is read alike`(text: String) throws {
    let expected = try openLanguageModel(directory.write(small, as: "small"))
    let model = try openLanguageModel(directory.write(text, as: "other"))
    for sentence in ["a b", "b a x b", "b b a a", ""] {
      #expect(model.scores(sentence) == expected.scores(sentence))
    }
    #expect(model.ngramCounts == [5, 4, 1])
  }

  @Test func `gzip'd models, of several members and padded, are read alike`() throws {
    let expected = try openLanguageModel(directory.write(small, as: "small"))
    let bytes = Array(small.utf8)
    let members = gzip(bytes[..<100]) + gzip([]) + gzip(bytes[100...])
    for file in [gzip(bytes), members, members + [0, 0, 0]] {
      let model = try openLanguageModel(directory.write(file, as: "model.gz"))
      #expect(model.scores("a b x") == expected.scores("a b x"))
    }
  }

  @Test func `a model without <unk> gives unknown words -100, as KenLM does`() throws {
    let text = small.replacing("-1\t<unk>\n", with: "").replacing("ngram 1=5", with: "ngram 1=4")
    let model = try openLanguageModel(directory.write(text, as: "lm"))
    #expect(model.scores("x") == [-0.3 - 100, -0.5] && model.wordCount == 5)
  }

  /// A change to the small model, the line of the error, and what it says.
  struct Fault: Sendable, CustomTestStringConvertible {
    let kind: LanguageModelError.Kind
    let line: Int
    let text: String
    let message: String

    init(
      _ kind: LanguageModelError.Kind, _ line: Int, _ old: String, _ new: String, _ message: String
    ) {
      (self.kind, self.line, self.message) = (kind, line, message)
      text = small.replacing(old, with: new)
      precondition(text != small)
    }

    var testDescription: String { "\(kind) line \(line): \(message)" }
  }

  static let faults = [
    Fault(.unsupportedFormat, 1, "\\data\\", "data", "expected \\data\\"),
    Fault(.malformed, 2, "ngram 1=5", "ngram 2=5", "expected ngram 1=COUNT, found 'ngram 2=5'"),
    Fault(.malformed, 3, "ngram 2=4", "ngram 2=", "expected ngram 2=COUNT"),
    Fault(.malformed, 3, "ngram 2=4", "ngram 2=-4", "expected ngram 2=COUNT"),
    Fault(.malformed, 3, "ngram 2=4", "words 2=4", "expected ngram 2=COUNT"),
    Fault(.malformed, 3, "ngram 2=4", "ngram 2=4=4", "expected ngram 2=COUNT"),
    Fault(.tooLarge, 3, "ngram 2=4", "ngram 2=4294967295", "fewer than 2^32 - 1"),
    Fault(.malformed, 3, "ngram 1=5\nngram 2=4\nngram 3=1\n", "", "expected ngram 1=COUNT"),
    Fault(.wrongCount, 13, "ngram 1=5", "ngram 1=6", "expected 6 1-grams, as line 2 says, found 5"),
    Fault(.wrongCount, 17, "ngram 2=4", "ngram 2=3", "expected 3 2-grams, as line 3 says, found more"),
    Fault(.wrongCount, 19, "ngram 2=4", "ngram 2=5", "found 4"),
    Fault(.wrongCount, 22, "ngram 3=1", "ngram 3=2", "expected 2 3-grams, as line 4 says, found 1"),
    Fault(.missing, 13, "\\2-grams:", "\\3-grams:", "expected \\2-grams:, found '\\3-grams:'"),
    Fault(.missing, 19, "\\3-grams:", "\\2-grams:", "expected \\3-grams:, found '\\2-grams:'"),
    Fault(.missing, 19, "\\3-grams:\n-0.01\t<s> a b\n\n", "", "expected \\3-grams:, found '\\end\\'"),
    Fault(.missing, 22, "\\end\\", "\\4-grams:", "expected \\end\\, found '\\4-grams:'"),
    Fault(
      .truncated, 21, "\\end\\\n", "", "1 3-grams and what follows them, found the end of the file behind 1"),
    Fault(
      .truncated, 17, "\n\n\\3-grams:\n-0.01\t<s> a b\n\n\\end\\\n", "", "found the end of the file behind 4"),
    Fault(
      .truncated, 4, String(small.drop { $0 != "\\" }.dropFirst(37)), "", "expected \\1-grams:, found the end"
    ),
    Fault(.malformed, 23, "\\end\\\n", "\\end\\\nmore\n", "expected nothing behind \\end\\, found 'more'"),
    Fault(.invalidNumber, 15, "-0.2\ta b", "0.2\ta b", "a finite number up to 0, found '0.2'"),
    Fault(.invalidNumber, 15, "-0.2\ta b", "nan\ta b", "found 'nan'"),
    Fault(.invalidNumber, 15, "-0.2\ta b", "-inf\ta b", "write -99 for a probability of 0"),
    Fault(.invalidNumber, 15, "-0.2\ta b", "-0.2x\ta b", "found '-0.2x'"),
    Fault(.invalidNumber, 15, "-0.2\ta b", "-1e39\ta b", "found '-1e39'"),
    Fault(.invalidNumber, 14, "-0.05", "inf", "log10 of a back-off: a finite number, found 'inf'"),
    Fault(.invalidNumber, 14, "-0.05", "x", "log10 of a back-off"),
    Fault(.malformed, 15, "-0.2\ta b", "-0.2\ta", "2 words and at most a back-off, found 2 fields"),
    Fault(.malformed, 15, "-0.2\ta b", "-0.2\ta b -0.5 c", "found 5 fields"),
    Fault(.malformed, 20, "<s> a b", "<s> a b\t-0.1", "no back-off on n-grams of the highest order, 3"),
    Fault(.missing, 15, "-0.2\ta b", "-0.2\ta c", "expected words that have 1-grams, found 'c'"),
    Fault(
      .missing, 20, "<s> a b", "a a b", "the context of every n-gram among those of order 2, found no 'a a'"),
    Fault(.duplicate, 11, "-0.7\tb", "-0.7\ta", "expected each 1-gram once, found 'a' again"),
    Fault(.duplicate, 11, "-0.7\tb", "-0.7\t<UNK>", "found '<UNK>' again"),
    Fault(.duplicate, 15, "-0.2\ta b", "-0.2\t<s> a", "expected each 2-gram once, found '<s> a' again"),
    Fault(.missing, 13, "<s>", "s", "expected 1-grams of <s> and </s>, found no <s>"),
    Fault(.missing, 13, "</s>", "s", "found no </s>"),
  ]

  @Test(arguments: faults)
  func `each mistake is one line that names file and line`(fault: Fault) throws {
    let error = try #require(failure(fault.text.utf8, in: directory))
    #expect(error.kind == fault.kind && error.line == fault.line, "\(error)")
    #expect(error.description.hasPrefix("\(directory.file("model")): line \(fault.line): expected "))
    #expect(error.description.contains(fault.message), "\(error)")
    #expect(!error.description.contains("\n"))
    // The same in a gzip'd file.
    #expect(failure(gzip(fault.text.utf8), in: directory)?.line == fault.line)
  }

  @Test func `orders above the limit, and lines without end, are refused`() {
    let header = "\\data\\\n" + (1...65).map { "ngram \($0)=1\n" }.joined() + "\n"
    let order = failure(header.utf8, in: directory)
    #expect(order?.kind == .tooLarge && order?.line == 66)
    let long = failure(("\\data\\\n" + String(repeating: "x", count: 1 << 26 + 1)).utf8, in: directory)
    #expect(long?.kind == .malformed && long?.line == 2)
  }

  @Test func `lines longer than a block are read`() throws {
    let word = String(repeating: "w", count: 3 << 20)
    let text = small.replacing("-0.7\tb", with: "-0.7\t\(word)").replacing("b </s>", with: "\(word) </s>")
      .replacing("b a", with: "\(word) a").replacing("a b", with: "a \(word)")
    let model = try openLanguageModel(directory.write(text, as: "long"))
    #expect(model.scores("a \(word)") == [-0.1, -0.01, -0.3])
  }

  @Test func `a gzip file that ends too soon or is damaged is refused with the line it happened at`() throws {
    let file = gzip(small.utf8)
    for count in 2..<file.count {
      let error = try #require(failure(file[..<count], in: directory), "\(count) bytes of \(file.count)")
      #expect(error.kind == .truncated && error.line != nil, "\(error)")
    }
    var flipped = file
    flipped[file.count - 6] ^= 1
    let error = try #require(failure(flipped, in: directory))
    #expect(error.kind == .damaged && error.description.contains("incorrect data check"), "\(error)")
    #expect(failure(file + [1], in: directory)?.kind == .truncated)
  }

  @Test func `what is no language model is said to be none`() throws {
    #expect(failure([], in: directory)?.description.contains("found an empty file") == true)
    #expect(failure("hello\n".utf8, in: directory)?.kind == .unsupportedFormat)
    #expect(failure([0x7F, 0x45, 0x4C, 0x46, 0, 1], in: directory)?.kind == .unsupportedFormat)
    let kenLM = failure("mmap lm http://kheafield.com/code format version 5\n\0".utf8, in: directory)
    #expect(kenLM?.description.contains("found KenLM's binary form; name the ARPA file") == true)
    #expect(throws: LanguageModelError.self) { try openLanguageModel(directory.file("missing")) }
    do {
      _ = try openLanguageModel(directory.path)
    } catch {
      #expect(error.kind == .unreadable && error.description.contains("found a directory"))
    }
  }

  @Test func `changed, cut and repeated bytes are read or refused, and never more`() throws {
    var generator = Seeded(7)
    let original = contents(of: golden("order3.arpa"))
    let alphabet = Array("\\-.0123456789\t \n<>/sabe".utf8)
    var refused = 0
    for _ in 0..<2000 {
      var bytes = original
      for _ in 0..<Int.random(in: 1...3, using: &generator) {
        let place = Int.random(in: 0..<bytes.count, using: &generator)
        let end = min(bytes.count, place + Int.random(in: 1...40, using: &generator))
        switch Int.random(in: 0..<5, using: &generator) {
        case 0: bytes[place] = UInt8.random(in: 0...255, using: &generator)
        case 1: bytes[place] = alphabet.randomElement(using: &generator) ?? 0
        case 2: bytes.removeSubrange(place..<end)
        case 3: bytes.insert(contentsOf: bytes[place..<end], at: place)
        default: bytes.removeSubrange(end...)
        }
        if bytes.isEmpty { bytes = [0] }
      }
      let path = directory.write(bytes, as: "fuzz")
      do throws(LanguageModelError) {
        let model = try openLanguageModel(path)
        #expect(model.scores("a b w1 w2 x don't").allSatisfy { !$0.isNaN })
      } catch {
        refused += 1
        #expect(!error.description.contains("\n"))
      }
    }
    #expect(refused > 1000)
  }
}
