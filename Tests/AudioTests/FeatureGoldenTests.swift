import Audio
import Checkpoints
import Glibc
import TestSupport
import Testing

/// What torchaudio makes of speech: `scripts/goldens/mfcc.py`.
@Suite struct `Features against torchaudio` {
  /// torchaudio's weights of mel filters are float32 even for float64 samples. Its mel values, up to 2840,
  /// are off by 1.2e-4, so the weights of 80 filters, 35 mel wide, are off by 1.4e-5: 8e-4 of the smallest
  /// weight at a triangle's foot, and less in the logarithm the more of a filter's energy lies elsewhere.
  private let doubleTolerance: Float = 5e-4
  private let contract: Float = 1e-3

  private func largestDifference(_ a: [Float], _ b: [Float]) -> Float {
    zip(a, b).reduce(0) { max($0, abs($1.0 - $1.1)) }
  }

  private func mel80(_ samples: [Float]) -> [Float] {
    var options = LogMelOptions()
    options.bins = 80
    return LogMel(options).features(of: samples)
  }

  private static let recordings = [
    "kathleen": golden("kathleen.flac"), "kerstin": golden("kerstin.flac"),
    "espeak": golden("../../../Corpora/espeak-en/audio/espeak-f3-12.flac"),
  ]

  private func compare(_ features: [Float], _ name: String) throws {
    let file = try TensorFile(path: golden("features.safetensors"))
    let single = try file.floats(name)
    let double = try file.floats("\(name).double")
    try #require(features.count == single.count && features.count == double.count)
    #expect(largestDifference(features, single) < contract)
    #expect(largestDifference(features, double) < doubleTolerance)
  }

  @Test(arguments: recordings.keys.sorted())
  func `MFCC with deltas of speech are within a thousandth`(_ name: String) throws {
    let samples = try readWaveform(from: .file(path: Self.recordings[name]!)).samples
    try compare(MFCC().features(of: samples), "\(name).mfcc")
  }

  @Test func `80 mel bins of speech are within a thousandth`() throws {
    let samples = try readWaveform(from: .file(path: Self.recordings["kathleen"]!)).samples
    try compare(mel80(samples), "kathleen.mel80")
  }

  @Test(arguments: WindowShape.allCases, [8_000, 11_025, 16_000, 22_050, 44_100])
  func `other rates, windows, ranges and no pre-emphasis too`(_ window: WindowShape, _ rate: Int) throws {
    let file = try TensorFile(path: golden("features.safetensors"))
    let samples = try readWaveform(from: .file(path: golden("kathleen.flac"))).samples
    var options = LogMelOptions()
    options.frames.sampleRate = rate
    options.frames.window = window
    options.frames.removesMean = window != .hann
    options.frames.preemphasis = window == .hamming ? 0 : 0.97
    options.bins = 40
    options.lowFrequency = 60
    options.highFrequency = -100
    let features = LogMel(options).features(of: Array(samples[8000..<12_000]))
    let expected = try file.floats("kathleen.\(rate).\(window).double")
    try #require(features.count == expected.count)
    #expect(largestDifference(features, expected) < doubleTolerance)
  }

  static let wide = getenv("WARBLER_FEATURE_REFERENCE").map { String(cString: $0) }

  @Test(
    .enabled(
      if: wide != nil, "WARBLER_FEATURE_REFERENCE names no file of scripts/goldens/mfcc.py --speech"))
  func `recordings of whole corpora`() throws {
    let file = try TensorFile(path: try #require(Self.wide))
    var count = 0
    var values = 0
    var beyond = 0
    for kind in ["mfcc", "mel80"] {
      var worst: (double: Float, single: Float) = (0, 0)
      for path in file.tensors.map(\.name) where path.hasSuffix(".\(kind)") {
        let samples = try readWaveform(from: .file(path: String(path.dropLast(kind.count + 1)))).samples
        let features = kind == "mfcc" ? MFCC().features(of: samples) : mel80(samples)
        let single = try file.floats(path)
        let double = try file.floats("\(path).double")
        try #require(features.count == double.count, "\(path)")
        let difference = largestDifference(features, double)
        #expect(difference < doubleTolerance, "\(path)")
        worst.double = max(worst.double, difference)
        worst.single = max(worst.single, largestDifference(features, single))
        // No further from torchaudio's float32 than its own rounding takes it from its float64.
        for (found, (single, double)) in zip(features, zip(single, double)) {
          #expect(abs(found - single) < max(contract, abs(single - double) + doubleTolerance))
          if abs(found - single) >= contract { beyond += 1 }
        }
        values += features.count
        count += 1
      }
      print("\(kind): largest difference from float64 \(worst.double), from float32 \(worst.single)")
    }
    print("\(count) recordings and kinds, \(beyond) of \(values) values at 1e-3 or more from float32")
    #expect(count > 0)
  }
}
