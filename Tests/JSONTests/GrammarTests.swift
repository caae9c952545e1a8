import JSON
import Testing

/// Cases in the manner of the JSON Parsing Test Suite (Nicolas Seriot): what must be accepted, what must be
/// refused.
@Suite("The grammar of RFC 8259")
struct GrammarTests {
  static let accepted: [String] = [
    "[]", "{}", "[ ]", "{ }", " [1] ", "\t\n\r 1\t\n\r ", "null", "true", "false", "0", "-0", "-0.0", "1",
    "-1",
    "\"\"", "\"a\"", "[[]   ]", "[\"\"]", "[\"a\"]", "[false]", "[null, 1, \"1\", {}]", "[null]", "[1\n]",
    "[2] ",
    "[0e+1]", "[0e1]", "[0E0]", "[1E22]", "[1E-2]", "[1E+2]", "[1e-2]", "[1e+2]", "[1e5]",
    "[123.456e78]", "[123.456789]", "[-123]", "[20e1]", "[1e-05]", "[5e-324]", "[1.7976931348623157e308]",
    "[-0.000000000000000000000000000000000000000000000000000000000000000000000000000001]",
    "[9223372036854775807]", "[-9223372036854775808]", "[9223372036854775808]",
    "[1000000000000000019884624838656]",
    #"{"a":"b"}"#, #"{"":0}"#, #"{"a":[]}"#, #"{"a":"b","b":"c"}"#, "{\n\"a\": \"b\"\n}",
    #"{"foo\u0000bar": 42}"#,
    #"{"min": -1.0e+28, "max": 1.0e+28}"#, #"{"x":[{"id": "xxxxxx"}], "id": "xxxxxx"}"#,
    #"["\u0060\u012a\u12AB"]"#, #"["\uD801\udc37"]"#, #"["\ud83d\ude39\ud83d\udc8d"]"#,
    #"["\"\\\/\b\f\n\r\t"]"#, #"["\\u0000"]"#, #"["\""]"#, #"["a/*b*/c/*d//e"]"#, #"["\\a"]"#, #"["\\n"]"#,
    #"["\u0012"]"#, #"["\uFFFF"]"#, #"["\uDBFF\uDFFF"]"#, #"["\u0000"]"#, #"["\u2028"]"#, "[\"\u{2028}\"]",
    "[\"\u{7F}\"]", "[\"π\"]", "[\"𐀀\"]", "[\"\u{FFFF}\"]", "[\"asd \"]", "\" \"", #"["new\u00A0line"]"#,
    "[\"€𝄞\"]", #"["\uA66D"]"#, #"{"title":"\u041f\u043e"}"#, "[[[[[[[[[[]]]]]]]]]]",
  ]

