public import Audio
import Hashing

#if canImport(Glibc)
import Glibc
#endif

/// Changes the audio of utterances at random: speed, then noise, then gain.
///
/// Everything drawn follows from (seed, epoch, utterance) alone, so that a resumed run repeats it.
public struct Augmentation: Sendable {
  public let options: AugmentationOptions
  private let seed: UInt64

  /// - Parameter options: speed factors above 0, probabilities in 0...1, at least one recording of noise.
  public init(options: AugmentationOptions, seed: UInt64) {
    precondition(
      options.speedFactors.allSatisfy { $0 > 0.1 && $0 < 10 }, "speed factors \(options.speedFactors)")
    if case .recordings(let paths)? = options.noise?.source {
      precondition(!paths.isEmpty, "noise of no recordings")
    }
    self.options = options
    self.seed = seed
  }

  /// What is done to an utterance in an epoch.
  public struct Draw: Sendable, Equatable {
    public var speed = 1.0
    public var gainDecibels = 0.0
    /// nil for none.
    public var signalToNoiseDecibels: Double?
    /// Which noise.
    var noiseKey: UInt64 = 0

    /// Whether nothing but the speed changes.
    public var changesOnlySpeed: Bool { gainDecibels == 0 && signalToNoiseDecibels == nil }

    /// The key of the utterance's features in a cache; nil where they are not worth keeping, since no other
    /// epoch has them.
    public func featureKey(audioHash: String) -> FeatureKey? {
      changesOnlySpeed ? FeatureKey(audioHash: audioHash, speed: speed) : nil
    }
  }

  /// - Parameters:
  ///   - epoch: from 0.
  ///   - utterance: see ``utteranceKey(ofID:)``.
  ///   - isPossible: whether the utterance can be had at a speed. Speeding up takes frames away, which the
  ///     labels may need; where it is not possible the speed stays 1.
  public func draw(epoch: Int, utterance: UInt64, isPossible: (_ speed: Double) -> Bool = { _ in true })
    -> Draw
  {
    var random = KeyedRandom(.augmentation, seed, UInt64(epoch), utterance)
    var draw = Draw()
    // Each number is drawn whether it is used or not: switching one change off leaves the others as they are.
    let (speed, gain, noise, ratio) = (random.next(), random.uniform(), random.uniform(), random.uniform())
    if !options.speedFactors.isEmpty {
      let index = Int(speed.multipliedFullWidth(by: UInt64(options.speedFactors.count)).high)
      if isPossible(options.speedFactors[index]) { draw.speed = options.speedFactors[index] }
    }
    if let range = options.gainDecibels { draw.gainDecibels = interpolated(range, gain) }
    if let its = options.noise, noise < its.probability {
      draw.signalToNoiseDecibels = interpolated(its.signalToNoiseDecibels, ratio)
      draw.noiseKey = random.next()
    }
    return draw
  }

  /// The samples changed as drawn, at the same sample rate, in Hz. At speed f, n samples become about n / f.
  /// - Throws: `AudioError` for a recording of noise that cannot be read.
  public func apply(_ draw: Draw, to samples: [Float], sampleRate: Int) throws(AudioError) -> [Float] {
    var samples = samples
    if draw.speed != 1 {
      // Played faster by f, it is as if it had been recorded at f times the rate.
      let rate = Int((Double(sampleRate) * draw.speed).rounded())
      samples = resample(samples, from: rate, to: sampleRate)
    }
    if let ratio = draw.signalToNoiseDecibels, let source = options.noise?.source {
      let noise = try noise(source, count: samples.count, sampleRate: sampleRate, key: draw.noiseKey)
      add(noise, to: &samples, signalToNoiseDecibels: ratio)
    }
    if draw.gainDecibels != 0 {
      let factor = Float(pow(10, draw.gainDecibels / 20))
      for index in samples.indices { samples[index] *= factor }
    }
    return samples
  }

  private func noise(
    _ source: AugmentationOptions.Noise.Source, count: Int, sampleRate: Int, key: UInt64
  ) throws(AudioError) -> [Float] {
    var random = KeyedRandom(.noise, key)
    switch source {
    case .white:
      return (0..<count).map { _ in random.normal() }
    case .recordings(let paths):
      let path = paths[random.index(below: paths.count)]
      let recording = try readWaveform(from: .file(path: path), sampleRate: sampleRate).samples
      if recording.isEmpty { return [Float](repeating: 0, count: count) }
      let start = random.index(below: recording.count)
      return (0..<count).map { recording[(start + $0) % recording.count] }
    }
  }

  /// Adds noise so that the mean square of the samples is 10^(ratio / 10) times that of the noise. Silence on
  /// either side has no ratio: nothing is added.
  private func add(_ noise: [Float], to samples: inout [Float], signalToNoiseDecibels ratio: Double) {
    func power(_ x: [Float]) -> Double { x.reduce(0) { $0 + Double($1) * Double($1) } }
    let (signal, disturbance) = (power(samples), power(noise))
    guard signal > 0, disturbance > 0 else { return }
    let scale = Float((signal / (disturbance * pow(10, ratio / 10))).squareRoot())
    for index in samples.indices { samples[index] += scale * noise[index] }
  }

  private func interpolated(_ range: ClosedRange<Double>, _ part: Double) -> Double {
    range.lowerBound + (range.upperBound - range.lowerBound) * part
  }
}

extension KeyedRandom {
  /// Normal with mean 0 and variance 1 (Box and Muller 1958, of whose two numbers one is used).
  fileprivate mutating func normal() -> Float {
    // In (0, 1], whose logarithm is finite.
    let radius = (-2 * log(1 - uniform())).squareRoot()
    return Float(radius * cos(2 * .pi * uniform()))
  }
}

/// What identifies an utterance to random numbers: the first 8 bytes of its id's SHA-256, the least
/// significant first. It does not depend on the utterance's place in a manifest.
public func utteranceKey(ofID id: String) -> UInt64 {
  var hash = SHA256()
  hash.update(id)
  return hash.finalize().prefix(8).reversed().reduce(0) { $0 << 8 | UInt64($1) }
}
