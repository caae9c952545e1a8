import Checkpoints
import Workbench

/// The arguments of `features`, checked before anything is read or written.
struct FeaturesSettings {
  let recordings: RecordingSettings
  let model: String
  let layer: FeatureLayer
  let out: String
  let type: DataType
  let isQuiet: Bool

  init(_ command: FeaturesCommand) throws(UsageError) {
    recordings = try RecordingSettings(inputs: command.inputs, command.recording)
    layer = try FeatureLayer(parsing: command.layer)
    switch command.dtype {
    case "fp32": type = .float32
    case "fp16": type = .float16
    default: throw UsageError("--dtype \(command.dtype): no such type; use fp32 or fp16")
    }
    model = withoutTrailingSlash(command.model)
    out = withoutTrailingSlash(command.out)
    isQuiet = command.quiet
  }

  /// Makes what the features are written to.
  func destination() throws(InputFailure) -> any FrameDestination {
    guard out.hasSuffix(".safetensors") else { return try FrameFolder(directory: out) }
    return try FrameFile(path: out, metadata: ["layer": layer.name])
  }
}
