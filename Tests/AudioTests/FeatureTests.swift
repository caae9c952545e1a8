import Glibc
import TestSupport
import Testing

@testable import Audio

@Suite struct `Real FFT` {
  @Test(arguments: [4, 8, 16, 64, 512, 2048])
  func `equals the direct transform`(_ count: Int) {
    let fft = RealFFT(count: count)
    let frames = (0..<4).map { lane in random(count, UInt64(lane + 1)).map(Double.init) }
    var values = [FrameLanes](repeating: .zero, count: count)
    for n in 0..<count {
      for lane in 0..<4 { values[fft.places[n]][lane] = frames[lane][n] }
    }
    fft.transform(&values)
    // Each of log2(N) stages adds a few roundings of numbers that grow to about sqrt(N); the direct sum's own
    // N roundings are of the same size.
    let tolerance = 8 * Double(count) * Double.ulpOfOne
    for lane in 0..<4 {
      for k in 0...count / 2 {
        var (real, imaginary) = (0.0, 0.0)
        for n in 0..<count {
          let angle = -2 * Double.pi * Double(k * n % count) / Double(count)
          real += frames[lane][n] * cos(angle)
          imaginary += frames[lane][n] * sin(angle)
        }
        if k == 0 || k == count / 2 {
          #expect(abs(values[k == 0 ? 0 : 1][lane] - real) < tolerance)
        } else {
          #expect(abs(values[2 * k][lane] - real) < tolerance)
          #expect(abs(values[2 * k + 1][lane] - imaginary) < tolerance)
        }
      }
    }
  }

  @Test func `a case worked by hand`() {
    // 1 2 3 4: X[0] = 10, X[1] = (1 - 3) + i (4 - 2) = -2 + 2i, X[2] = 1 - 2 + 3 - 4 = -2.
    let fft = RealFFT(count: 4)
    var values = [FrameLanes](repeating: .zero, count: 4)
    for n in 0..<4 { values[fft.places[n]] = FrameLanes(repeating: Double(n + 1)) }
    fft.transform(&values)
    let found = values.map { $0[2] }
    for (found, expected) in zip(found, [10.0, -2, -2, 2]) { #expect(abs(found - expected) < 1e-14) }
    squareMagnitudes(&values)
    #expect(values[0][3] == 100)
    #expect(abs(values[1][0] - 8) < 1e-13)
  }
}

@Suite struct `Mel filters` {
  @Test func `the scale has its known points`() {
    #expect(melScale(0) == 0)
    #expect(abs(melScale(700) - 1127 * 0.693_147_180_559_945_3) < 1e-9)
    // The scale was made for 1000 Hz to be 1000 mel.
    #expect(abs(melScale(1000) - 1000) < 0.02)
  }

  @Test func `triangles peak at 1 and neighbours add up to 1`() {
    let bank = MelFilterbank(filters: 23, over: 20...8000, sampleRate: 16_000, count: 512)
    #expect(bank.filters.count == 23)
    var sums = [Double](repeating: 0, count: 256)
    for filter in bank.filters {
      #expect(filter.weights.allSatisfy { $0 > 0 && $0 <= 1 })
      for (offset, weight) in filter.weights.enumerated() { sums[filter.first + offset] += weight }
    }
    // Between the peaks of the first and the last filter two triangles overlap: a rise and a fall.
    let width = (melScale(8000) - melScale(20)) / 24
    for bin in 0..<256 {
      let mel = melScale(Double(bin) * 31.25)
      if mel >= melScale(20) + width && mel <= melScale(8000) - width {
        #expect(abs(sums[bin] - 1) < 1e-12, "bin \(bin)")
      }
    }
  }

  @Test func `filters narrower than the spectrum's bins are empty and give the floor`() {
    var options = LogMelOptions()
    options.bins = 200
    let features = LogMel(options).features(of: random(400, 1))
    let bank = MelFilterbank(filters: 200, over: 20...8000, sampleRate: 16_000, count: 512)
    let empty = bank.filters.indices.filter { bank.filters[$0].weights.isEmpty }
    #expect(!empty.isEmpty)
    for bin in empty { #expect(features[bin] == Float(log(options.energyFloor))) }
  }
}

@Suite struct `Deltas` {
  @Test func `a case worked by hand`() {
    // Window 5: (1 (c[t+1] - c[t-1]) + 2 (c[t+2] - c[t-2])) / 10, edges repeated.
    // t = 0: (1 (2 - 1) + 2 (4 - 1)) / 10 = 0.7; t = 1: (1 (4 - 1) + 2 (8 - 1)) / 10 = 1.7
    // t = 2: (1 (8 - 2) + 2 (8 - 1)) / 10 = 2; t = 3: (1 (8 - 4) + 2 (8 - 2)) / 10 = 1.6
    let first = deltas(of: [1, 2, 4, 8], width: 1)
    for (found, expected) in zip(first, [0.7, 1.7, 2, 1.6] as [Float]) {
      #expect(abs(found - expected) < 1e-6)
    }
  }

