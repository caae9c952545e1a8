import Evaluation
import TestSupport
import Testing

@Suite struct `Differences of two systems` {
  let a = [aligned("abc", "xbc", "SMM"), aligned("ab", "aab", "IMM"), aligned("ab", "b", "DM")]
  let b = [aligned("abc", "aby", "MMS"), aligned("ab", "ab", "MM"), aligned("ab", "xb", "SM")]

  @Test func `an alignment by places of the reference`() {
    let places = aligned("abc", "xayz", "IMSDI").places
    #expect(places.map(\.reference) == ["a", "b", "c", nil])
    #expect(places.map(\.hypothesis) == ["a", "y", nil, nil])
    #expect(places.map(\.inserted) == [["x"], [], [], ["z"]])
    #expect(places.map(\.isRight) == [true, false, false, false])
  }

  @Test func `confusions fixed and broken, worked by hand`() {
    let changes = ConfusionChange.from(a, to: b)
    let expected = [
      (Confusion(reference: nil, hypothesis: "a"), 1, 0), (Confusion(reference: "a", hypothesis: "x"), 1, 0),
      (Confusion(reference: "c", hypothesis: "y"), 0, 1),
    ]
    // The deletion that became a substitution is neither.
    #expect(changes.map(\.confusion) == expected.map(\.0))
    #expect(changes.map(\.fixed) == expected.map(\.1) && changes.map(\.broken) == expected.map(\.2))
    #expect(ConfusionChange.from(a, to: a).isEmpty)
  }

  @Test func `an insertion moved to another place is fixed in one and broken in the other`() {
    let changes = ConfusionChange.from([aligned("ab", "xab", "IMM")], to: [aligned("ab", "axb", "MIM")])
    #expect(changes.count == 1 && changes[0].fixed == 1 && changes[0].broken == 1)
    // Of two equal insertions in a place one is left.
    let less = ConfusionChange.from([aligned("a", "xxa", "IIM")], to: [aligned("a", "xa", "IM")])
    #expect(less.map(\.fixed) == [1] && less.map(\.broken) == [0])
  }

  @Test func `changes add up to the recall of each word`() {
    var generator = Seeded(12)
    for _ in 0..<100 {
      let references = (0..<5).map { _ in generator.words(0...8) }
      func system() -> [AlignedWords] {
        references.map { AlignedWords(sclite: $0, hypothesis: generator.words(0...8)) }
      }
      let (a, b) = (system(), system())
      let changes = ConfusionChange.from(a, to: b)
      let recalls = RecallChange.from(a, to: b)
      for word in ["a", "b", "c", "d"] {
        let ofWord = changes.filter { $0.confusion.reference == word }
        let gain = ofWord.reduce(0) { $0 + $1.fixed - $1.broken }
        #expect(gain == recalls.first { $0.word == word }?.gain ?? 0)
      }
      let back = ConfusionChange.from(b, to: a)
      #expect(Set(back.map(\.confusion)) == Set(changes.map(\.confusion)))
      #expect(back.reduce(0) { $0 + $1.fixed } == changes.reduce(0) { $0 + $1.broken })
      #expect(zip(recalls, recalls.dropFirst()).allSatisfy { abs($0.gain) >= abs($1.gain) })
    }
  }

  @Test func `recall, worked by hand`() {
    // a: right in 1 of 3 and then 2 of 3; c: 1 and then 0; b always.
    let changes = RecallChange.from(a, to: b)
    #expect(changes.map(\.word) == ["a", "c"])
    #expect(
      changes.map { [$0.count, $0.rightInA, $0.rightInB, $0.gain] } == [[3, 1, 2, 1], [1, 1, 0, -1]])
  }

  @Test func `utterances of the largest gain and loss`() {
    let (a, b) = ([0, 3, 2, 2, 5], [1, 1, 2, 0, 9])
    let gains = UtteranceChange.largestGains(a, b, limit: 5)
    #expect(gains.map(\.index) == [1, 3] && gains.map(\.gain) == [2, 2])
    let losses = UtteranceChange.largestLosses(a, b, limit: 1)
    #expect(losses.map(\.index) == [4] && losses.map(\.gain) == [-4])
    #expect(losses.first?.errorsOfA == 5 && losses.first?.errorsOfB == 9)
  }

  @Test func `hypotheses side by side`() {
    let columns = AlignedColumns([
      aligned("ab", "xyab", "IIMM"), aligned("ab", "zb", "SM"), aligned("ab", "azw", "MDII"),
    ])
    .columns
    #expect(columns.map(\.reference) == [nil, nil, "a", "b", nil, nil])
    #expect(
      columns.map(\.hypotheses) == [
        ["x", nil, nil], ["y", nil, nil], ["a", "z", "a"], ["b", "b", nil], [nil, nil, "z"], [nil, nil, "w"],
      ])
    #expect(AlignedColumns([]).columns.isEmpty)
  }
}

@Suite struct `Errors by a quantity` {
  func bins(_ quantities: [Double], _ bins: Int) -> [ErrorRateBin] {
    ErrorRateBin.quantiles(
      errors: quantities.indices.map { $0 % 2 }, totals: quantities.map { _ in 2 }, by: quantities, bins: bins
    )
  }

  @Test func `as many items in each, in order`() {
    let four = bins([4, 1, 3, 2, 8, 7, 6, 5], 4)
    #expect(four.map(\.range) == [1...2, 3...4, 5...6, 7...8])
    #expect(four.map(\.count) == [2, 2, 2, 2] && four.map(\.errors) == [2, 0, 1, 1])
    #expect(four.map(\.rate) == [0.5, 0, 0.25, 0.25])
  }

  @Test func `equal quantities stay together, unknown ones are left out`() {
    #expect(bins([1, 1, 1, 1, 2], 3).map(\.range) == [1...1, 2...2])
    #expect(bins([.nan, 1, .infinity], 2).map(\.count) == [1])
    #expect(bins([], 3).isEmpty)
    #expect(bins([5, 6], 9).map(\.count) == [1, 1])
    #expect(ErrorRateBin.quantiles(errors: [1], totals: [0], by: [1], bins: 1).map(\.rate) == [nil])
  }

  @Test func `no item is lost or counted twice`() {
    var generator = Seeded(13)
    for _ in 0..<200 {
      let quantities = (0..<Int.random(in: 0...40, using: &generator)).map { _ in
        Double(Int.random(in: 0...12, using: &generator))
      }
      let result = bins(quantities, Int.random(in: 1...8, using: &generator))
      #expect(result.reduce(0) { $0 + $1.count } == quantities.count)
      #expect(result.reduce(0) { $0 + $1.errors } == quantities.count / 2)
      #expect(zip(result, result.dropFirst()).allSatisfy { $0.range.upperBound < $1.range.lowerBound })
    }
  }
}
