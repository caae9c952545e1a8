public import AcousticModel
import Checkpoints
import JSON

extension LowRankAdaptation {
  /// Writes `adapter_model.safetensors` and `adapter_config.json` into `directory`, which must exist, as
  /// `peft` 0.21 writes them; `PeftModel.from_pretrained(model, directory)` loads them.
  /// - Parameters:
  ///   - baseModel: path or name of the model with W0, for `base_model_name_or_path`.
  ///   - architecture: the class that loads it.
  public func writeAdapter(
    to directory: String, baseModel: String, architecture: Architecture
  ) throws {
    var writer = SafetensorsWriter()
    for entry in layout.entries {
      writer.add("base_model.model.\(entry.name)", shape: entry.shape, parameters.elements(of: entry))
    }
    try writer.write(to: "\(directory)/adapter_model.safetensors")
    let document = adapterConfiguration(baseModel: baseModel, architecture: architecture)
    try AtomicFile.write(document.utf8(.pretty) + [0x0A], to: "\(directory)/adapter_config.json")
  }

  private func adapterConfiguration(baseModel: String, architecture: Architecture) -> JSONValue {
    let alpha = settings.alpha
    let type = architecture.modelType
    return [
      "auto_mapping": [
        "base_model_class": .string(architecture.rawValue),
        "parent_library": .string("transformers.models.\(type).modeling_\(type)"),
      ],
      "base_model_name_or_path": .string(baseModel), "bias": "none", "fan_in_fan_out": false,
      "inference_mode": true, "init_lora_weights": true,
      "lora_alpha": Int64(exactly: alpha).map { .integer($0) } ?? .number(alpha), "lora_dropout": 0.0,
      "modules_to_save": settings.trainsHead ? ["lm_head"] : nil, "peft_type": "LORA",
      "r": .integer(Int64(settings.rank)), "target_modules": .array(settings.targets.map { .string($0) }),
      "task_type": nil, "use_dora": false, "use_rslora": false,
    ]
  }
}
