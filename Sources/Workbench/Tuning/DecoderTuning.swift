import BeamSearch
public import Evaluation
import Tensors
import Vocabulary

/// A decoder with the errors that it makes on a ``TuningSet``.
public struct TuningPoint: Sendable {
  public let decoder: DecoderChoice
  /// In the order of the axes.
  public let values: [Double]
  public let rates: ErrorRates
  /// What an utterance takes one thread, in seconds: the mean.
  public let secondsPerUtterance: Double
}

/// What makes one decoder better than another.
public enum TuningMetric: String, Sendable, CaseIterable {
  case wer, cer

  /// Whether a point makes fewer of the errors that count, or as many and fewer of the others.
  public func isBetter(_ point: TuningPoint, than other: TuningPoint) -> Bool {
    errors(point.rates) < errors(other.rates)
  }

  /// Errors that count, and those that tell between equals.
  private func errors(_ rates: ErrorRates) -> (Int, Int) {
    self == .wer
      ? (rates.words.errors, rates.characters.errors) : (rates.characters.errors, rates.words.errors)
  }
}

/// Looks for the weights of a beam with which it makes the fewest errors.
///
/// Errors are a step function of the weights, without slopes to follow. So:
///
/// 1. a grid of 5 values of each of the first two axes (the others as given) shows the surface and where its
///    valley is; then one of the next two axes from there, since what unknown words cost and what words gain
///    make up for each other in part, and a search along one axis at a time would stay where it began;
/// 2. coordinate search from the best point: on each axis in turn, 2 points on either side of the best, half
///    a span apart at most; the best becomes the centre. When no axis has gained, all spans are halved, down
///    to 1/32 of their range.
///
/// Of points with equal errors the one with fewer of the other kind (characters for words) is the better, and
/// then the one found first. Every point is one of a fixed lattice, so that none is computed twice and a run
/// is the same every time.
public struct DecoderTuning {
  public let axes: [TuningAxis]
  private let set: TuningSet
  private let decoder: DecoderChoice
  private let beam: BeamChoice
  private let files: BeamFiles
  private let metric: TuningMetric
  private let compute: Compute
  /// All that has been computed, in that order.
  public private(set) var points: [TuningPoint] = []
  private var known: [[Int]: Int] = [:]

  /// Steps of the lattice from one end of a range to the other.
  static let steps = 64
  private static let smallestSpan = 2

  /// - Parameters:
  ///   - decoder: a beam; the weights that are not looked for stay as it has them.
  ///   - axes: empty for all that it can have.
  /// - Throws: a line that says what of the decoder, or its files, cannot be used.
  public init(
    _ decoder: DecoderChoice, over axes: [TuningAxis], on set: TuningSet, metric: TuningMetric, threads: Int
  ) throws {
    guard let beam = decoder.beam else {
      throw UsageError("--decoder \(decoder): it has no weights; give a beam")
    }
    let possible = TuningAxis.axes(of: beam)
    for axis in axes where !possible.contains(where: { $0.key == axis.key }) {
      throw UsageError("--over \(axis.key): \(decoder) has no use for it; leave it out")
    }
    self.decoder = decoder
    self.beam = beam
    self.axes = axes.isEmpty ? possible : axes
    self.set = set
    self.metric = metric
    files = try BeamFiles(beam, vocabulary: set.vocabulary, classes: set.vocabulary.count)
    compute = Compute(threads: max(1, min(threads, set.count)))
  }

  /// The best of ``points``; nil before there are any.
  public var best: TuningPoint? {
    // `min` keeps the first of equals.
    points.min { metric.isBetter($0, than: $1) }
  }

