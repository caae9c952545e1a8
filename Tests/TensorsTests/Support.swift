import CKernels
import Tensors

/// The kernels of every level that this machine runs.
let everyLevel: [ck_kernels] = KernelLevel.supported.map { level in
  switch level {
  case .portable: ck_kernels_at(CK_PORTABLE).pointee
  case .avx2: ck_kernels_at(CK_AVX2).pointee
  case .avx512: ck_kernels_at(CK_AVX512).pointee
  }
}
