import CTC
import Glibc
import JSON
import TestSupport
import Testing

@testable import Workbench

@Suite struct `Auditing labels` {
  private let directory = TemporaryDirectory()

  /// Rows of a manifest, with other texts and with paths that hold from elsewhere.
  private func rows(of manifest: String, texts: [String: String] = [:]) throws -> String {
    let folder = manifest.split(separator: "/").dropLast().map { "/" + $0 }.joined()
    let lines = try String(decoding: contents(of: manifest), as: UTF8.self).split(separator: "\n").map {
      line -> String in
      var row = try #require(try JSONValue(parsing: String(line)).object)
      let path = try #require(row["audio_filepath"]?.string)
      let id = row["id"]?.string ?? String(path.prefix { $0 != "." })
      row["audio_filepath"] = .string("\(folder)/\(path)")
      row["id"] = .string(id)
      if let text = texts[id] { row["text"] = .string(text) }
      return JSONValue.object(row).text()
    }
    return directory.write(lines.joined(separator: "\n") + "\n", as: "\(texts.count)-manifest.jsonl")
  }

  private func audit(
    _ manifest: String, model: String = `The shipped checkpoint`.model,
    by measure: LabelEvidence.Measure = .margin, decoders: [String] = ["greedy"]
  ) throws -> LabelAudit.Result {
    var audit = LabelAudit(models: [model])
    audit.decoders = try decoders.map { try DecoderChoice(parsing: $0) }
    return try #require(
      try audit.run(manifest: manifest, rankedBy: measure, shouldStop: { false }, progress: { _ in }))
  }

  @Test func `measures are what their definitions say`() throws {
    let manifest = try rows(of: `The shipped checkpoint`.corpus)
    let result = try audit(manifest, decoders: ["greedy", "beam:width=20"])
    #expect(result.evidence.count == 27 && result.failures.isEmpty)
    let decoded = try decode([manifest], model: `The shipped checkpoint`.model)
    for evidence in result.evidence {
      let place = try #require(decoded.transcripts.firstIndex { $0.id == evidence.id })
      let transcript = decoded.transcripts[place]
      #expect(evidence.heard.count == 2 && evidence.heard[0] == transcript.text)
      // What was heard by the greedy decoder is no likelier than what it is compared with.
      let labels = Double(evidence.reference.count)
      #expect(evidence.margin >= 0 && evidence.loss >= 0)
      // loss x labels = -ln P(reference); less the margin it is -ln P(heard).
      #expect(
        evidence.margin == 0
          || abs((evidence.loss - evidence.margin) * labels + transcript.alternatives[0].acousticScore) < 1e-6
            * labels
      )
      #expect(evidence.disagreement > 0 && evidence.alignment > 0 && evidence.weakestWord != nil)
    }
    let margins = result.evidence.map(\.margin)
    #expect(margins == margins.sorted(by: >))
    let byLoss = try audit(manifest, by: .loss).evidence.map(\.loss)
    #expect(byLoss == byLoss.sorted(by: >))
  }

  @Test func `texts that change places come to the front`() throws {
    // Two of those that the checkpoint understands best.
    let pair = ["espeak-f3-09", "espeak-rp-26"]
    let plain = try audit(try rows(of: `The shipped checkpoint`.corpus)).evidence
    #expect(Set(plain.prefix(20).map(\.id)).isDisjoint(with: pair))
    let texts = try pair.map { id in try #require(plain.first { $0.id == id }).reference }
    let swapped = try rows(
      of: `The shipped checkpoint`.corpus, texts: [pair[0]: texts[1], pair[1]: texts[0]])
    // A "yes" heard as "su" stands before both.
    #expect(Set(try audit(swapped).evidence.prefix(3).map(\.id)).isSuperset(of: pair))
  }

  @Test func `of equals the first of the manifest comes first`() {
    func evidence(_ id: String, _ loss: Double) -> LabelEvidence {
      LabelEvidence(
        id: id, place: id, audioPath: id, durationSeconds: 1, reference: "", heard: [], loss: loss, margin: 0,
        disagreement: 0, alignment: -loss, weakestWord: nil)
    }
    let all = [evidence("a", 1), evidence("b", 3), evidence("c", 1), evidence("d", .infinity)]
    #expect(all.ranked(by: .loss).map(\.id) == ["d", "b", "a", "c"])
    #expect(all.ranked(by: .margin).map(\.id) == ["a", "b", "c", "d"])
    #expect(all.ranked(by: .alignment).map(\.id) == ["a", "c", "b", "d"])
  }

  @Test
  func `a text too long for its sound is the most suspicious, and rows that cannot be judged are named`()
    throws
  {
    directory.write(wav(noise(8_000)), as: "short.wav")
    directory.write(wav(noise(16_000)), as: "b.wav")
    let long = String(repeating: "an egg ", count: 40)
    let manifest = directory.write(
      """
      {"audio_filepath": "b.wav", "text": "an egg"}
      {"audio_filepath": "short.wav", "text": "\(long)"}
      {"audio_filepath": "b.wav", "id": "untold"}
      {"audio_filepath": "absent.wav", "text": "a"}
      """, as: "m.jsonl")
    let result = try audit(manifest, model: goldenModel("hubert-base"))
    #expect(result.evidence.map(\.id) == ["short", "b"])
    #expect(result.evidence[0].loss == .infinity && result.evidence[0].alignment == .infinity)
    #expect(result.evidence[0].jsonLine(rank: 1, systems: ["greedy"]).contains("\"loss\": null"))
    #expect(result.evidence[0].place == "\(manifest):2")
    #expect(result.failures.count == 2)
    #expect(result.failures[0].description.hasPrefix("\(manifest):3: no text"))
  }
}
