import Evaluation
import JSON
import TestSupport
import Testing

#if canImport(Glibc)
import Glibc
#endif

/// What sclite, sc_stats and rover of NIST's SCTK say; `scripts/goldens/sctk.py` asked them, and asks about more
/// cases for WARBLER_SCTK_REFERENCE, the folder it wrote.
@Suite struct `SCTK` {
  func reference(_ name: String) -> String {
    getenv("WARBLER_SCTK_REFERENCE").map { "\(String(cString: $0))/\(name)" } ?? golden(name)
  }

  struct Case {
    let reference, a, b: [String]
    let stepsA, stepsB: [[EditOperation]]
    let json: JSONValue

    init(_ json: JSONValue) throws {
      func strings(_ key: String) throws -> [String] {
        try #require(json[key]?.array).map { try #require($0.string) }
      }
      (reference, a, b) = (try strings("reference"), try strings("a"), try strings("b"))
      (stepsA, stepsB) = (try strings("steps_a").map(operations), try strings("steps_b").map(operations))
      self.json = json
    }

    func number(_ key: String) throws -> Double { try #require(json[key]?.double) }
  }

  func cases() throws -> [Case] {
    try #require(try JSONValue(contentsOf: reference("significance.json")).array).map(Case.init)
  }

  func words(_ text: String) -> [String] { text.split(separator: " ").map(String.init) }

  @Test func `alignments are those of sclite, step by step`() throws {
    for golden in try cases() {
      for (texts, steps) in [(golden.a, golden.stepsA), (golden.b, golden.stepsB)] {
        for (index, text) in texts.enumerated() {
          let reference = words(golden.reference[index])
          let ours = AlignedWords(sclite: reference, hypothesis: words(text))
          #expect(ours.operations == steps[index], "\(reference) \(text)")
        }
      }
    }
  }

  @Test func `segments, mean and Z are those of sc_stats`() throws {
    // sc_stats writes three decimals.
    let half = 0.0005 + 1e-12
    for golden in try cases() {
      let ours = MatchedPairs(golden.stepsA, golden.stepsB)
      #expect(ours.segments.count == Int(try golden.number("segments")))
      #expect(abs(ours.mean - (try golden.number("mean"))) <= half)
      #expect(abs(ours.z - (try golden.number("z"))) <= half)
    }
  }

  /// sc_stats looks the normal distribution up in a table of seven digits that ends at 5.14, at the entry at or
  /// below |Z|; where Z falls on an entry but for rounding, it may be either.
  @Test func `p is that of sc_stats, whose table is by hundredths`() throws {
    for golden in try cases() {
      let ours = MatchedPairs(golden.stepsA, golden.stepsB)
      func tabulated(_ z: Double) -> Double { 2 * (1 - normal(min(5.14, (100 * z).rounded(.down) / 100))) }
      let largest = tabulated(max(0, abs(ours.z) - 1e-9)), smallest = tabulated(abs(ours.z) + 1e-9)
      let theirs = try golden.number("mapsswe_p")
      // Half of the last of three decimals; half of the last digit of the table, twice.
      let tolerance = 0.0005 + 1e-7
      // What is below 0.001 is written as less than that, and stands for 0 here.
      let isSmall = theirs == 0 && smallest < 0.001
      #expect(isSmall || (smallest - tolerance...largest + tolerance).contains(theirs), "\(ours.z) \(theirs)")
      // Theirs is larger, but for rounding, or 0 for what is below 0.001: the normal density is at most 0.399, a
      // step of the table 0.01, the tails are two.
      #expect(ours.p <= theirs + 0.001 && ours.p >= theirs - 0.008 - tolerance)
    }
  }

  @Test func `McNemar's test is that of sc_stats, as long as that is exact`() throws {
    var compared = 0
    for golden in try cases() {
      let ours = SignTest(mcNemar: golden.stepsA, golden.stepsB)
      #expect(ours.a == golden.json["mcnemar"]?[0]?.int && ours.b == golden.json["mcnemar"]?[1]?.int)
      // Above 20 it takes the normal distribution.
      if ours.a + ours.b > 20 { continue }
      compared += 1
      let theirs = try golden.number("mcnemar_p")
      #expect(abs(ours.p - theirs) <= 0.0005 + 1e-12 || (theirs == 0 && ours.p < 0.001))
    }
    #expect(compared > 50)
  }

  @Test func `votes are those of rover, word by word`() throws {
    let methods: [String: RoverVote.Confidence] = ["meth1": .mean, "maxconf": .largest, "avgconf": .share]
    for golden in try #require(try JSONValue(contentsOf: reference("rover.json")).array) {
      let systems = try #require(golden["systems"]?.array).map { system in
        try #require(system.array).map { parsed(try #require($0.string)) }
      }
      for vote in try #require(golden["votes"]?.array) {
        let method = RoverVote(
          alpha: try #require(vote["alpha"]?.double),
          confidence: try #require(methods[vote["method"]?.string ?? ""]),
          nullConfidence: try #require(vote["null"]?.double))
        for (utterance, text) in try #require(vote["words"]?.array).enumerated() {
          var network = WordNetwork()
          for system in systems {
            network.add(system[utterance].map(\.0), confidences: system[utterance].map(\.1))
          }
          let ours = network.voted(method)
          let theirs = parsed(try #require(text.string))
          #expect(ours.map(\.word) == theirs.map(\.0), "\(method) \(systems.map { $0[utterance] })")
          // rover writes six decimals.
          for (a, b) in zip(ours, theirs) { #expect(abs(a.confidence - b.1) <= 0.5e-6 + 1e-12) }
        }
      }
    }
  }

  func parsed(_ text: String) -> [(String, Double)] {
    words(text).map { word in
      let parts = word.split(separator: ":")
      return (String(parts[0]), Double(parts[1]) ?? .nan)
    }
  }
}
