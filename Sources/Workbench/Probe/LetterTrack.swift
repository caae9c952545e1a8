import CTC

/// What is said in each frame of an utterance, from the forced alignment of its text.
struct LetterTrack: Sendable {
  /// (T): the label of each frame; the blank where the path says none.
  let letters: [UInt16]
  /// (T): as ``letters``, but the nearest label, of equals the earlier, in place of the blank.
  let nearest: [UInt16]

  /// - Precondition: the alignment is of one label at least.
  init(_ alignment: ForcedAlignment) {
    let path = alignment.path
    precondition(!alignment.labels.isEmpty, "an empty text has no nearest letter")
    letters = path.map { UInt16($0) }
    var nearest = path
    let said = path.indices.filter { path[$0] != alignment.blank }
    var next = 0
    for frame in path.indices {
      while next + 1 < said.count, abs(said[next + 1] - frame) < abs(said[next] - frame) { next += 1 }
      nearest[frame] = path[said[next]]
    }
    self.nearest = nearest.map { UInt16($0) }
  }
}
