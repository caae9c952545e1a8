import Audio
import Synchronization
import Training

/// Reads the audio of a corpus on several threads, one recording in memory for each.
struct CorpusSurvey {
  let entries: [CorpusListing.Entry]
  /// Hertz.
  let sampleRate: Int
  let threads: Int

  private struct Read: Sendable {
    let index: Int
    let row: CorpusRow
  }

  /// The rows in their order, or nil if `shouldStop` came between.
  /// - Parameter progress: gets the seconds of audio of every row when it has been read, in any order.
  func rows(shouldStop: () -> Bool, progress: (_ seconds: Double) -> Void) -> [CorpusRow]? {
    let queue = BoundedQueue<Read>(capacity: .infinity)
    let next = SharedCounter()
    let unfinished = SharedCounter()
    let threads = max(1, min(threads, entries.count))
    for _ in 0..<threads {
      runInBackground { [entries, sampleRate] in
        while true {
          let index = next.increment()
          guard index < entries.count else { break }
          let row = CorpusRow(entries[index], sampleRate: sampleRate)
          guard queue.give(Read(index: index, row: row), weight: 1) else { return }
        }
        if unfinished.increment() == threads - 1 { queue.finish() }
      }
    }
    defer { queue.close() }
    var rows = [CorpusRow?](repeating: nil, count: entries.count)
    while true {
      let batch = queue.take(upTo: 64, unless: shouldStop)
      if batch.isEmpty { break }
      for read in batch {
        rows[read.index] = read.row
        progress(read.row.seconds)
      }
    }
    let all = rows.compactMap(\.self)
    return all.count == entries.count ? all : nil
  }
}

/// A number that threads count up.
private final class SharedCounter: Sendable {
  private let value = Atomic<Int>(0)

  /// - Returns: the number before.
  func increment() -> Int { value.wrappingAdd(1, ordering: .acquiringAndReleasing).oldValue }
}

extension CorpusRow {
  /// A listed row, its audio read and measured.
  fileprivate init(_ entry: CorpusListing.Entry, sampleRate: Int) {
    let utterance = entry.utterance
    let (kind, reason) = entry.failure ?? (.unreadableAudio, "was not read")
    self.init(
      place: entry.place, line: entry.line, id: utterance?.id ?? "", audioPath: utterance?.audioPath ?? "",
      offsetSeconds: utterance?.interval?.offsetSeconds, durationSeconds: entry.durationSeconds,
      text: entry.text, speaker: utterance?.speaker, sound: .failed(kind, reason: reason))
    guard utterance != nil, entry.failure == nil else { return }
    do throws(AudioError) {
      let samples = try waveform(sampleRate: sampleRate).samples
      sound = .measured(AudioMeasurement(of: samples, sampleRate: sampleRate))
    } catch {
      sound = .failed(.unreadableAudio, reason: error.description)
    }
  }
}
