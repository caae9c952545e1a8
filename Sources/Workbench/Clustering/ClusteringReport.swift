public import Clustering
import JSON

/// What a clustering came to: `report.json`.
public struct ClusteringReport: Sendable, Equatable {
  /// How the clusters agree with reference labels.
  public struct Agreement: Sendable, Equatable {
    public let frames: Int
    public let utterances: Int
    public let phonePurity: Double
    public let clusterPurity: Double
    public let normalisedMutualInformation: Double

    init(_ purity: ClusterPurity, utterances: Int) {
      frames = purity.frames
      self.utterances = utterances
      phonePurity = purity.phonePurity
      clusterPurity = purity.clusterPurity
      normalisedMutualInformation = purity.normalisedMutualInformation
    }
  }

  public let model: KMeansModel
  /// That have labels.
  public let utterances: Int
  /// Inputs that gave none.
  public let failed: Int
  /// Per labelled frame.
  public let inertia: Double
  public let usage: ClusterUsage
  public let agreement: Agreement?

  /// One object.
  public var json: String {
    var object: JSONObject = [
      "clusters": .integer(Int64(model.clusters)), "features": .string(model.origin.summary),
      "utterances": .integer(Int64(utterances)), "failed": .integer(Int64(failed)),
      "frames": .integer(Int64(usage.frames)), "inertia": Self.number(inertia),
      "fit": [
        "frames": .integer(Int64(model.frames)), "batches": .integer(Int64(model.batches)),
        "inertia": Self.number(model.inertia), "seed": .string("\(model.seed)"),
      ],
      "usage": [
        "entropy": .number(usage.entropy), "perplexity": .number(usage.perplexity),
        "smallest": .integer(Int64(usage.smallest)), "largest": .integer(Int64(usage.largest)),
        "empty": .integer(Int64(usage.empty)), "counts": .array(usage.counts.map { .integer(Int64($0)) }),
      ],
    ]
    if let agreement {
      object["reference"] = [
        "utterances": .integer(Int64(agreement.utterances)), "frames": .integer(Int64(agreement.frames)),
        "phone_purity": Self.number(agreement.phonePurity),
        "cluster_purity": Self.number(agreement.clusterPurity),
        "pnmi": Self.number(agreement.normalisedMutualInformation),
      ]
    }
    return JSONValue.object(object).text(.spaced)
  }

  private static func number(_ value: Double) -> JSONValue { value.isFinite ? .number(value) : .null }

  /// For people, a line or two.
  public var text: String {
    let labelled = "\(utterances) \(utterances == 1 ? "utterance" : "utterances"), \(usage.frames) frames"
    var lines = [
      "\(model.clusters) clusters of \(model.origin.summary): \(labelled), inertia "
        + "\(decimals(inertia, 3)) a frame, perplexity \(decimals(usage.perplexity, 1)), sizes "
        + "\(usage.smallest) to \(usage.largest), \(usage.empty) empty"
    ]
    if let agreement {
      lines.append(
        "with the reference (\(agreement.frames) frames): phone purity \(decimals(agreement.phonePurity, 3)), "
          + "cluster purity \(decimals(agreement.clusterPurity, 3)), PNMI "
          + decimals(agreement.normalisedMutualInformation, 3))
    }
    return lines.joined(separator: "\n")
  }
}
