internal import CSoxr

/// Sample rate conversion by libsoxr at its HQ quality (20 bits), fed in blocks; the result does not depend
/// on how the samples are split into blocks.
final class Resampler {
  private let handle: soxr_t
  private let ratio: Double
  private var output: [Float] = []

  /// - Precondition: both rates are positive, in Hz.
  init(from inputRate: Int, to outputRate: Int) {
    precondition(inputRate > 0 && outputRate > 0, "cannot resample from \(inputRate) to \(outputRate) Hz")
    var failure: soxr_error_t?
    var samples = soxr_io_spec(SOXR_FLOAT32_I, SOXR_FLOAT32_I)
    var quality = soxr_quality_spec(UInt(SOXR_HQ), 0)
    var threads = soxr_runtime_spec(1)
    guard
      let handle = soxr_create(
        Double(inputRate), Double(outputRate), 1, &failure, &samples, &quality, &threads), failure == nil
    else {
      preconditionFailure(
        "libsoxr cannot resample from \(inputRate) to \(outputRate) Hz: \(failure.map(String.init(cString:)) ?? "")"
      )
    }
    self.handle = handle
    ratio = Double(outputRate) / Double(inputRate)
  }

  deinit { soxr_delete(handle) }

  /// Resamples `block[range]` and appends what is ready; the filter holds back the rest.
  func append(_ block: [Float], _ range: Range<Int>, to samples: inout [Float]) {
    precondition(range.upperBound <= block.count, "\(range) of a block of \(block.count) samples")
    if range.isEmpty { return }
    let capacity = grow(to: Int(Double(range.count) * ratio) + 1024)
    var start = range.lowerBound
    while true {
      var taken = 0
      var made = 0
      block.withUnsafeBufferPointer { input in
        check(
          soxr_process(
            handle, input.baseAddress! + start, range.upperBound - start, &taken, &output, capacity, &made))
      }
      samples += output[..<made]
      start += taken
      if start == range.upperBound && made < capacity { return }
    }
  }

  /// Appends what the filter held back. Nothing can be appended afterwards.
  func finish(appendingTo samples: inout [Float]) {
    let capacity = grow(to: 4096)
    while true {
      var made = 0
      check(soxr_process(handle, nil, 0, nil, &output, capacity, &made))
      if made == 0 { return }
      samples += output[..<made]
    }
  }

  /// Makes the output buffer hold `count` samples at least, and returns how many it holds.
  private func grow(to count: Int) -> Int {
    if output.count < count { output = [Float](repeating: 0, count: count) }
    return output.count
  }

  private func check(_ failure: soxr_error_t?) {
    if let failure { preconditionFailure("libsoxr failed: \(String(cString: failure))") }
  }
}

/// The samples at another rate: n of them become round(n * outputRate / inputRate), give or take one.
///
/// Frequencies up to 0.91 of the lower Nyquist frequency pass; the samples are returned as they are if the
/// rates are equal.
///
/// - Precondition: both rates are positive, in Hz.
public func resample(_ samples: [Float], from inputRate: Int, to outputRate: Int) -> [Float] {
  precondition(inputRate > 0 && outputRate > 0, "cannot resample from \(inputRate) to \(outputRate) Hz")
  if inputRate == outputRate || samples.isEmpty { return samples }
  let resampler = Resampler(from: inputRate, to: outputRate)
  var result: [Float] = []
  resampler.append(samples, samples.indices, to: &result)
  resampler.finish(appendingTo: &result)
  return result
}
