import Layers
import Tensors

/// Hands parameters with their gradients to the layers that are trained.
struct ParameterReader {
  let values: ParameterStorage
  let gradients: ParameterStorage

  func has(_ name: String) -> Bool { values.layout[name] != nil }

  func parameter(_ name: String) -> Parameter {
    Parameter(value: values[name], gradient: gradients[name])
  }

  func linear(_ prefix: String) -> TrainableLinear {
    TrainableLinear(weight: parameter("\(prefix).weight"), bias: parameter("\(prefix).bias"))
  }

  func layerNorm(_ prefix: String, epsilon: Float) -> TrainableLayerNorm {
    TrainableLayerNorm(
      weight: parameter("\(prefix).weight"), bias: parameter("\(prefix).bias"), epsilon: epsilon)
  }
}
