#if canImport(Glibc)
import Glibc
#endif

/// How loud a recording is over time, and by that where words begin and end.
///
/// CTC emits a token where it is sure of it, often in one frame in the midst of the sound, so that a word's
/// tokens end before the word does. A word is therefore widened:
///
/// - The level of a moment is the mean power of the 20 ms around it, in dB, every 10 ms.
/// - Neighbouring words meet at the quietest moment between their tokens, the first of equals. Elsewhere a
///   word's bound is untranscribed sound, or the recording's end.
/// - The word ends where its sound falls below a threshold for 30 ms, at its bound at the latest. It is 30 dB
///   under the word's loudest moment, or 6 dB over the quietest tenth of the recording where that is more,
///   but never less than 10 dB under the word's loudest moment.
/// - Its beginning is found likewise, backwards.
/// - Neither moves by more than the longest extension, and neither ever cuts into the tokens.
struct WordSounds {
  /// In dB; moment i is at i x 10 ms.
  private let levels: [Double]
  private let floor: Double

  /// Moments are divided by it, so that those at a frame's edge are the same number as the edge.
  private static let momentsPerSecond = 100.0
  private static let quietSteps = 3

  init(_ samples: [Float], sampleRate: Int) {
    let step = max(1, Int(Double(sampleRate) / Self.momentsPerSecond))
    // The power of each step, then of the two around each moment between them.
    var powers: [Double] = []
    for start in stride(from: 0, to: samples.count, by: step) {
      let end = min(samples.count, start + step)
      var power = 0.0
      for index in start..<end { power += Double(samples[index]) * Double(samples[index]) }
      powers.append(power / Double(end - start))
    }
    let count = powers.count
    var levels: [Double] = []
    for index in 0..<count {
      let power = index == 0 ? powers[0] : (powers[index - 1] + powers[index]) / 2
      levels.append(10 * log10(power + 1e-12))
    }
    self.levels = levels
    floor = levels.isEmpty ? 0 : levels.sorted()[count / 10]
  }

  /// The words' times, widened.
  /// - Parameters:
  ///   - words: seconds of their tokens, in order, none overlapping another.
  ///   - barriers: seconds of other sound, which no word reaches into.
  func widened(
    _ words: [Range<Double>], barriers: [Range<Double>], durationSeconds: Double,
    longestExtensionSeconds: Double
  ) -> [Range<Double>] {
    var places: [Bounds] = []
    for place in 0...words.count {
      let end: Double? = place == 0 ? nil : words[place - 1].upperBound
      let start: Double? = place == words.count ? nil : words[place].lowerBound
      places.append(bounds(between: end, and: start, barriers, durationSeconds))
    }
    return words.indices.map { index -> Range<Double> in
      let word = words[index]
      let level = threshold(of: word)
      let heard = soundEnd(from: word.upperBound, to: places[index + 1].end, below: level)
      let begun = soundStart(from: word.lowerBound, to: places[index].start, below: level)
      let end = min(heard, word.upperBound + longestExtensionSeconds)
      let start = max(begun, word.lowerBound - longestExtensionSeconds)
      return min(start, word.lowerBound)..<max(end, word.upperBound)
    }
  }

  private struct Bounds {
    /// Where the word before a place must end, and the one behind it may start.
    let end, start: Double
  }

  private func bounds(
    between end: Double?, and start: Double?, _ barriers: [Range<Double>], _ duration: Double
  ) -> Bounds {
    let (from, to) = (end ?? 0, start ?? duration)
    let sounds = barriers.filter { $0.lowerBound < to && $0.upperBound > from }
    if let first = sounds.first, let last = sounds.last {
      return Bounds(end: first.lowerBound, start: last.upperBound)
    }
    guard end != nil, start != nil else { return Bounds(end: duration, start: 0) }
    let quietest = moments(from, to).min { levels[$0] < levels[$1] }
    let meeting = quietest.map { Double($0) / Self.momentsPerSecond } ?? (from + to) / 2
    return Bounds(end: meeting, start: meeting)
  }

  private func threshold(of word: Range<Double>) -> Double {
    let loudest = moments(word.lowerBound, word.upperBound).map { levels[$0] }.max() ?? floor
    return max(loudest - 30, min(floor + 6, loudest - 10))
  }

  private func soundEnd(from start: Double, to end: Double, below threshold: Double) -> Double {
    let quiet = moments(start, end).first { moment in
      levels[moment..<min(levels.count, moment + Self.quietSteps)].allSatisfy { $0 < threshold }
    }
    return quiet.map { Double($0) / Self.momentsPerSecond } ?? end
  }

  private func soundStart(from end: Double, to start: Double, below threshold: Double) -> Double {
    let quiet = moments(start, end).last { moment in
      levels[max(0, moment + 1 - Self.quietSteps)...moment].allSatisfy { $0 < threshold }
    }
    return quiet.map { Double($0) / Self.momentsPerSecond } ?? start
  }

  /// The moments between two times, both included.
  private func moments(_ start: Double, _ end: Double) -> Range<Int> {
    // Times are multiples of frames; what is a moment must not be missed by rounding.
    let first = min(levels.count, max(0, Int((start * Self.momentsPerSecond - 1e-6).rounded(.up))))
    let last = min(levels.count - 1, Int((end * Self.momentsPerSecond + 1e-6).rounded(.down)))
    return first..<max(first, last + 1)
  }
}
