import JSON
import TestSupport
import Testing

@Suite("The limits of the JSON reader")
struct LimitTests {
  @Test("Nesting is accepted up to the limit and refused one deeper, arrays and objects alike")
  func depth() throws {
    for (open, close) in [("[", "]"), ("{\"a\":", "}")] {
      func nested(_ depth: Int) -> String {
        String(repeating: open, count: depth - 1) + (open == "[" ? "[]" : "{}")
          + String(repeating: close, count: depth - 1)
      }
      _ = try JSONValue(parsing: nested(128))
      #expect { try JSONValue(parsing: nested(129)) } throws: {
        ($0 as? JSONError)?.reason == .tooDeep(limit: 128)
      }
      var options = JSONOptions()
      options.depthLimit = 1000
      _ = try JSONValue(parsing: nested(1000), options: options)
      #expect(throws: JSONError.self) { try JSONValue(parsing: nested(1001), options: options) }
    }
  }

  @Test("A million opening brackets are refused at the 129th")
  func deepHostility() {
    let bytes = [UInt8](repeating: UInt8(ascii: "["), count: 1_000_000)
    #expect { try JSONValue(parsing: bytes) } throws: { error in
      let error = error as? JSONError
      return error?.reason == .tooDeep(limit: 128) && error?.column == 129
    }
  }

  @Test("Bytes and values have limits of their own")
  func sizes() {
    var options = JSONOptions()
    options.byteLimit = 5
    #expect { try JSONValue(parsing: "[1, 2]", options: options) } throws: {
      ($0 as? JSONError)?.reason == .tooLarge(bytes: 6, limit: 5)
    }
    options = JSONOptions()
    options.valueLimit = 3
    #expect(throws: Never.self) { try JSONValue(parsing: "[1,2]", options: options) }
    #expect { try JSONValue(parsing: "[1,2,3]", options: options) } throws: {
      ($0 as? JSONError)?.reason == .tooManyValues(limit: 3)
    }
  }

  @Test("A file is read whole, and an error names it")
  func files() throws {
    let directory = TemporaryDirectory()
    let path = directory.write("{\"a\": [1,\n2}", as: "a.json")
    #expect { try JSONValue(contentsOf: path) } throws: {
      "\($0)" == "\(path):2:2: expected a comma or ], found }"
    }
    #expect { try JSONValue(contentsOf: "/none/such.json") } throws: {
      "\($0)" == "/none/such.json: No such file or directory"
    }
    #expect { try JSONValue(contentsOf: directory.path) } throws: {
      "\($0)" == "\(directory.path): not a regular file"
    }
    #expect { try JSONValue(contentsOf: "/dev/zero") } throws: { "\($0)" == "/dev/zero: not a regular file" }
  }

  @Test("Mutated documents are read or refused, and what is read is written and read again the same")
  func fuzz() throws {
    let seeds = [
      #"{"a":[1,-2.5e-3,true,null,{"b":"x\u00e9\ud83d\ude00\n"}],"c":{"d":[[],{}]},"é":"ß𝄞"}"#,
      #"[[[[{"k":[1e5,0.1,"\\\"/"]}]]],12345678901234567890,-0.0,"",{"":{"":{}}}]"#,
    ].map { Array($0.utf8) }
    var random = Seeded(7)
    var readable = 0
    for round in 0..<60_000 {
      var bytes = seeds[round % seeds.count]
      for _ in 0..<Int.random(in: 1...4, using: &random) {
        let place = Int.random(in: 0..<max(1, bytes.count), using: &random)
        switch Int.random(in: 0..<5, using: &random) {
        case 0 where !bytes.isEmpty: bytes[place] = UInt8.random(in: 0...255, using: &random)
        case 1 where !bytes.isEmpty: bytes.remove(at: place)
        case 2 where !bytes.isEmpty: bytes.insert(bytes.randomElement(using: &random)!, at: place)
        case 3: bytes = Array(bytes.prefix(place))
        default:
          bytes.insert(
            Array("[]{}\",:\\u0d8".utf8).randomElement(using: &random)!, at: min(place, bytes.count))
        }
      }
      guard let value = try? JSONValue(parsing: bytes) else { continue }
      readable += 1
      #expect(try JSONValue(parsing: value.utf8(.pretty)) == value)
    }
    #expect(readable > 1000)
  }

  @Test("A manifest of ten thousand lines is read in well under a second")
  func speed() throws {
    let line = Array(
      #"{"id": "speaker-1/utterance-0042", "audio_filepath": "clips/speaker-1/utterance-0042.wav", "text": "the quick brown fox jumps over the lazy dog", "duration": 3.1875, "offset": 0, "speaker": "speaker-1", "language": "en"}"#
        .utf8)
    let clock = ContinuousClock()
    let time = try clock.measure {
      for _ in 0..<10_000 { _ = try JSONValue(parsing: line) }
    }
    print("10,000 manifest lines in \(time)")
    #expect(time < .seconds(5))  // Debug builds and busy machines included; about 20 ms in a release build.
  }
}
