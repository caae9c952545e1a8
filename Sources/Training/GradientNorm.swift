public import AcousticModel
import CKernels
public import Tensors

/// The Euclidean norm of all gradients together, and of each entry's.
public struct GradientNorm: Sendable, Equatable {
  /// Infinite or NaN if any gradient is.
  public let total: Double
  /// By place in `layout.entries`; 0 for what is not trained.
  public let entries: [Double]

  /// Sums in double precision, in an order that depends on the layout alone.
  public init(of gradients: ParameterStorage, over trainable: TrainableEntries, on compute: Compute) {
    let pieces = ParameterPieces(gradients.layout, trainable).pieces
    let sums = [Double](unsafeUninitializedCapacity: pieces.count) { buffer, count in
      let sums = Sums(pointer: buffer.baseAddress!)
      compute.run(tasks: pieces.count) { task, _ in
        let range = pieces[task].range
        sums.pointer[task] = compute.kernels.sum_of_squares(
          gradients.pointer + range.lowerBound, range.count)
      }
      count = pieces.count
    }
    var squares = [Double](repeating: 0, count: gradients.layout.entries.count)
    for (piece, sum) in zip(pieces, sums) { squares[piece.entry] += sum }
    entries = squares.map { $0.squareRoot() }
    total = squares.reduce(0, +).squareRoot()
  }

  private struct Sums: @unchecked Sendable {
    let pointer: UnsafeMutablePointer<Double>
  }

  public var isFinite: Bool { total.isFinite }

  /// The first entry whose gradient is infinite or NaN, for a message that says where training broke.
  public func firstBroken(in layout: ParameterLayout) -> ParameterLayout.Entry? {
    entries.firstIndex { !$0.isFinite }.map { layout.entries[$0] }
  }

  /// What gradients are multiplied by so that their norm is at most about `limit`:
  /// min(1, limit / (norm + 1e-6)), as `torch.nn.utils.clip_grad_norm_` does. 1 without a limit.
  public func scale(limit: Double?) -> Double {
    guard let limit else { return 1 }
    precondition(limit > 0, "gradients clipped to a norm of \(limit)")
    return min(1, limit / (total + 1e-6))
  }
}
