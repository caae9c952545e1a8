package import CKernels

extension KernelLevel {
  /// The table of the level's kernels.
  /// - Precondition: this CPU runs them.
  package var kernels: ck_kernels {
    guard let kernels = ck_kernels_at(level) else {
      preconditionFailure("this CPU does not run \(rawValue) kernels")
    }
    return kernels.pointee
  }
}
