import Checkpoints
import TestSupport
import Testing

@testable import Clustering

@Suite struct StandardizationTests {
  @Test func `worked by hand`() {
    var moments = FrameMoments(dimensions: 2)
    let areAdded = [moments.add([1, 5, 3, 5]), moments.add([5, 5, 7, 5])]
    #expect(areAdded == [true, true])
    // Mean 4, variance (9 + 1 + 1 + 9) / 4; the second feature never changes.
    let deviation = Double(5).squareRoot()
    #expect(moments.frames == 4)
    let scale = moments.scale(unitVariance: true)
    #expect(scale == FrameScale(means: [4, 5], deviations: [Float(deviation), 1]))
    #expect(scale.standardized([4, 5, 9, 6]) == [0, 0, 5 / Float(deviation), 1])
    #expect(moments.scale(unitVariance: false).standardized([4, 5, 9, 6]) == [0, 0, 5, 1])
  }

  @Test func `frames have mean 0 and variance 1 afterwards, far from 0 too`() {
    var generator = Seeded(3)
    let values = generator.floats(3000).enumerated().map { index, value in
      [1000 + value, 0.001 * value, -40 + 100 * value][index % 3]
    }
    var moments = FrameMoments(dimensions: 3)
    _ = moments.add(values)
    let scaled = moments.scale(unitVariance: true).standardized(values)
    for feature in 0..<3 {
      let column = stride(from: feature, to: scaled.count, by: 3).map { Double(scaled[$0]) }
      let mean = column.reduce(0, +) / 1000
      let variance = column.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / 1000
      #expect(abs(mean) < 2e-4 && abs(variance - 1) < 1e-3, "feature \(feature): \(mean), \(variance)")
    }
  }

  @Test func `frames that are not finite change nothing`() {
    var moments = FrameMoments(dimensions: 2)
    _ = moments.add([1, 2])
    let before = moments
    let areAdded = [moments.add([3, 4, .nan, 6]), moments.add([.infinity, 0])]
    #expect(areAdded == [false, false] && moments == before)
  }

  @Test func `speakers come back as they were`() throws {
    let directory = TemporaryDirectory()
    let path = directory.file("speakers.safetensors")
    var (first, second) = (FrameMoments(dimensions: 2), FrameMoments(dimensions: 2))
    _ = first.add([1, 2, 3, 4])
    _ = second.add([0.25, -3, 1e6, 7])
    for standardization in [Standardization.speaker, .speakerMean] {
      let origin = FeatureOrigin(kind: .mfcc, framesPerSecond: 100, standardization: standardization)
      let speakers = SpeakerScales(
        ["a/b": first, "ü": second, "unheard": FrameMoments(dimensions: 2)], origin: origin)
      #expect(Set(speakers.scales.keys) == ["a/b", "ü"])
      #expect((speakers.scales["ü"]?.deviations == [1, 1]) == (standardization == .speakerMean))
      try speakers.write(to: path)
      #expect(try SpeakerScales(path: path) == speakers)
    }
    #expect(throws: CheckpointError.self) { try ClusterLabels(path: path) }
  }

  @Test func `files say what their features were standardized over`() throws {
    let directory = TemporaryDirectory()
    let path = directory.file("labels.safetensors")
    for standardization in Standardization.allCases {
      let origin = FeatureOrigin(kind: .mfcc, framesPerSecond: 50, standardization: standardization)
      try ClusterLabels.write([("a", [1])], clusters: 2, origin: origin, to: path)
      #expect(try ClusterLabels(path: path).origin == origin)
    }
    #expect(
      FeatureOrigin(metadata: ["features": "mfcc", "frames_per_second": "50", "standardized": "sex"]) == nil)
  }
}
