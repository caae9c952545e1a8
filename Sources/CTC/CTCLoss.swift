import CKernels
public import Tensors

/// The CTC loss of a batch and its gradient with respect to logits.
///
///     loss = -ln sum over the paths that collapse to the labels of product over t of
///     softmax(logits[t])[path[t]] d loss / d logits[t][k] = softmax(logits[t])[k] - P(path[t] = k | labels)
///
/// Graves et al. 2006, "Connectionist Temporal Classification". Sums of paths are kept as float32 mantissas
/// with exponents of their own, so that no posteriors are too small for them.
///
/// Special cases:
/// - An empty target has one path, all blanks.
/// - A target without a path, for want of frames (a repeated label needs a blank between) or because a
///   logit is -inf, has an infinite loss and a gradient of 0. PyTorch's gradient is NaN there.
/// - An utterance without frames has loss 0 with an empty target, else infinity.
/// - NaN or +inf among the logits, or a frame of nothing but -inf, makes the loss and all of the gradient of
///   that utterance NaN.
/// - A logit more than 65536 below its frame's largest counts as -inf.
public struct CTCLoss: Sendable {
  /// The id of the blank.
  public var blank: Int
  public var reduction: CTCReduction
  /// Counts infinite losses as 0.
  public var zeroInfinity: Bool

  public init(blank: Int = 0, reduction: CTCReduction = .mean, zeroInfinity: Bool = false) {
    self.blank = blank
    self.reduction = reduction
    self.zeroInfinity = zeroInfinity
  }

  /// Computes the losses, and overwrites `gradient` with that of the reduced loss.
  ///
  /// One utterance is one task; the result does not depend on the number of threads. Each worker takes 16
  /// bytes of scratch for every label and frame of the longest utterance.
  ///
  /// - Parameters:
  ///   - logits: (N, V), unnormalised natural logarithms, the frames of all utterances.
  ///   - targets: what was said, and in which rows; these must not overlap.
  ///   - utterances: how many the reduction takes the mean over, where these targets are a part of a batch;
  ///     nil for as many as there are targets.
  ///   - gradient: (N, V). Rows that belong to no utterance are left as they are. Not the memory of `logits`.
  /// - Throws: an error that names the first label that is the blank or outside the vocabulary.
  public func evaluate(
    logits: Matrix, targets: [CTCTarget], utterances: Int? = nil, gradient: Matrix, on compute: Compute
  ) throws(CTCTargetError) -> CTCBatchLoss {
    check(logits: logits, targets: targets, gradient: gradient)
    try check(targets.map(\.labels), vocabularySize: logits.columns)
    let labels = targets.map { $0.labels.map { Int32($0) } }
    var losses = [Double](repeating: 0, count: targets.count)
    compute.reserveScratch(
      targets.reduce(0) { max($0, ck_ctc_scratch($1.frames.count, $1.labels.count)) })
    // The longest first, so that no worker is left with one at the end.
    let order = targets.indices.sorted { targets[$0].cost > targets[$1].cost }
    losses.withUnsafeMutableBufferPointer { losses in
      let losses = Losses(pointer: losses.baseAddress)
      compute.run(tasks: order.count) { task, worker in
        let index = order[task]
        let frames = targets[index].frames
        losses.pointer![index] = labels[index].withUnsafeBufferPointer { labels in
          var problem = ck_ctc(
            logits: logits.row(frames.lowerBound), logits_stride: logits.stride,
            gradient: gradient.row(frames.lowerBound), gradient_stride: gradient.stride,
            frames: frames.count, vocabulary: logits.columns,
            labels: labels.baseAddress, label_count: labels.count, blank: Int32(blank),
            scale: Float(reduction.weight(ofLabels: labels.count, utterances: utterances ?? order.count)))
          return compute.kernels.ctc(&problem, compute.scratch(ofWorker: worker))
        }
      }
    }
    if zeroInfinity { losses = losses.map { $0 == .infinity ? 0 : $0 } }
    return CTCBatchLoss(
      losses: losses, value: reduction.reduce(losses, labelCounts: targets.map(\.labels.count)))
  }

  private func check(logits: Matrix, targets: [CTCTarget], gradient: Matrix) {
    precondition(
      gradient.rows == logits.rows && gradient.columns == logits.columns,
      "a gradient of \(gradient.rows) x \(gradient.columns) for logits of \(logits.rows) x \(logits.columns)")
    precondition(
      (0..<logits.columns).contains(blank), "blank \(blank) in a vocabulary of \(logits.columns)")
    var end = 0
    for frames in targets.map(\.frames).sorted(by: { $0.lowerBound < $1.lowerBound }) where !frames.isEmpty {
      precondition(
        frames.lowerBound >= end && frames.upperBound <= logits.rows,
        "frames \(frames) of \(logits.rows), the utterance before ending at \(end)")
      end = frames.upperBound
    }
  }

  /// - Throws: an error that names the first label that is the blank or outside the vocabulary.
  public func check(_ labels: [[Int]], vocabularySize: Int) throws(CTCTargetError) {
    for (utterance, labels) in labels.enumerated() {
      for (position, label) in labels.enumerated()
      where label == blank || !(0..<vocabularySize).contains(label) {
        throw CTCTargetError(
          utterance: utterance, position: position, label: label, blank: blank, vocabularySize: vocabularySize
        )
      }
    }
  }
}

/// Tasks write to places of their own.
private struct Losses: @unchecked Sendable {
  let pointer: UnsafeMutablePointer<Double>?
}
