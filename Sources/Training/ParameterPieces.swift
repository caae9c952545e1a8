import AcousticModel

/// Parameters cut into pieces that are worked on one at a time. The cuts depend on the layout alone, so that
/// sums over pieces in their order do not depend on threads.
struct ParameterPieces {
  struct Piece {
    /// Place in `layout.entries`.
    let entry: Int
    /// Floats of the buffer; their count is a multiple of 16.
    let range: Range<Int>
  }

  private(set) var pieces: [Piece] = []

  /// 256 kB of each buffer.
  static let longest = 1 << 16

  init(_ layout: ParameterLayout, _ entries: TrainableEntries) {
    for entry in entries.indices {
      let range = layout.entries[entry].range
      for start in stride(from: range.lowerBound, to: range.upperBound, by: Self.longest) {
        pieces.append(Piece(entry: entry, range: start..<min(start + Self.longest, range.upperBound)))
      }
    }
  }
}
