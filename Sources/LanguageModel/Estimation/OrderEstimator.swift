/// The probabilities of one order, interpolated with those of the order below (Chen and Goodman 1998, eq. 25;
/// Heafield et al. 2013, sections 3.3 and 3.4):
///
///     u(w_n | h) = (a(h w_n) - D_n(a(h w_n))) / denominator(h)
///     p(w_n | h) = u(w_n | h) + gamma(h) p(w_n | h'),    h' = h without its first word
///
/// Counts are sorted by context for the sums of each, then back into suffix order, in which the order below
/// stands already.
struct OrderEstimator {
  let order: Int
  let discounts: KneserNeyDiscounts
  /// Bytes for sorting and merging.
  let memory: Int
  let watch: EstimationWatch

  /// What is known of an order.
  struct Result {
    /// n-grams in suffix order with their probability.
    var probabilities: RecordFile
    /// Contexts, n-grams of the order below in suffix order, with their gamma.
    var backoffs: RecordFile
  }

  private var bufferBytes: Int { min(1 << 20, memory / 8) }

  /// - Parameters:
  ///   - counts: of ``AdjustedCounts``; the caller keeps no other reference, so that space on disk is given
  ///     back early.
  ///   - lower: probabilities of the order below; nil for words, below which is the uniform distribution.
  ///   - uniform: 1 / words that can be predicted, `<unk>` and `</s>` among them and `<s>` not.
  func estimate(_ counts: consuming RecordFile, lower: RecordFile?, uniform: Double)
    throws(LanguageModelError) -> Result
  {
    let sorted = try byContext(counts)
    let (grouped, backoffs) = try sums(sorted)
    let runs = try discounted(grouped, backoffs)
    let probabilities = try interpolated(runs, lower: lower, uniform: uniform)
    return Result(probabilities: probabilities, backoffs: backoffs)
  }

  /// Records with the last word moved behind its context: w_{n-1}, ..., w_1, w_n.
  private func byContext(_ counts: consuming RecordFile) throws(LanguageModelError) -> SortedRuns {
    let stride = NgramRecord.stride(order: order, values: 1)
    let sorter = try RecordSorter(stride: stride, keyWords: order, memory: memory)
    let reader = try RecordReader(counts, bufferBytes: bufferBytes)
    var turned = [UInt32](repeating: 0, count: stride)
    while let record = reader.record {
      try watch.tick()
      for place in 1..<order { turned[place - 1] = record[place] }
      turned[order - 1] = record[0]
      for place in order..<turned.count { turned[place] = record[place] }
      try sorter.append(turned)
      try reader.advance()
    }
    return try sorter.finish()
  }

  /// The records as one file, and for each context its total and gamma.
  private func sums(_ runs: consuming SortedRuns) throws(LanguageModelError) -> (RecordFile, RecordFile) {
    let merge = try runs.merged(memory: memory / 2, watch: watch)
    let grouped = try RecordFile(
      stride: NgramRecord.stride(order: order, values: 1), bufferBytes: bufferBytes)
    let contexts = try RecordFile(
      stride: NgramRecord.stride(order: order - 1, values: 2), bufferBytes: bufferBytes)
    var context = [UInt32](repeating: 0, count: contexts.stride)
    var sums = ContextSums()
    func finish() throws(LanguageModelError) {
      context.withUnsafeMutableBufferPointer {
        NgramRecord.set(sums.gamma(discounts), $0.baseAddress!, order - 1, 0)
        NgramRecord.set(sums.total, $0.baseAddress!, order - 1, 1)
      }
      try contexts.append(context)
    }
    while let record = merge.record {
      try watch.tick()
      if grouped.count == 0 || !NgramRecord.haveEqualWords(context, record, order - 1) {
        if grouped.count > 0 { try finish() }
        sums = ContextSums()
        for place in 0..<order - 1 { context[place] = record[place] }
      }
      sums.add(AdjustedCounts.Count(NgramRecord.value(record, order)))
      try grouped.append(record)
      try merge.advance()
    }
    if grouped.count > 0 { try finish() }
    try grouped.finishWriting()
    try contexts.finishWriting()
    return (grouped, contexts)
  }

  /// Kept n-grams with u and gamma, in suffix order again.
  private func discounted(_ grouped: consuming RecordFile, _ contexts: RecordFile) throws(LanguageModelError)
    -> SortedRuns
  {
    let sorter = try RecordSorter(
      stride: NgramRecord.stride(order: order, values: 2), keyWords: order, memory: memory)
    let grams = try RecordReader(grouped, bufferBytes: bufferBytes)
    let sums = try RecordReader(contexts, bufferBytes: bufferBytes)
    var result = [UInt32](repeating: 0, count: NgramRecord.stride(order: order, values: 2))
    while let record = grams.record {
      try watch.tick()
      while let context = sums.record, !NgramRecord.haveEqualWords(context, record, order - 1) {
        try sums.advance()
      }
      guard let context = sums.record else { preconditionFailure("an n-gram without its context's sums") }
      let count = AdjustedCounts.Count(NgramRecord.value(record, order))
      if !count.isPruned {
        let gamma = NgramRecord.number(context, order - 1, 0)
        let total = NgramRecord.number(context, order - 1, 1)
        for place in 1..<order { result[place] = record[place - 1] }
        result[0] = record[order - 1]
        result.withUnsafeMutableBufferPointer {
          let u = (Double(count.adjusted) - discounts(count.adjusted)) / total
          NgramRecord.set(u, $0.baseAddress!, order, 0)
          NgramRecord.set(gamma, $0.baseAddress!, order, 1)
        }
        try sorter.append(result)
      }
      try grams.advance()
    }
    return try sorter.finish()
  }

  private func interpolated(_ runs: consuming SortedRuns, lower: RecordFile?, uniform: Double)
    throws(LanguageModelError) -> RecordFile
  {
    let merge = try runs.merged(memory: memory / 2, watch: watch)
    let below = try lower.map { lower throws(LanguageModelError) in
      try RecordReader(lower, bufferBytes: bufferBytes)
    }
    let probabilities = try RecordFile(
      stride: NgramRecord.stride(order: order, values: 1), bufferBytes: bufferBytes)
    var result = [UInt32](repeating: 0, count: probabilities.stride)
    while let record = merge.record {
      try watch.tick()
      var lowerProbability = uniform
      if let below {
        while let suffix = below.record, !NgramRecord.haveEqualWords(suffix, record, order - 1) {
          try below.advance()
        }
        guard let suffix = below.record else { preconditionFailure("an n-gram without its suffix") }
        lowerProbability = NgramRecord.number(suffix, order - 1)
      }
      let probability =
        NgramRecord.number(record, order, 0) + NgramRecord.number(record, order, 1) * lowerProbability
      for place in 0..<order { result[place] = record[place] }
      result.withUnsafeMutableBufferPointer { NgramRecord.set(probability, $0.baseAddress!, order) }
      try probabilities.append(result)
      try merge.advance()
    }
    try probabilities.finishWriting()
    return probabilities
  }
}
