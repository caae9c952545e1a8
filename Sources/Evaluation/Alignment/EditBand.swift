/// The diagonals of a table that a cheapest alignment can touch.
///
/// With d deletions and i insertions before it, a cell (row r, column c) has c - r = i - d. If all deletions and
/// insertions of an alignment are at most N, and insertions are |h| - |r| more than deletions, c - r lies between
/// -(N - |h| + |r|) / 2 and (N + |h| - |r|) / 2 (Ukkonen 1985).
struct EditBand {
  /// The most deletions.
  let below: Int
  /// The most insertions.
  let above: Int

  /// - Parameter indels: deletions and insertions together, at most; nil where nothing is known.
  init(reference: Int, hypothesis: Int, indels: Int?) {
    let indels = min(indels ?? .max, reference + hypothesis)
    below = (indels - hypothesis + reference) / 2
    above = (indels + hypothesis - reference) / 2
  }

  /// Columns of a row between two columns.
  @inline(__always)
  func columns(ofRow row: Int, from first: Int, to last: Int) -> ClosedRange<Int> {
    let low = max(first, row - below)
    return low...max(low, min(last, row + above))
  }

  /// Columns that a row has at most.
  var width: Int { below + above + 1 }
}
