public import AcousticModel

/// Which labels of an utterance belong to the frames of a crop.
///
/// Labels come every ``labelHop`` samples, frames every `hop`: of MFCC's labels, 100 a second, every second
/// one is a frame's (Hsu et al. 2021, section IV-B).
public struct FrameTargets: Sendable {
  private let configuration: ModelConfiguration
  /// Samples from label to label.
  public let labelHop: Int

  /// - Precondition: frames begin where labels do: `labelHop` divides the model's hop.
  public init(_ configuration: ModelConfiguration, labelHop: Int) {
    precondition(
      labelHop > 0 && configuration.hop % labelHop == 0,
      "labels every \(labelHop) samples for frames every \(configuration.hop)")
    self.configuration = configuration
    self.labelHop = labelHop
  }

  /// The targets of a crop, one a frame, and the samples to take: fewer where the labels end before the
  /// frames do, since another front end may have counted one frame less.
  /// - Parameter crop: begins where a frame begins.
  /// - Returns: nil where there is no frame with a label.
  public func align(_ labels: [UInt16], to crop: Range<Int>) -> (samples: Range<Int>, targets: [Int])? {
    let hop = configuration.hop
    precondition(crop.lowerBound % hop == 0, "a crop from sample \(crop.lowerBound), frames every \(hop)")
    let stride = hop / labelHop
    let first = crop.lowerBound / labelHop
    let labelled = max(0, (labels.count - first + stride - 1) / stride)
    let frames = configuration.featureFrames(for: crop.count).last ?? 0
    let count = min(frames, labelled)
    guard count > 0 else { return nil }
    let samples = count < frames ? configuration.receptiveField + (count - 1) * hop : crop.count
    return (
      crop.lowerBound..<crop.lowerBound + samples,
      (0..<count).map { Int(labels[first + $0 * stride]) }
    )
  }
}