  @Test func `columns are apart, a ramp has its slope, one frame has none`() {
    let ramp = (0..<20).flatMap { [Float($0), 5 - 2 * Float($0)] }
    let slopes = deltas(of: ramp, width: 2, window: 3)
    #expect((1..<19).allSatisfy { slopes[2 * $0] == 1 && slopes[2 * $0 + 1] == -2 })
    #expect(slopes[0] == 0.5 && slopes[39] == -1)
    #expect(deltas(of: [3, 4], width: 2) == [0, 0])
    #expect(deltas(of: [], width: 2) == [])
  }
}

@Suite struct `Frames and features` {
  @Test(arguments: [(0, 0), (399, 0), (400, 1), (559, 1), (560, 2), (16_000, 98)])
  func `frames lie wholly inside`(_ samples: Int, _ frames: Int) {
    #expect(FrameOptions().frames(for: samples) == frames)
    #expect(MFCC().features(of: random(samples, 1)).count == frames * 39)
    #expect(LogMel().features(of: random(samples, 1)).count == frames * 23)
  }

  @Test func `lengths in samples follow from the rate`() {
    var options = FrameOptions()
    for (rate, length, shift) in [(8_000, 200, 80), (11_025, 275, 110), (44_100, 1102, 441)] {
      options.sampleRate = rate
      #expect(options.length == length && options.shift == shift)
    }
  }

  @Test func `a frame's bits depend on its samples only`() {
    let samples = random(16_000, 7)
    let mel = LogMel()
    let whole = mel.features(of: samples)
    for frame in [0, 1, 2, 3, 50, 97] {
      let alone = mel.features(of: Array(samples[frame * 160..<frame * 160 + 400]))
      #expect(alone == Array(whole[frame * 23..<(frame + 1) * 23]))
    }
    #expect(mel.features(of: samples) == whole)
  }

  @Test func `silence gives the floor and cepstra of a constant`() {
    let silence = [Float](repeating: 0.25, count: 800)
    let floor = log(Double(Float.ulpOfOne))
    #expect(LogMel().features(of: silence).allSatisfy { $0 == Float(floor) })
    let cepstra = MFCC().cepstra(of: silence)
    // sqrt(1 / 23) times 23 equal logarithms; the other cosines cancel, up to 23 roundings of 16 * 12 in
    // double.
    #expect(abs(cepstra[0] - Float(floor * 23.squareRoot())) < 1e-5)
    #expect(cepstra[1..<13].allSatisfy { abs($0) < 1e-11 })
  }

  @Test func `the features are cepstra, deltas and their deltas side by side`() {
    let samples = random(8_000, 3)
    let mfcc = MFCC()
    let cepstra = mfcc.cepstra(of: samples)
    let first = deltas(of: cepstra, width: 13)
    let second = deltas(of: first, width: 13)
    let features = mfcc.features(of: samples)
    for frame in 0..<48 {
      let range = frame * 13..<(frame + 1) * 13
      #expect(
        Array(features[frame * 39..<(frame + 1) * 39]) == Array(cepstra[range] + first[range] + second[range])
      )
    }
  }

  @Test func `without lifter the transform keeps the energy of what it is given`() {
    var options = MFCCOptions()
    options.cepstra = 23
    options.lifter = 0
    let samples = random(400, 5)
    let mels = LogMel(options.mel).features(of: samples)
    let cepstra = MFCC(options).cepstra(of: samples)
    func energy(_ values: [Float]) -> Double { values.reduce(0) { $0 + Double($1) * Double($1) } }
    // Orthonormal: equal but for the rounding of both to float32.
    #expect(abs(energy(cepstra) / energy(mels) - 1) < 46 * rounding)
  }
}

@Suite struct `Speed of features` {
  @Test func `39 MFCC features of a minute take less than 0.2 seconds`() {
    // About a tenth of what one core reaches, since tests share their machine.
    let minute = random(60 * 16_000, 1)
    let mfcc = MFCC()
    let clock = ContinuousClock()
    let times = (0..<5).map { _ in clock.measure { #expect(mfcc.features(of: minute).count == 5998 * 39) } }
    let seconds = times.min()! / .seconds(1)
    print("39 MFCC features on one core: \(Int(60 / seconds)) times real time")
    #expect(seconds < 0.2)
  }
}
