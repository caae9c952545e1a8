package import Checkpoints
package import JSON

extension FinetuneOptions {
  /// Gives the regularization that no option settles the values of a model's config.json, or transformers'
  /// defaults where that says nothing (`HubertConfig`, `Wav2Vec2Config` of transformers 5).
  ///
  /// Without `apply_spec_augment` nothing is masked, unless an option asks for it.
  ///
  /// - Throws: a JSON error, or ``CheckpointError`` that names the field.
  public mutating func adoptRegularization(ofConfiguration path: String) throws {
    let fields = try JSONValue(contentsOf: path, options: .python)
    for (name, path_, fallback) in Self.probabilityFields where self[keyPath: path_] == nil {
      self[keyPath: path_] = try number(fields, name, path, in: 0...1) ?? fallback
    }
    var masks = true
    if let value = fields["apply_spec_augment"], !value.isNull {
      guard let bool = value.bool else {
        throw mismatch("apply_spec_augment", path, "true or false", value)
      }
      masks = bool
    }
    for (name, path_, fallback) in Self.maskFields where self[keyPath: path_] == nil {
      self[keyPath: path_] = masks ? try number(fields, name, path, in: 0...1) ?? fallback : 0
    }
    for (name, path_, fallback) in Self.countFields where self[keyPath: path_] == nil {
      let number = try Training.number(fields, name, path, in: 0...100_000)
      self[keyPath: path_] = number.map { Int($0) } ?? fallback
    }
  }

  private static var probabilityFields: [(String, WritableKeyPath<FinetuneOptions, Double?>, Double)] {
    [
      ("hidden_dropout", \.hiddenDropout, 0.1), ("activation_dropout", \.activationDropout, 0.1),
      ("attention_dropout", \.attentionDropout, 0.1), ("feat_proj_dropout", \.featureProjectionDropout, 0),
      ("final_dropout", \.finalDropout, 0.1), ("layerdrop", \.layerDrop, 0.1),
    ]
  }

  private static var maskFields: [(String, WritableKeyPath<FinetuneOptions, Double?>, Double)] {
    [("mask_time_prob", \.maskTimeProbability, 0.05), ("mask_feature_prob", \.maskFeatureProbability, 0)]
  }

  private static var countFields: [(String, WritableKeyPath<FinetuneOptions, Int?>, Int)] {
    [
      ("mask_time_length", \.maskTimeLength, 10), ("mask_time_min_masks", \.maskTimeMinimum, 2),
      ("mask_feature_length", \.maskFeatureLength, 10), ("mask_feature_min_masks", \.maskFeatureMinimum, 0),
    ]
  }

}

/// A number of a model's config.json; nil where it has none.
package func number(
  _ fields: JSONValue, _ name: String, _ path: String, in range: ClosedRange<Double>
) throws(CheckpointError) -> Double? {
  guard let value = fields[name], !value.isNull else { return nil }
  guard let number = value.double, range.contains(number) else {
    throw mismatch(
      name, path, "a number from \(plain(range.lowerBound)) to \(plain(range.upperBound))", value)
  }
  return number
}

private func mismatch(
  _ name: String, _ path: String, _ expected: String, _ value: JSONValue
) -> CheckpointError {
  CheckpointError(
    .unsupportedFormat, path: path, subject: name, expected: expected, found: value.text(),
    remedy: "correct the field")
}
