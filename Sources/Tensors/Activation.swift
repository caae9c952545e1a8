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
  /// x Phi(x), kept in -10...10.
  case geluClipped
  /// x min(max(x + 3, 0), 6) / 6.
  case hardSwish
  /// Phi((x - 0.707107) / 0.282095).
  case laplace
  /// x, or 0.01 x below 0.
  case leakyRelu
  /// x tanh(ln(1 + e^x)).
  case mish
  /// max(x, 0)^2.
  case reluSquared
  /// min(max(x, 0), 6).
  case relu6
  /// sqrt(ln(1 + e^x)).
  case sqrtSoftplus

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
    case .geluClipped: CK_GELU_CLIPPED
    case .hardSwish: CK_HARD_SWISH
    case .laplace: CK_LAPLACE
    case .leakyRelu: CK_LEAKY_RELU
    case .mish: CK_MISH
    case .reluSquared: CK_RELU_SQUARED
    case .relu6: CK_RELU6
    case .sqrtSoftplus: CK_SQRT_SOFTPLUS
    }
  }
}
