extension Emissions {
  /// Whether every value can be a log-posterior or a logit: neither NaN nor +inf. -inf is a probability of 0,
  /// and valid.
  /// - Complexity: O(T V), at memory speed.
  public var isValid: Bool {
    // False of NaN as well. No early exit, so that the loop runs on vectors.
    logPosteriors.withUnsafeBufferPointer { values in
      var valid = true
      for value in values { valid = valid && value < .infinity }
      return valid
    }
  }

  /// The first frame that holds NaN or +inf, for an error message; nil if ``isValid``.
  public var firstInvalidFrame: Int? {
    logPosteriors.firstIndex { !($0 < .infinity) }.map { $0 / vocabularySize }
  }
}
