import Audio
import Glibc
import TestSupport
import Testing
import Training

@Suite struct Augmentations {
  let directory = TemporaryDirectory()

  func power(_ x: some Collection<Float>) -> Double {
    x.reduce(0) { $0 + Double($1) * Double($1) } / Double(x.count)
  }

  func augmentation(_ change: (inout AugmentationOptions) -> Void) -> Augmentation {
    var options = AugmentationOptions()
    change(&options)
    return Augmentation(options: options, seed: 5)
  }

  @Test func `nothing is done unless asked for`() throws {
    let off = augmentation { _ in }
    #expect(off.options.isOff)
    let draw = off.draw(epoch: 3, utterance: 9)
    #expect(draw.speed == 1 && draw.changesOnlySpeed)
    let samples = random(100, 1)
    #expect(try off.apply(draw, to: samples, sampleRate: 16_000) == samples)
  }

  @Test func `draws follow from seed, epoch and utterance, and switching one off leaves the others`() {
    let all = augmentation {
      $0.speedFactors = [0.9, 1, 1.1]
      $0.gainDecibels = -6...6
      $0.noise = .init(probability: 0.5)
    }
    #expect(!all.options.isOff)
    let draws = (0..<300).map { all.draw(epoch: $0 % 3, utterance: UInt64($0 / 3)) }
    #expect(
      (0..<300).reversed().allSatisfy { all.draw(epoch: $0 % 3, utterance: UInt64($0 / 3)) == draws[$0] })
    #expect(
      draws
        != (0..<300).map {
          Augmentation(options: all.options, seed: 6).draw(epoch: $0 % 3, utterance: UInt64($0 / 3))
        })
    // 300 draws of odds 1/3: standard deviation 8.2, so 60...140 is 4.9 of them.
    for factor in [0.9, 1, 1.1] { #expect((60...140).contains(draws.count { $0.speed == factor })) }
    #expect((108...192).contains(draws.count { $0.signalToNoiseDecibels != nil }))
    #expect(draws.allSatisfy { (-6...6).contains($0.gainDecibels) })
    #expect(draws.allSatisfy { $0.signalToNoiseDecibels.map { (10...30).contains($0) } ?? true })
    let speedAlone = augmentation { $0.speedFactors = [0.9, 1, 1.1] }
    #expect(
      (0..<300).map { speedAlone.draw(epoch: $0 % 3, utterance: UInt64($0 / 3)).speed } == draws.map(\.speed))
  }

  @Test func `speed makes a tone higher and shorter`() throws {
    let rate = 16_000
    let tone = (0..<rate).map { Float(sin(2 * .pi * 1000 * Double($0) / Double(rate))) }
    for factor in [0.9, 1.1] {
      let augmentation = augmentation { $0.speedFactors = [factor] }
      let draw = augmentation.draw(epoch: 0, utterance: 0)
      #expect(draw.speed == factor)
      let result = try augmentation.apply(draw, to: tone, sampleRate: rate)
      #expect(abs(Double(result.count) - 16_000 / factor) <= 1)
      let crossings = zip(result, result.dropFirst()).count { ($0 < 0) != ($1 < 0) }
      // Two a period, 1000 periods whatever the speed; the filter's ends may add or hide a few.
      #expect(abs(crossings - 2000) <= 4)
    }
  }

  @Test func `a speed that is not possible is not taken`() {
    let augmentation = augmentation { $0.speedFactors = [1.1] }
    #expect(augmentation.draw(epoch: 0, utterance: 0) { $0 < 1 }.speed == 1)
  }

  @Test func `gain is in decibels`() throws {
    let augmentation = augmentation { $0.gainDecibels = -20...(-20) }
    let draw = augmentation.draw(epoch: 0, utterance: 0)
    let samples = random(100, 1)
    let result = try augmentation.apply(draw, to: samples, sampleRate: 16_000)
    #expect(result == samples.map { $0 * Float(0.1) })
  }

  @Test func `noise has the power that was asked for, and is another in another epoch`() throws {
    let samples = random(16_000, 1)
    let augmentation = augmentation { $0.noise = .init(signalToNoiseDecibels: 12...12) }
    var noises: [[Float]] = []
    for epoch in 0..<2 {
      let draw = augmentation.draw(epoch: epoch, utterance: 7)
      let result = try augmentation.apply(draw, to: samples, sampleRate: 16_000)
      #expect(try augmentation.apply(draw, to: samples, sampleRate: 16_000) == result)
      let noise = zip(result, samples).map { $0 - $1 }
      // Rounding of the sums: relative 1e-6 of samples 4 times the noise.
      #expect(abs(10 * log10(power(samples) / power(noise)) - 12) < 1e-4)
      noises.append(noise)
    }
    #expect(noises[0] != noises[1])
    // Gaussian: the fourth moment is 3 squares of the second; its standard error is sqrt(96 / 16000) = 0.08.
    let fourth = noises[0].reduce(0) { $0 + pow(Double($1), 4) } / 16_000
    #expect(abs(fourth / pow(power(noises[0]), 2) - 3) < 0.4)
    let silence = [Float](repeating: 0, count: 100)
    #expect(
      try augmentation.apply(augmentation.draw(epoch: 0, utterance: 7), to: silence, sampleRate: 16_000)
        == silence)
  }

  @Test func `recordings of noise go round, and one that is missing is named`() throws {
    let path = directory.write(wav(floats: [0.5, -0.25, 0.125]), as: "n.wav")
    let augmentation = augmentation {
      $0.noise = .init(source: .recordings([path]), signalToNoiseDecibels: 0...0)
    }
    let samples = [Float](repeating: 1, count: 9)
    let result = try augmentation.apply(
      augmentation.draw(epoch: 0, utterance: 1), to: samples, sampleRate: 16_000)
    let noise = zip(result, samples).map { $0 - $1 }
    #expect(abs(power(noise) - 1) < 1e-5)
    for index in 0..<6 { #expect(abs(noise[index] - noise[index + 3]) < 1e-6) }
    #expect(Set(noise.map { ($0 * 1000).rounded() }).count == 3)
    let absent = self.augmentation { $0.noise = .init(source: .recordings([directory.file("no.wav")])) }
    #expect(throws: AudioError.self) {
      try absent.apply(absent.draw(epoch: 0, utterance: 1), to: samples, sampleRate: 16_000)
    }
  }

  @Test func `features are worth keeping only where the speed alone is changed`() {
    let hash = audioHash(of: [1])
    let speed = augmentation { $0.speedFactors = [0.9] }.draw(epoch: 0, utterance: 0)
    #expect(speed.featureKey(audioHash: hash) == FeatureKey(audioHash: hash, speed: 0.9))
    let noisy = augmentation { $0.noise = .init() }.draw(epoch: 0, utterance: 0)
    #expect(noisy.featureKey(audioHash: hash) == nil)
  }

  @Test func `an utterance's key is that of its id`() {
    // sha256("abc") begins ba 78 16 bf 8f 01 cf ea.
    #expect(utteranceKey(ofID: "abc") == 0xeacf_018f_bf16_78ba)
  }
}
