import JSON
import TestSupport
import Testing

@Suite("JSON values")
struct ValueTests {
  @Test("Integers are exact up to 64 bits and doubles beyond")
  func integers() throws {
    #expect(try JSONValue(parsing: "9223372036854775807") == .integer(.max))
    #expect(try JSONValue(parsing: "-9223372036854775808") == .integer(.min))
    #expect(try JSONValue(parsing: "9223372036854775808") == .number(9223372036854775808))
    #expect(try JSONValue(parsing: "-9223372036854775809") == .number(-9223372036854775808))
    #expect(try JSONValue(parsing: "1000000000000000019884624838656") == .number(1e30))
    #expect(try JSONValue(parsing: "9007199254740993").int == 9_007_199_254_740_993)
    #expect(try JSONValue(parsing: "5.0").int == nil)
    #expect(try JSONValue(parsing: "5").double == 5)
  }

  @Test(
    "Numbers are the nearest doubles",
    arguments: [
      "1e-05", "0.1", "1e22", "1e23", "123456789012345678e-20", "2.2250738585072011e-308", "5e-324",
      "2.5e-324",
      "1.7976931348623157e308", "9007199254740993.0", "0.30000000000000004", "1e-400", "4.35", "8.5e-7",
      "-1.5",
      "179769313486231580793728971405301e276", "0.000000000000000000000000000000000000001",
    ])
  func nearest(_ text: String) throws {
    #expect(try JSONValue(parsing: text).double?.bitPattern == Double(text)!.bitPattern)
  }

  @Test("Minus zero keeps its sign where it has a point")
  func minusZero() throws {
    #expect(try JSONValue(parsing: "-0.0").double?.sign == .minus)
    #expect(try JSONValue(parsing: "-0") == .integer(0))
  }

  @Test("Random doubles of every magnitude survive being written and read")
  func doublesRoundTrip() throws {
    var random = Seeded(1)
    for _ in 0..<20_000 {
      let value = Double(bitPattern: random.next())
      guard value.isFinite else { continue }
      let text = JSONValue.number(value).text()
      #expect(try JSONValue(parsing: text).double?.bitPattern == value.bitPattern)
    }
  }

  @Test("Python's literals for numbers that are not finite are accepted on request only")
  func nonFinite() throws {
    let text = "[NaN, Infinity, -Infinity, 1e400]"
    #expect(throws: JSONError.self) { try JSONValue(parsing: text) }
    let values = try JSONValue(parsing: text, options: .python).array!.map { $0.double! }
    #expect(values[0].isNaN)
    #expect(values[1...] == [.infinity, -.infinity, .infinity])
    #expect(throws: JSONError.self) { try JSONValue(parsing: "[-NaN]", options: .python) }
    let written = JSONValue.array([.number(.nan), .number(-.infinity)])
    #expect(written.text() == "[null,null]")
    #expect(written.text(nonFinite: .pythonLiterals) == "[NaN,-Infinity]")
  }

  @Test("Escapes and surrogate pairs become the characters they stand for")
  func escapes() throws {
    let value = try JSONValue(parsing: #""\"\\\/\b\f\n\r\t\u00e9\uD834\uDD1Eé""#)
    #expect(value.string == "\"\\/\u{8}\u{C}\n\r\t\u{E9}\u{1D11E}é")
  }

  @Test("Members keep their order, and are found among few and among many")
  func members() throws {
    for count in [1, 16, 17, 1000] {
      let keys = (0..<count).map { "key\(($0 * 7919) % 1009)" }
      let text = "{" + keys.enumerated().map { "\"\($1)\":\($0)" }.joined(separator: ",") + "}"
      let value = try JSONValue(parsing: text)
      #expect(value.object?.keys == keys)
      for (place, key) in keys.enumerated() { #expect(value[key]?.int == place) }
      #expect(value["none"] == nil)
      #expect(value.text() == text)
      let again = text.dropLast() + ",\"\(keys[count / 2])\":0}"
      #expect(throws: JSONError.self) { try JSONValue(parsing: String(again)) }
    }
  }

  @Test("Keys that are canonically equivalent but differ in bytes are two keys")
  func exactKeys() throws {
    let value = try JSONValue(parsing: "{\"\u{E9}\": 1, \"e\u{301}\": 2}")
    #expect(value["\u{E9}"]?.int == 1)
    #expect(value["e\u{301}"]?.int == 2)
    #expect(ExactString("\u{E9}") != ExactString("e\u{301}"))
    #expect(Set([ExactString("\u{E9}"), ExactString("e\u{301}"), ExactString("\u{E9}")]).count == 2)
  }

  @Test("A repeated key may be let through: the last value at the first place")
  func lastWins() throws {
    var options = JSONOptions()
    options.duplicateKeys = .lastWins
    #expect(
      try JSONValue(parsing: "{\"a\":1,\"b\":2,\"a\":3}", options: options).text() == "{\"a\":3,\"b\":2}")
  }

  @Test("Members are set, added and removed by key")
  func editing() {
    var object: JSONObject = ["a": 1, "b": nil]
    object["a"] = "x"
    object["c"] = [1.5, true]
    object["b"] = nil
    #expect(JSONValue.object(object).text() == #"{"a":"x","c":[1.5,true]}"#)
    for i in 0..<40 { object["k\(i)"] = .integer(Int64(i)) }
    for i in 0..<39 { object["k\(i)"] = nil }
    #expect(object["k39"]?.int == 39)
    #expect(object.count == 3)
  }

  @Test("The three layouts are these")
  func layouts() {
    let value: JSONValue = ["a": [1, 2.5, []], "b": [:], "c": "\u{1}\"\\\n é", "d": [["e": nil]]]
    #expect(value.text() == #"{"a":[1,2.5,[]],"b":{},"c":"\u0001\"\\\n é","d":[{"e":null}]}"#)
    #expect(
      value.text(.spaced) == #"{"a": [1, 2.5, []], "b": {}, "c": "\u0001\"\\\n é", "d": [{"e": null}]}"#)
    #expect(
      value.text(.pretty) == """
        {
          "a": [
            1,
            2.5,
            []
          ],
          "b": {},
          "c": "\\u0001\\"\\\\\\n é",
          "d": [
            {
              "e": null
            }
          ]
        }
        """)
  }
}
