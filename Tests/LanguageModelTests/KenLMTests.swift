import LanguageModel
import TestSupport
import Testing

@Suite struct `Scores are those of KenLM` {
  /// A sentence of `scripts/goldens/language_model.py`.
  struct Row {
    let words: [Substring]
    let bos: Bool
    let eos: Bool
    let total: Double
    let scores: [Double]
    let states: [Int]

    init(_ line: Substring) {
      let fields = line.split(separator: "\t", omittingEmptySubsequences: false)
      words = fields[0].split(separator: " ")
      (bos, eos) = (fields[1] == "1", fields[2] == "1")
      total = Double(fields[3]) ?? .nan
      scores = fields[4].split(separator: " ").map { Double($0) ?? .nan }
      states = fields[5].split(separator: " ").map { Int($0) ?? -1 }
    }
  }

  let directory = TemporaryDirectory()

  func rows(_ name: Substring) -> [Row] {
    String(decoding: contents(of: golden("\(name).tsv")), as: UTF8.self)
      .split(separator: "\n").map(Row.init)
  }

  static let models = [
    "order2.arpa", "order3.arpa", "order4.arpa.gz", "order5.arpa", "holes.arpa", "nounk.arpa",
  ]

  @Test(arguments: models)
  func `words, sentence ends, unknown words and totals agree to 1e-5, from ARPA and from our binary`(
    file: String
  )
    throws
  {
    let read = try openLanguageModel(golden(file))
    let path = directory.file("binary")
    try read.write(to: path)
    let mapped = try openLanguageModel(path)
    let again = directory.file("again.arpa")
    try mapped.writeARPA(to: again)
    let rows = rows(file.prefix { $0 != "." })
    #expect(rows.count == 60)
    for model in [read, mapped, try openLanguageModel(again)] {
      for row in rows {
        let ours = model.scores(row.words, bos: row.bos, eos: row.eos).log10.map(Double.init)
        #expect(ours.count == row.scores.count)
        for (ours, theirs) in zip(ours, row.scores) { #expect(abs(ours - theirs) < 1e-5, "\(row.words)") }
        // Of up to 13 scores, each to 24 bits.
        #expect(abs(ours.reduce(0, +) - row.total) < 1e-5 * max(1, abs(row.total) / 10), "\(row.words)")
      }
    }
  }

  @Test(arguments: models)
  func `states are equal exactly where KenLM's are`(file: String) throws {
    let model = try openLanguageModel(golden(file))
    var (toOurs, toTheirs): ([Int: LanguageState], [LanguageState: Int]) = ([:], [:])
    for row in rows(file.prefix { $0 != "." }) {
      let states = model.scores(row.words, bos: row.bos).states
      for (ours, theirs) in zip(states, row.states) {
        #expect(toOurs[theirs, default: ours] == ours && toTheirs[ours, default: theirs] == theirs)
        toOurs[theirs] = ours
        toTheirs[ours] = theirs
      }
    }
    #expect(toOurs.count > 10)
  }
}
