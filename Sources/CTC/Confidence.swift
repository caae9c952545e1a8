#if canImport(Glibc)
import Glibc
#endif

// How sure a hypothesis is, from the posteriors p of the tokens on its path. Each is a geometric mean, so
// that it does not shrink with length, in 0...1:
//
//   token      over the frames of its run:                                 exp(mean of ln p(label | frame))
//   word       over all frames of its tokens' runs, blank frames left out
//   utterance  over all frames of the path that are not blank; of an empty text, the blank's posterior over
//   all
//              frames; 0 where there is no frame at all
//
// A posterior of 0 makes its mean 0. These are the model's own beliefs, and CTC models are overconfident:
// compare them among results of one model, do not read them as error rates.

extension Collection<AlignedToken> {
  /// The confidence of a word, or of any part of a hypothesis that has at least one token: the geometric mean
  /// of the labels' posteriors over all frames of the tokens' runs. Longer runs weigh more. 0 if there is no
  /// token.
  public var confidence: Double {
    var sum = LogPosteriorSum()
    for token in self { sum.add(log(token.confidence), frames: token.frames.count) }
    return sum.confidence
  }
}

/// A sum of log-posteriors and of the frames they stand for.
struct LogPosteriorSum {
  private var sum = 0.0
  private var frames = 0

  /// Adds a mean log-posterior over a number of frames.
  mutating func add(_ logPosterior: Double, frames count: Int = 1) {
    sum += logPosterior * Double(count)
    frames += count
  }

  mutating func add(_ other: LogPosteriorSum) {
    sum += other.sum
    frames += other.frames
  }

  /// The geometric mean, kept from passing 1 by rounding; 0 of no frames.
  var confidence: Double { frames == 0 ? 0 : min(1, exp(sum / Double(frames))) }
}
