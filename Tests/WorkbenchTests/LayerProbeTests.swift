import CTC
import Glibc
import TestSupport
import Testing

@testable import Workbench

@Suite struct `A probe of layers` {
  let directory = TemporaryDirectory()

  @Test func `frames without a letter have the nearest one, the earlier of two`() throws {
    // - a - - b - - - c with certainty.
    let path = [0, 1, 0, 0, 0, 2, 2, 0, 0, 3]
    let emissions = Emissions(
      frames: path.count, vocabularySize: 4,
      logPosteriors: path.flatMap { token in (0..<4).map { $0 == token ? 0 : -10 } })
    let track = LetterTrack(try #require(ForcedAlignment(emissions, labels: [1, 2, 3], blank: 0)))
    #expect(track.letters == path.map { UInt16($0) })
    #expect(track.nearest == [1, 1, 1, 1, 2, 2, 2, 2, 3, 3])
  }

  @Test(arguments: ["", "x", "-1", "1,", "mfcc,mfcc", "0,1,0"])
  func `a list of layers that cannot be is named`(text: String) {
    let error = #expect(throws: UsageError.self) { try ProbeLayer.list(parsing: text) }
    #expect(error?.description.hasPrefix("--layers \(text): ") == true)
  }

  @Test func `layers are listed as they are written`() throws {
    #expect(try ProbeLayer.list(parsing: "all") == nil)
    #expect(try ProbeLayer.list(parsing: "6,mfcc,0") == [.hidden(6), .mfcc, .hidden(0)])
  }

  /// Recordings of three sounds, each of which the text calls by its own letter.
  private func manifest() -> String {
    var lines: [String] = []
    for index in 0..<12 {
      let kind = index % 3
      let samples = (0..<8000).map { Int16(8000 * sin(Double($0 * (300 + 700 * kind)) * 2 * .pi / 16_000)) }
      directory.write(wav(samples), as: "r\(index).wav")
      lines.append(#"{"audio_filepath": "r\#(index).wav", "text": "\#(["A", "E", "O"][kind])"}"#)
    }
    return directory.write(lines.joined(separator: "\n"), as: "m.jsonl")
  }

  private func options(_ layers: [ProbeLayer]?, threads: Int = 1) -> LayerProbe.Options {
    var options = LayerProbe.Options()
    options.layers = layers
    options.clusters = 3
    options.threads = threads
    return options
  }

  @Test func `clusters of three sounds are their three letters, whatever the threads`() throws {
    let manifest = manifest()
    let model = "\(goldenModels)/hidden-states/hubert-model"
    let reports = try [1, 3].map { threads in
      let probe = try LayerProbe(
        model: model, aligner: goldenModel(),
        options: options([.mfcc, .hidden(0), .hidden(2)], threads: threads))
      return try #require(
        try probe.run(manifest: manifest, shouldStop: { false }) { event in
          if case .failure(let failure) = event { Issue.record("\(failure)") }
        })
    }
    let report = reports[0]
    #expect(report.json == reports[1].json)
    #expect(report.utterances == 12 && report.layers.map(\.layer.name) == ["mfcc", "0", "2"])
    #expect(report.layers.map(\.features) == [39, 32, 32])
    // Half a second is 24 frames.
    #expect(report.layers.allSatisfy { $0.nearest.frames == 12 * 24 && $0.letters.frames <= 12 * 24 })
    #expect(report.layers.allSatisfy { $0.letters.frames >= 12 })
    // The MFCC of a steady tone hardly vary, and tones differ.
    #expect(report.layers[0].nearest.letterPurity > 0.99)
    #expect(report.layers[0].nearest.normalisedMutualInformation > 0.95)
    #expect(report.text.split(separator: "\n").count == 5)
  }

  @Test func `rows that cannot be aligned are named, and the others probed`() throws {
    let manifest = manifest()
    let more = [
      #"{"audio_filepath": "r0.wav", "id": "none"}"#,
      #"{"audio_filepath": "r0.wav", "id": "odd", "text": "A€"}"#,
      #"{"audio_filepath": "absent.wav", "text": "A"}"#,
      #"{"audio_filepath": "r0.wav", "id": "long", "text": "\#(String(repeating: "A", count: 40))"}"#,
    ]
    let text = String(decoding: contents(of: manifest), as: UTF8.self) + "\n" + more.joined(separator: "\n")
    let path = directory.write(text, as: "more.jsonl")
    let probe = try LayerProbe(
      model: goldenModel(), aligner: goldenModel(), options: options([.hidden(1)]))
    var failures: [String] = []
    let report = try probe.run(manifest: path, shouldStop: { false }) { event in
      if case .failure(let failure) = event { failures.append(failure.description) }
    }
    #expect(report?.utterances == 12)
    #expect(failures.count == 4, "\(failures)")
    #expect(failures[0].hasPrefix("\(path):13: text: none to align"))
    #expect(failures[1].hasPrefix("\(path):14: text: "))
    #expect(failures[2].contains("absent.wav: cannot be read"))
    #expect(failures[3].contains("24 frames have no path with the text's 40 letters"))
  }

  @Test func `a layer that is not there, a manifest without rows, and a stop`() throws {
    let error = #expect(throws: InputFailure.self) {
      try LayerProbe(model: goldenModel(), aligner: goldenModel(), options: options([.hidden(9)]))
    }
    #expect(error?.description.contains("hidden states 0 to 2, found --layers 9") == true)
    let probe = try LayerProbe(model: goldenModel(), aligner: goldenModel(), options: options(nil))
    let empty = directory.write(#"{"audio_filepath": "absent.wav", "text": "A"}"#, as: "empty.jsonl")
    #expect(throws: InputFailure.self) {
      try probe.run(manifest: empty, shouldStop: { false }, tell: { _ in })
    }
    #expect(try probe.run(manifest: manifest(), shouldStop: { true }, tell: { _ in }) == nil)
  }
}
