/// Several sorted streams as one: a k-way merge with a binary heap.
///
/// Records of equal keys come in the order of their streams.
final class RecordMerge: RecordStream {
  private let keyWords: Int
  private let streams: [RecordReader]
  /// Streams with a record in hand; the one whose record is first stands at 0.
  private var heap: [Int]

  init(_ streams: [RecordReader], keyWords: Int) {
    self.keyWords = keyWords
    self.streams = streams
    heap = streams.indices.filter { streams[$0].record != nil }
    for place in heap.indices.reversed() { siftDown(place) }
  }

  var record: UnsafePointer<UInt32>? { heap.isEmpty ? nil : streams[heap[0]].record }

  func advance() throws(LanguageModelError) {
    guard !heap.isEmpty else { return }
    try streams[heap[0]].advance()
    if streams[heap[0]].record == nil {
      heap[0] = heap[heap.count - 1]
      heap.removeLast()
    }
    siftDown(0)
  }

  private func siftDown(_ start: Int) {
    var place = start
    while true {
      var least = place
      for child in [2 * place + 1, 2 * place + 2] where child < heap.count {
        if isBefore(heap[child], heap[least]) { least = child }
      }
      if least == place { return }
      heap.swapAt(place, least)
      place = least
    }
  }

  private func isBefore(_ a: Int, _ b: Int) -> Bool {
    guard let first = streams[a].record, let second = streams[b].record else { return false }
    for word in 0..<keyWords where first[word] != second[word] { return first[word] < second[word] }
    return a < b
  }
}