  /// - Parameters:
  ///   - limit: the most points that are computed.
  ///   - shouldStop: asked before each point.
  ///   - found: told of each point as it is computed.
  public mutating func search(
    limit: Int, shouldStop: () -> Bool, found: (TuningPoint) throws -> Void
  ) throws {
    /// The number of a point among `points`; nil when the search is to end.
    func point(_ place: [Int]) throws -> Int? {
      if let index = known[place] { return index }
      guard points.count < limit, !shouldStop() else { return nil }
      let point = try evaluated(place)
      known[place] = points.count
      points.append(point)
      try found(point)
      return points.count - 1
    }
    var centre = axes.map(start)
    guard var best = try point(centre) else { return }
    let grid = Array(stride(from: 0, through: Self.steps, by: Self.steps / 4))
    for axis in stride(from: 0, to: axes.count, by: 2) {
      let middle = centre
      for first in grid {
        for second in axis + 1 < axes.count ? grid : [0] {
          var place = middle
          place[axis] = first
          if axis + 1 < axes.count { place[axis + 1] = second }
          guard let index = try point(place) else { return }
          if metric.isBetter(points[index], than: points[best]) { (best, centre) = (index, place) }
        }
      }
    }
    var span = Self.steps / 4
    while span >= Self.smallestSpan {
      let before = best
      for axis in axes.indices {
        let middle = centre[axis]
        for offset in [-span, -span / 2, span / 2, span] {
          var place = centre
          place[axis] = middle + offset
          guard (0...Self.steps).contains(place[axis]) else { continue }
          guard let index = try point(place) else { return }
          if metric.isBetter(points[index], than: points[best]) { (best, centre) = (index, place) }
        }
      }
      if best == before { span /= 2 }
    }
  }

  /// Other widths with the best weights, in the order given; stops early where `shouldStop` says so.
  public mutating func measure(widths: [Int], shouldStop: () -> Bool) throws -> [TuningPoint] {
    guard let best else { return [] }
    var measured: [TuningPoint] = []
    for width in widths {
      if shouldStop() { break }
      measured.append(try evaluated(best.decoder.setting("width", to: "\(width)"), values: best.values))
    }
    return measured
  }

  /// Where the decoder's own value lies, or the nearest to it.
  private func start(_ axis: TuningAxis) -> Int {
    let options = beam.options
    let value =
      switch axis.key {
      case "lm-weight": options.languageModelWeight
      case "word-score": options.wordInsertionScore
      case "unk-score": options.unknownWordScore
      case "unk-token-score": options.unknownTokenScore
      default: beam.rescoringWeight
      }
    let part = (value - axis.range.lowerBound) / (axis.range.upperBound - axis.range.lowerBound)
    return Int((min(max(part, 0), 1) * Double(Self.steps)).rounded())
  }

  private func evaluated(_ place: [Int]) throws -> TuningPoint {
    var decoder = decoder
    var values: [Double] = []
    for (axis, step) in zip(axes, place) {
      let width = axis.range.upperBound - axis.range.lowerBound
      // Six decimals, as they are written, so that what is printed is what was measured.
      let text = decimals(axis.range.lowerBound + width * Double(step) / Double(Self.steps), 6)
      let value = Double(text) ?? 0
      values.append(value)
      decoder = try decoder.setting(axis.key, to: "\(value)")
    }
    return try evaluated(decoder, values: values)
  }

  private func evaluated(_ decoder: DecoderChoice, values: [Double]) throws -> TuningPoint {
    let speech = SpeechDecoder(decoder.beam ?? beam, files, vocabulary: set.vocabulary)
    var decoders = [SpeechDecoder](repeating: speech, count: compute.threads)
    var texts = [String](repeating: "", count: set.count)
    var seconds = [Double](repeating: 0, count: set.count)
    decoders.withUnsafeMutableBufferPointer { decoders in
      texts.withUnsafeMutableBufferPointer { texts in
        seconds.withUnsafeMutableBufferPointer { seconds in
          compute.run(tasks: set.count) { utterance, worker in
            seconds[utterance] = secondsTaken {
              texts[utterance] = decoders[worker].text(of: set.emissions[utterance])
            }
          }
        }
      }
    }
    var rates = ErrorRates()
    for (reference, text) in zip(set.references, texts) { rates.add(reference: reference, hypothesis: text) }
    return TuningPoint(
      decoder: decoder, values: values, rates: rates,
      secondsPerUtterance: seconds.reduce(0, +) / Double(max(1, set.count)))
  }
}
