extension Matrix {
  /// Whether every element is a finite number.
  public var isFinite: Bool {
    for r in 0..<rows {
      let row = row(r)
      for c in 0..<columns where !row[c].isFinite { return false }
    }
    return true
  }
}
