public import Evaluation
import Tensors

/// Scores the pairs of two files on several threads.
public struct ScoringRun {
  public let set: ScoringSet
  public let options: ScoringOptions

  /// Pairs that a thread takes at once, at most.
  private static let largestBatch = 256

  /// - Parameters:
  ///   - reference: a file, or `-` for standard input.
  ///   - hypothesis: likewise.
  /// - Throws: one line that names the file, its line and what to do.
  public init(
    reference: String, hypothesis: String, files: ScoringSet.Options, options: ScoringOptions
  ) throws {
    set = try Self.set(reference, hypothesis, files)
    self.options = options
  }

  /// - Returns: nil if `shouldStop`, which is asked now and then, said so.
  public func report(threads: Int, shouldStop: () -> Bool) throws -> ScoreReport? {
    let pairs = set.pairs
    let batchSize = max(1, min(Self.largestBatch, pairs.count / (8 * threads)))
    let batches = (pairs.count + batchSize - 1) / batchSize
    let compute = Compute(threads: max(1, min(threads, batches)))
    var scorers = [Scorer](repeating: Scorer(options), count: compute.threads)
    // By batch; nil where it was not scored.
    var results = [Result<[UtteranceScore], ScoringError>?](repeating: nil, count: batches)
    scorers.withUnsafeMutableBufferPointer { scorers in
      results.withUnsafeMutableBufferPointer { results in
        compute.run(tasks: batches) { batch, worker in
          if shouldStop() { return }
          let places = batch * batchSize..<min((batch + 1) * batchSize, pairs.count)
          results[batch] = Result { () throws(ScoringError) in
            var scores: [UtteranceScore] = []
            scores.reserveCapacity(places.count)
            for place in places { scores.append(try scorers[worker].score(pairs[place])) }
            return scores
          }
        }
      }
    }
    var utterances: [UtteranceScore] = []
    utterances.reserveCapacity(pairs.count)
    for result in results {
      guard let result else { return nil }
      utterances += try result.get()
    }
    return ScoreReport(fields: set.fields, utterances: utterances)
  }

  /// Both files are read at once, and then each by its format.
  private static func set(
    _ reference: String, _ hypothesis: String, _ options: ScoringSet.Options
  ) throws -> ScoringSet {
    var files: [Result<ScoringSet.File, InputFailure>?] = [nil, nil]
    var tables: [Result<TranscriptTable, ScoringError>?] = [nil, nil]
    let compute = Compute(threads: 2)
    files.withUnsafeMutableBufferPointer { files in
      compute.run(tasks: 2) { side, _ in
        files[side] = Result { () throws(InputFailure) in
          try file(side == 0 ? reference : hypothesis)
        }
      }
    }
    let (first, second) = (try files[0]!.get(), try files[1]!.get())
    if ScoringSet.isTimed(first, options) {
      return try ScoringSet(reference: first, hypothesis: second, options)
    }
    tables.withUnsafeMutableBufferPointer { tables in
      compute.run(tasks: 2) { side, _ in
        tables[side] = Result { () throws(ScoringError) in
          side == 0
            ? try TranscriptTable(
              parsing: first.bytes, name: first.name, format: options.referenceFormat, fields: options.fields)
            : try TranscriptTable(parsing: second.bytes, name: second.name, format: options.hypothesisFormat)
        }
      }
    }
    return try ScoringSet(try tables[0]!.get(), try tables[1]!.get(), options)
  }

  static func file(_ path: String) throws(InputFailure) -> ScoringSet.File {
    do throws(SystemError) {
      let bytes = try path == "-" ? readAll(descriptor: 0, limit: .max) : readAll(path: path)
      return ScoringSet.File(name: path == "-" ? "stdin" : path, bytes: bytes)
    } catch {
      throw InputFailure(path, "cannot be read: \(error); check the path and its permissions")
    }
  }
}
