import JSON
import Testing

@testable import ComparisonReport

@Suite struct `Data in a script element` {
  /// What ends an element, opens a comment, separates lines for JavaScript alone, or turns the text around it.
  static let hostile = [
    "</script><script>window.broken = 1</script>", "<!-- <script>", "]]>",
    "&lt;img src=x onerror=alert(1)&gt;",
    "a\u{2028}b\u{2029}c", "\u{202E}desrever\u{202C}", "\u{2066}isolated\u{2069}", "\u{E0001}tagged",
    "\"quoted\" \\ back", "nul \u{0} bell \u{7}", "שלום", "🐦 chirp",
  ]

  @Test(arguments: hostile) func `reads back as the text it was`(text: String) throws {
    let document: JSONValue = .object([text: [.string(text)]])
    #expect(try JSONValue(parsing: document.scriptText) == document)
  }

  @Test(arguments: hostile) func `holds nothing that a reader of HTML takes for markup`(text: String) {
    let written = String(decoding: JSONValue.string(text).scriptText, as: UTF8.self)
    #expect(!written.contains { "<>&".contains($0) })
    #expect(
      !written.unicodeScalars.contains {
        [.format, .lineSeparator, .paragraphSeparator, .control].contains($0.properties.generalCategory)
      })
  }

  @Test func `spells out what is not harmless and nothing else`() {
    let written = JSONValue.string("é</b> & \u{202E}\u{E0001}🐦").scriptText
    #expect(
      String(decoding: written, as: UTF8.self)
        == #""é\u003c/b\u003e \u0026 \u202e\udb40\udc01🐦""#)
  }

  /// RFC 4648, section 10.
  @Test func `base64 of the standard's examples`() {
    let expected = ["", "Zg==", "Zm8=", "Zm9v", "Zm9vYg==", "Zm9vYmE=", "Zm9vYmFy"]
    #expect((0...6).map { base64(Array("foobar".utf8.prefix($0))) } == expected)
    #expect(base64([0xFB, 0xFF, 0xBF]) == "+/+/")
  }
}
