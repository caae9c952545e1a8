/// External merge sort: records are gathered in blocks, sorted in memory, spilled, and merged as they are
/// read.
///
/// Of each record the first `keyWords` words are its key. The order of records with equal keys is that in
/// which they were added, whatever the memory, as long as each block sorts stably, which `sort` does.
final class RecordSorter {
  private let block: RecordBlock
  private var runs: SortedRuns

  /// - Parameter memory: bytes that gathering and sorting may take; at least two records are kept.
  init(stride: Int, keyWords: Int, memory: Int) throws(LanguageModelError) {
    block = RecordBlock(
      stride: stride, keyWords: keyWords,
      capacity: max(2, memory / (4 * stride + RecordBlock.sortingBytes)))
    runs = try SortedRuns(stride: stride, keyWords: keyWords)
  }

  func append(_ record: UnsafePointer<UInt32>) throws(LanguageModelError) {
    if block.count == block.capacity { try runs.append(block) }
    block.append(record)
  }

  /// Spills what is left; nothing can be added then.
  /// - Returns: the sorted runs, to be merged once this sorter and its memory are gone.
  func finish() throws(LanguageModelError) -> SortedRuns {
    if block.count > 0 { try runs.append(block) }
    return runs
  }
}

/// Sorted stretches of one file.
struct SortedRuns {
  private let keyWords: Int
  private var file: RecordFile
  private var ranges: [Range<Int>] = []

  /// A smaller read than this costs more in seeks than another pass over the data does.
  private static let leastBufferBytes = 16 << 10
  private static let mostBufferBytes = 1 << 20

  init(stride: Int, keyWords: Int) throws(LanguageModelError) {
    self.keyWords = keyWords
    file = try RecordFile(stride: stride, bufferBytes: 256 << 10)
  }

  /// Records in all of them.
  var count: Int { file.count }

  /// Adds what is in a block, which is empty then.
  mutating func append(_ block: RecordBlock) throws(LanguageModelError) {
    let start = file.count
    try block.spill(into: file)
    ranges.append(start..<file.count)
  }

  /// The records in order. Where memory does not give every run a buffer, runs are merged into longer ones
  /// first, several times if need be.
  /// - Parameter memory: bytes for the buffers of all runs together.
  consuming func merged(memory: Int, watch: EstimationWatch) throws(LanguageModelError) -> RecordMerge {
    try file.finishWriting()
    let most = max(2, memory / Self.leastBufferBytes)
    while ranges.count > most {
      var longer = try SortedRuns(stride: file.stride, keyWords: keyWords)
      for first in Swift.stride(from: 0, to: ranges.count, by: most) {
        let group = ranges[first..<min(first + most, ranges.count)]
        let merge = try Self.merge(file, group, keyWords: keyWords, memory: memory)
        let start = longer.file.count
        while let record = merge.record {
          try watch.tick()
          try longer.file.append(record)
          try merge.advance()
        }
        longer.ranges.append(start..<longer.file.count)
      }
      try longer.file.finishWriting()
      self = longer
    }
    return try Self.merge(file, ranges[...], keyWords: keyWords, memory: memory)
  }

  private static func merge(_ file: RecordFile, _ ranges: ArraySlice<Range<Int>>, keyWords: Int, memory: Int)
    throws(LanguageModelError) -> RecordMerge
  {
    let bytes = min(mostBufferBytes, memory / max(1, ranges.count))
    var readers: [RecordReader] = []
    for range in ranges { readers.append(try RecordReader(file, range, bufferBytes: bytes)) }
    return RecordMerge(readers, keyWords: keyWords)
  }
}
