import CTC
import Testing
import Vocabulary

@testable import Workbench

@Suite struct `The text of an alignment` {
  private let vocabulary: CTCVocabulary
  init() throws { vocabulary = try CTCVocabulary(tokens: ["<pad>", "|", "a", "b", "c"]) }

  private func text(_ text: String, _ untranscribed: AlignmentOptions.Untranscribed = .marked)
    -> AlignmentText
  {
    AlignmentText(text, vocabulary: vocabulary, untranscribed: untranscribed)
  }

  @Test func `words are labels with a delimiter between`() {
    let text = text(" ab,  - C! ")
    #expect(text.target.labels == [2, 3, 1, 4])
    #expect(text.target.gaps.isEmpty)
    #expect(text.words.map(\.text) == ["ab,", "C!"])
    #expect(text.words.map(\.labels) == [0..<2, 3..<4])
    #expect(text.characters == ["a", "b", "", "C"])
    #expect(text.unknown.isEmpty && text.segments == [0..<2])
  }

  @Test func `what cannot be written is a wildcard and is named`() {
    let text = text("a 12 b3")
    #expect(text.target.labels == [2, 1, nil, 1, 3, nil])
    #expect(text.target.gaps == [2, 3, 5, 6])
    #expect(text.words.map(\.isWildcard) == [false, true, false])
    #expect(text.unknown == ["12", "b3"])
    #expect(text.characters == ["a", "", "12", "", "b", "3"])
  }

  @Test func `a star marks a gap, and options make more of them`() {
    #expect(text("* a * b *").target.gaps == [0, 2, 3])
    #expect(text("* a * b *").target.labels == [2, 1, 3])
    #expect(text("a b", .ends).target.gaps == [0, 3])
    #expect(text("a b", .words).target.gaps == [0, 2, 3])
    #expect(text("a*b").unknown == [])
  }

  @Test func `lines with words are segments`() {
    #expect(text("a b\n\n - \r\nc a\nb").segments == [0..<2, 2..<4, 4..<5])
    #expect(text(" \n*\n").words.isEmpty)
  }

  @Test func `a vocabulary without a delimiter joins its words`() throws {
    let plain = try CTCVocabulary(
      tokens: ["<pad>", "a", "b"],
      settings: {
        var settings = TokenizerSettings()
        settings.wordDelimiterToken = nil
        return settings
      }())
    let text = AlignmentText("a b", vocabulary: plain, untranscribed: .words)
    #expect(text.target.labels == [1, 2])
    #expect(text.target.gaps == [0, 1, 2])
  }
}
