package import CKernels

/// A function of one element.
public enum Activation: Sendable, CaseIterable {
  case identity
  /// x Phi(x), the exact (erf) form.
  case gelu
  /// x/2 (1 + tanh(sqrt(2/pi) (x + 0.044715 x^3))).
  case geluTanh
  /// x sigmoid(1.702 x).
  case geluSigmoid
  case relu
  /// x sigmoid(x), also called swish.
  case silu
  case tanh
  case sigmoid

  package var code: ck_activation {
    switch self {
    case .identity: CK_IDENTITY
    case .gelu: CK_GELU
    case .geluTanh: CK_GELU_TANH
    case .geluSigmoid: CK_GELU_SIGMOID
    case .relu: CK_RELU
    case .silu: CK_SILU
    case .tanh: CK_TANH
    case .sigmoid: CK_SIGMOID
    }
  }
}
