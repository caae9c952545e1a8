import AcousticModel
import Pretraining
import Training

/// The batches of a round's steps, made ahead on a thread of their own: decoding and cropping cost training
/// nothing.
final class PretrainFeed {
  /// What one step trains on.
  struct Step: Sendable {
    let plan: BatchSchedule.Step
    let utterances: [PretrainingUtterance]
    /// By place in the batch, for messages.
    let ids: [String]
    let audioSeconds: Double
  }

  private let queue = BoundedQueue<Result<Step, InputFailure>>(capacity: 3)

  /// - Parameters:
  ///   - first: the step to begin with, from 0.
  ///   - last: the step behind the last.
  init(_ source: PretrainBatches, from first: Int, to last: Int) {
    runInBackground { [queue] in
      var reader = source.reader()
      for step in first..<max(first, last) {
        let result: Result<Step, InputFailure>
        do { result = .success(try reader.step(step)) } catch { result = .failure(InputFailure("\(error)")) }
        guard queue.give(result, weight: 1) else { return }
        if case .failure = result { break }
      }
      queue.finish()
    }
  }

  deinit { queue.close() }

  /// The next step's, in order; waits for it.
  /// - Throws: one line, if a recording cannot be read any more.
  func next() throws -> Step {
    guard let result = queue.take(upTo: 1, unless: { false }).first else {
      preconditionFailure("a step behind the last")
    }
    return try result.get()
  }
}

/// How steps are made of a corpus and its labels: a function of the step's number.
struct PretrainBatches: Sendable {
  let corpus: PretrainCorpus
  /// By place in the corpus.
  let labels: [[UInt16]]
  let targets: FrameTargets
  let hop: Int
  let options: BatchOptions
  /// Samples of a crop.
  let cropSamples: Int
  let normalises: Bool

  /// Makes steps one after the other, for one thread.
  func reader() -> Reader { Reader(self) }

  struct Reader {
    private let source: PretrainBatches
    private let waveforms: WaveformStore
    private let schedule: BatchSchedule

    fileprivate init(_ source: PretrainBatches) {
      self.source = source
      waveforms = WaveformStore(source.corpus, normalises: source.normalises)
      let rate = Double(source.corpus.sampleRate)
      schedule = BatchSchedule(
        seconds: source.corpus.examples.map { Double(min($0.samples, source.cropSamples)) / rate },
        options: source.options)
    }

    /// The steps of the first pass over everything.
    var stepsInEpoch: Int { schedule.firstStep(ofEpoch: 1) }

    /// - Throws: an error of one line.
    mutating func step(_ step: Int) throws -> PretrainFeed.Step {
      let plan = schedule.step(step)
      var utterances: [PretrainingUtterance] = []
      var ids: [String] = []
      for index in plan.batches.flatMap(\.self) {
        let example = source.corpus.examples[index]
        let crop = Crop.draw(
          from: example.samples, limit: source.cropSamples, hop: source.hop, seed: source.options.seed,
          epoch: plan.epoch, utterance: example.key)
        guard let (samples, targets) = source.targets.align(source.labels[index], to: crop) else {
          throw InputFailure(
            "\(example.row.id): has no labels; remove the round's clusters to make them again")
        }
        utterances.append(
          PretrainingUtterance(
            waveform: try waveforms.samples(samples, of: example), targets: targets, key: UInt32(example.key))
        )
        ids.append(example.row.id)
      }
      let samples = utterances.reduce(0) { $0 + $1.waveform.count }
      return PretrainFeed.Step(
        plan: plan, utterances: utterances, ids: ids,
        audioSeconds: Double(samples) / Double(source.corpus.sampleRate))
    }
  }
}
