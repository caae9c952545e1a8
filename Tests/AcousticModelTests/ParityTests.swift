import AcousticModel
import CTC
import Checkpoints
import Tensors
import Testing

#if canImport(Glibc)
import Glibc
#endif

/// What the decode contract promises: log-posteriors within this of transformers', for each utterance alone.
private let tolerance: Float = 1e-3

@Suite("Parity with transformers")
struct ParityTests {
  @Test("the goldens are there")
  func goldensArePresent() {
    #expect(GoldenModel.all.count >= 50)
  }

  @Test("log-posteriors agree, for every variant and at every kernel level", arguments: GoldenModel.all)
  func logPosteriors(golden: GoldenModel) throws {
    for level in KernelLevel.supported {
      let inference = Inference(
        model: try golden.load(on: Compute(threads: 1)), on: Compute(threads: 2, level: level))
      let waveforms = try golden.waveforms()
      let references = try golden.references()
      #expect(!references.isEmpty)
      var worst: Float = 0
      for (waveform, reference) in zip(waveforms, references) {
        #expect(inference.model.configuration.frames(for: waveform.samples.count) == reference.frames)
        guard reference.frames > 0 else { continue }
        let emissions = inference.emissions(for: [waveform.samples])[0]
        #expect(emissions.frames == reference.frames)
        let difference = largestDifference(emissions, reference.logPosteriors)
        #expect(difference < tolerance, "\(golden), \(level), \(waveform.name)")
        worst = max(worst, difference)
      }
      report(golden, level, worst)
    }
  }

  /// Adds a row to the file that `WARBLER_PARITY_TABLE` names: how the table in Docs is made.
  private func report(_ golden: GoldenModel, _ level: KernelLevel, _ worst: Float) {
    guard let path = getenv("WARBLER_PARITY_TABLE"), let file = fopen(path, "a") else { return }
    fputs("\(golden.name)\t\(level.rawValue)\t\(worst)\t\(golden.why)\n", file)
    fclose(file)
  }

  @Test("an utterance's bits do not depend on its batch mates or on threads", arguments: GoldenModel.all)
  func bitsAreStable(golden: GoldenModel) throws {
    let model = try golden.load(on: Compute(threads: 2))
    let waveforms = try golden.waveforms().map(\.samples).filter {
      model.configuration.frames(for: $0.count) > 0
    }
    let one = Inference(model: model, on: Compute(threads: 1))
    let alone = waveforms.map { one.emissions(for: [$0])[0] }
    for threads in [1, 2, 5] {
      let inference = Inference(model: model, on: Compute(threads: threads))
      #expect(inference.emissions(for: waveforms) == alone, "\(threads) threads")
      #expect(
        inference.emissions(for: waveforms.reversed()) == alone.reversed(), "\(threads) threads, reversed")
    }
  }

  @Test("packing the weights on another level changes nothing")
  func packingIsTheSame() throws {
    let golden = try #require(GoldenModel.all.first)
    let compute = Compute(threads: 1)
    let waveform = try #require(try golden.waveforms().last).samples
    let emissions = try KernelLevel.supported.map { level in
      Inference(model: try golden.load(on: Compute(threads: 1, level: level)), on: compute).emissions(for: [
        waveform
      ])
    }
    #expect(emissions.allSatisfy { $0 == emissions[0] })
  }

  @Test("times are measured for every stage, and only when asked for")
  func stages() throws {
    let golden = try #require(GoldenModel.all.first)
    let inference = Inference(model: try golden.load(on: Compute(threads: 1)), on: Compute(threads: 1))
    let times = StageTimes()
    _ = inference.emissions(for: [try #require(try golden.waveforms().last).samples], times: times)
    #expect(Stage.allCases.allSatisfy { (times.seconds[$0] ?? 0) > 0 })
  }
}