  static let refused: [String] = [
    "", " ", "[", "]", "{", "}", "[1", "[1,", "[,", "[,1]", "[1,]", "[1,,2]", "[,]", "[\"\",]", "[\"\"", "[x",
    "[x]", "[3[4]]", "[1 true]", "[a\u{0301}]", "[1:2]", "[-]", "[\"a\" \"b\"]", "[*]", "[][]", "[]]",
    "[\"x\"]]", "1]",
    "[1]x", "nul", "[nul]", "[fals]", "[tru]", "[True]", "[TRUE]", "[undefined]", "[NaN]", "[Infinity]",
    "[-Infinity]",
    "[-NaN]", "[Inf]", "[+1]", "[++1]", "[-01]", "[-1.0.]", "[-2.]", "[.-1]", "[.2e-3]", "[0.1.2]", "[0.3e+]",
    "[0.3e]",
    "[0.e1]", "[0E]", "[0E+]", "[0e]", "[0e+]", "[1.0e+]", "[1.0e-]", "[1.0e]", "[1 000.0]", "[1eE2]",
    "[2.e+3]", "[2.e3]",
    "[9.e+]", "[1+2]", "[0x1]", "[0x42]", "[-foo]", "[- 1]", "[-012]", "[012]", "[-.123]", "[-1x]", "[1ea]",
    "[1.8011670033376514H-308]",
    "[1.2a-3]", "[１]", "[1e400]", "[-1e400]", "['a']", "[\"a]", "\"", "[\"a\n\"]", "[\"a\u{0}\"]", "[\"\t\"]",
    "[\"\u{1F}\"]",
    #"["\x00"]"#, #"["\\\"]"#, #"["\a"]"#, #"["\"]"#, #"["\u"]"#, #"["\u00"]"#, #"["\u00A"]"#, #"["\uqqqq"]"#,
    #"["\U0041"]"#,
    #"["\ud800"]"#, #"["\uD800\"]"#, #"["\uD800\u"]"#, #"["\uD800\u1"]"#, #"["\uD800\u0041"]"#,
    #"["\uD800\uD800"]"#, #"["\uDC00"]"#,
    #"["\uDd1ea"]"#, #"["\uD834\uDd"]"#, #"["\ud800abc"]"#, #"[\n]"#, #"[\u0020"asd"]"#, "{[: \"x\"}",
    "{\"x\", null}", "{\"x\"::\"b\"}",
    "{\"a\":\"a\" 123}", "{key: 'value'}", "{\"a\" b}", "{:\"b\"}", "{\"a\"", "{\"a\":", "{1:1}",
    "{9999E9999:1}", "{null:null}",
    "{\"id\":0,,,,,}", "{'a':0}", "{\"id\":0,}", "{\"a\":\"b\",,\"c\":\"d\"}", "{a: \"b\"}", "{\"a\":\"a",
    "{ \"foo\" : \"bar\", \"a\" }",
    "{\"a\":\"b\"}#", "{\"a\":\"b\"}//", "{\"a\":\"b\"}/**/", "/**/1", "<null>", "[<null>]", "[a", "[\u{C}]",
    "[\u{2060}]", "\u{2060}", "\u{FEFF}{}",
    "{\"a\":1,\"a\":1}", "{\"a\":1,\"\\u0061\":2}", "*", "{\"x\":[}", "[{}", "[{", "{}}", "{\"\":",
    "{\"a\":/*c*/\"b\"}", "å", "[1\u{0}]",
  ]

  @Test(
    "Every well-formed text is accepted, and reads back the same after it is written", arguments: accepted)
  func accepts(_ text: String) throws {
    let value = try JSONValue(parsing: text)
    for layout in [JSONLayout.compact, .spaced, .pretty] {
      #expect(try JSONValue(parsing: value.text(layout)) == value)
    }
  }

  @Test("Every ill-formed text is refused", arguments: refused)
  func refuses(_ text: String) {
    #expect(throws: JSONError.self) { try JSONValue(parsing: text) }
  }

  @Test(
    "Bytes that are not UTF-8 are refused, in escaped strings too",
    arguments: [
      [0xFF], [0xC0, 0x80], [0xC3], [0xED, 0xA0, 0x80], [0xF4, 0x90, 0x80, 0x80], [0x80], [0xE2, 0x82],
      [0xF8, 0x88],
      [0x5C, 0x6E, 0xFF],
    ] as [[UInt8]])
  func refusesInvalidUTF8(_ bytes: [UInt8]) {
    let quote = UInt8(ascii: "\"")
    #expect {
      try JSONValue(parsing: [quote] + bytes + [quote])
    } throws: { error in
      (error as? JSONError)?.reason == .invalidUTF8
    }
    #expect(throws: JSONError.self) { try JSONValue(parsing: bytes) }
  }

  @Test("An error names line, column and reason")
  func errorPlaces() {
    func error(_ text: String) -> String {
      do throws(JSONError) { _ = try JSONValue(parsing: text) } catch { return error.description }
      return "none"
    }
    #expect(error("{\"a\" 1}") == "1:6: expected a colon after the key, found 1")
    #expect(error("{\n \"é\": 1,\n \"é\": [\n}") == "4:1: expected a value, found }")
    #expect(error("{\"é\":1, \"é\":2}") == "1:9: the key \"é\" occurs twice in one object")
    #expect(error("[1, 2") == "1:6: expected a comma or ], found the end of the text")
    #expect(error("\"a\u{1}\"") == "1:3: a string holds the control character 1 unescaped")
    #expect(error("[\"ab\\ud800\"]") == "1:7: half a surrogate pair, which is no character")
  }
}
