import Glibc
import LanguageModel
import TestSupport
import Testing

@Suite struct `Building a language model of what it cannot be built of` {
  let directory = TemporaryDirectory()

  func failure(_ text: some Sequence<UInt8>, _ change: (inout LanguageModelBuilder) -> Void = { _ in })
    -> LanguageModelError?
  {
    directory.write(Array("before".utf8), as: "out")
    var builder = LanguageModelBuilder(order: 2)
    builder.fallback = .fallback
    change(&builder)
    defer {
      // What stood there stands there, and nothing half-written beside it.
      #expect(contents(of: directory.file("out")) == Array("before".utf8))
      #expect(directory.names.filter { $0 != "vocabulary" } == ["out", "text"])
    }
    do throws(LanguageModelError) {
      _ = try builder.build(texts: [directory.write(text, as: "text")], out: directory.file("out"))
      return nil
    } catch {
      return error
    }
  }

  func failure(_ text: String, _ change: (inout LanguageModelBuilder) -> Void = { _ in })
    -> LanguageModelError?
  {
    failure(text.utf8, change)
  }

  @Test(arguments: ["<s>", "</s>", "<unk>"])
  func `Markers in the text are refused with their line`(marker: String) throws {
    let error = try #require(failure("a b\nc \(marker) d\n"))
    #expect(error.kind == .malformed && error.line == 2)
    #expect("\(error)".hasPrefix("\(directory.file("text")): line 2: expected text, found \(marker)"))
  }

  @Test func `Bytes that are no UTF-8 are refused with their line`() throws {
    let error = try #require(failure(Array("a\nb\n".utf8) + [0x63, 0xFF, 0x0A]))
    #expect(error.kind == .malformed && error.line == 3)
    let ofCharacters = try #require(
      failure(Array("a\nb\n".utf8) + [0x63, 0xE4, 0x0A]) { $0.isOfCharacters = true })
    #expect(ofCharacters.kind == .malformed && ofCharacters.line == 3)
  }

  @Test func `The sign for the space is refused in a text of characters`() throws {
    let error = try #require(failure("ab\na|b\n") { $0.isOfCharacters = true })
    #expect(error.kind == .malformed && error.line == 2)
    #expect("\(error)".contains("expected text without |"))
  }

  @Test func `A text without words is refused`() throws {
    for text in ["", "\n \n\t\n"] {
      let error = try #require(failure(text))
      #expect(error.kind == .missing)
      #expect("\(error)".contains("text: expected words, found none"))
    }
  }

  @Test func `A text that is not there is refused`() throws {
    #expect {
      _ = try LanguageModelBuilder(order: 2).build(
        texts: [directory.file("absent")], out: directory.file("out"))
    } throws: { ($0 as? LanguageModelError)?.kind == .unreadable }
  }

  @Test func `A vocabulary without words is refused`() throws {
    let error = try #require(
      failure("a b\n") { $0.vocabulary = directory.write(" \n", as: "vocabulary") })
    #expect(error.kind == .missing && error.path == directory.file("vocabulary"))
    let marker = try #require(
      failure("a b\n") { $0.vocabulary = directory.write("a\n<s>\n", as: "vocabulary") })
    #expect(marker.kind == .malformed && marker.line == 2 && marker.path == directory.file("vocabulary"))
  }

  /// Every word of "a b c" stands behind one other: there is no adjusted count of 2.
  @Test func `A text that gives no discounts is refused with the order and what to do`() throws {
    let error = try #require(failure("a b c\n") { $0.fallback = nil })
    #expect(error.kind == .unfit)
    #expect(
      "\(error)"
        == "\(directory.file("text")): expected the discount of count 2 of order 1 from 0 to 2, found no 1-gram with the "
        + "adjusted count 2 to estimate it from; take more text, without repeated lines, or a lower --order, or give "
        + "--discount-fallback")
  }

  /// Unigrams of order 1: 1 word of count 1, 1 of 2, 9 of 3 with </s> (count 9 is none of these): D2 = 2 - 3
  /// * (1/3) * 9 < 0.
  @Test func `Discounts out of their range are refused`() throws {
    let text = "one two two " + (0..<9).map { "w\($0) w\($0) w\($0)" }.joined(separator: " ") + "\n"
    let error = try #require(
      failure(text) {
        $0.order = 1
        $0.fallback = nil
      })
    #expect(error.kind == .unfit)
    #expect("\(error)".contains("expected the discount of count 2 of order 1 from 0 to 2, found -"))
  }

  @Test func `What the fallback was taken for is reported`() throws {
    var builder = LanguageModelBuilder(order: 2)
    builder.fallback = KneserNeyDiscounts(one: 0.25, two: 0.5, more: 0.75)
    let report = try builder.build(
      texts: [directory.write("a b c\n", as: "text")], out: directory.file("out"))
    #expect(report.fallbackOrders == [1, 2])
    #expect(report.discounts == [builder.fallback, builder.fallback])
    #expect(report.ngrams == [6, 4])
  }

  @Test func `It stops when it is asked to, in every step`() throws {
    let path = directory.write(text(randomSentences(10_000, words: 100, seed: 3)), as: "text")
    var builder = LanguageModelBuilder(order: 3)
    builder.fallback = .fallback
    // How often it asks in a whole run; then it is stopped at some of these moments, the first and the last
    // too.
    var questions = 0
    _ = try builder.build(
      texts: [path], out: directory.file("out"),
      shouldStop: {
        questions += 1
        return false
      })
    #expect(questions > 10)
    unlink(directory.file("out"))
    for last in stride(from: 1, to: questions, by: max(1, questions / 6)) + [questions] {
      var asked = 0
      #expect {
        _ = try builder.build(
          texts: [path], out: directory.file("out"),
          shouldStop: {
            asked += 1
            return asked == last
          })
      } throws: { ($0 as? LanguageModelError)?.kind == .stopped }
    }
    #expect(directory.names == ["text"])
  }

  @Test func `A folder that is not there is refused`() throws {
    var builder = LanguageModelBuilder(order: 1)
    builder.fallback = .fallback
    #expect {
      _ = try builder.build(texts: [directory.write("a\n", as: "text")], out: directory.file("no/out"))
    } throws: { ($0 as? LanguageModelError)?.kind == .unwritable }
  }
}
