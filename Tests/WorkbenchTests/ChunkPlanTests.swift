import AcousticModel
import CTC
import Glibc
import Tensors
import TestSupport
import Testing

@testable import Workbench

@Suite struct Chunks {
  @Test func `recordings up to 120 s stay whole unless chunks are asked for`() {
    #expect(ChunkPlan.seconds(forRecordingOf: 120, requested: nil) == nil)
    #expect(ChunkPlan.seconds(forRecordingOf: 120.01, requested: nil) == 60)
    #expect(ChunkPlan.seconds(forRecordingOf: 31, requested: 30) == 30)
    #expect(ChunkPlan.seconds(forRecordingOf: 30, requested: 30) == nil)
    #expect(ChunkPlan.seconds(forRecordingOf: 500, requested: 1000) == nil)
  }

  /// Every frame of the whole exactly once, in order, each from its own samples; no window longer than asked.
  @Test(arguments: ["hubert-base", "hubert-conv-stack", "wav2vec2-adapter", "wav2vec2-adapter-even"])
  func `joined frames are the recording's own`(variant: String) throws {
    let model = try LoadedModel(directory: goldenModel(variant), on: Compute(threads: 1))
    let perFrame = model.timing.samplesPerFrame
    for samples in [50_000, 50_001, 63_999, 64_000, 100_337, 333_333] {
      for seconds in [1.0, 1.5, 2.7] {
        let plan = ChunkPlan(samples: samples, seconds: seconds, model.input)
        var next = 0
        for window in plan.windows {
          #expect(window.samples.lowerBound % perFrame == 0)
          #expect(window.samples.lowerBound / perFrame + window.kept.lowerBound == next)
          #expect(model.acoustic.configuration.frames(for: window.samples.count) >= window.kept.upperBound)
          #expect(window.samples.upperBound <= samples)
          next += window.kept.count
        }
        #expect(
          next == model.acoustic.configuration.frames(for: samples), "\(variant): \(samples) in \(seconds) s")
        if variant == "hubert-base" {
          #expect(plan.windows.allSatisfy { Double($0.samples.count) <= seconds * 16_000 })
        }
      }
    }
  }

  @Test func `chunked emissions follow the whole recording's, frame by frame`() throws {
    // A layer-norm encoder: what a window differs by is attention alone.
    let compute = Compute(threads: 1)
    let model = try LoadedModel(directory: goldenModel("hubert-large"), on: compute)
    let inference = Inference(model: model.acoustic, on: compute)
    let samples = noise(100_000).map { Float($0) / 8192 }
    let whole = inference.emissions(for: [samples])[0]
    let plan = ChunkPlan(samples: samples.count, seconds: 4, model.input)
    #expect(plan.windows.count > 1)
    let joined = try #require(
      plan.joined(
        samples, together: 10, shouldStop: { false }, underway: { _ in }, compute: rows(inference)
      )
      .map { Emissions($0) })
    #expect(joined.frames == whole.frames)
    // What attention does not reach differs, so not every frame agrees; but nowhere as well as at its own
    // place.
    let labels = [whole, joined].map { emissions in
      (0..<emissions.frames).map { frame in
        (0..<emissions.vocabularySize).max { emissions[frame, $0] < emissions[frame, $1] }!
      }
    }
    let agreeing = (-3...3).map { shift in
      (3..<whole.frames - 3).count { labels[0][$0] == labels[1][$0 + shift] }
    }
    #expect(
      agreeing[3] > 2 * agreeing.enumerated().filter { $0.offset != 3 }.map(\.element).max()!, "\(agreeing)")
    // Windows computed together are windows computed alone.
    let together = plan.joined(
      samples, together: 1 << 30, shouldStop: { false }, underway: { _ in }, compute: rows(inference))
    #expect(together == FrameRows(joined))
  }

  @Test func `a chunked recording can be stopped between windows`() throws {
    let compute = Compute(threads: 1)
    let model = try LoadedModel(directory: goldenModel("hubert-base"), on: compute)
    let inference = Inference(model: model.acoustic, on: compute)
    let samples = noise(100_000).map { Float($0) / 8192 }
    var parts: [Double] = []
    let stopped = ChunkPlan(samples: samples.count, seconds: 2, model.input).joined(
      samples, together: 1, shouldStop: { parts.count == 2 }, underway: { parts.append($0) },
      compute: rows(inference))
    #expect(stopped == nil)
    #expect(parts.count == 2)
  }

  private func rows(_ inference: Inference) -> ([[Float]]) -> [FrameRows] {
    { inference.emissions(for: $0).map { FrameRows($0) } }
  }
}
