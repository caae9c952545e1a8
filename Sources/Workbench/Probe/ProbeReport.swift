import Clustering
import JSON

/// How well the clusters of each layer go with letters.
public struct ProbeReport: Sendable {
  public struct Agreement: Sendable {
    public let frames: Int
    /// The part of the frames whose letter is the commonest of their cluster.
    public let letterPurity: Double
    /// The part of the frames whose cluster is the commonest of their letter.
    public let clusterPurity: Double
    /// I(letter; cluster) / H(letter).
    public let normalisedMutualInformation: Double

    init(_ purity: ClusterPurity) {
      frames = purity.frames
      letterPurity = purity.phonePurity
      clusterPurity = purity.clusterPurity
      normalisedMutualInformation = purity.normalisedMutualInformation
    }

    var json: JSONValue {
      [
        "frames": .integer(Int64(frames)), "letter_purity": .number(letterPurity),
        "cluster_purity": .number(clusterPurity), "nmi": .number(normalisedMutualInformation),
      ]
    }
  }

  public struct Layer: Sendable {
    public let layer: ProbeLayer
    /// Of a frame.
    public let features: Int
    /// Squared distance to the nearest centroid, per frame.
    public let inertia: Double
    /// Over the frames that the alignment gives a letter.
    public let letters: Agreement
    /// Over all frames, each with the nearest letter.
    public let nearest: Agreement
  }

  public let clusters: Int
  public let utterances: Int
  public internal(set) var layers: [Layer] = []

  /// One line of JSON.
  public var json: String {
    let object: JSONValue = [
      "clusters": .integer(Int64(clusters)), "utterances": .integer(Int64(utterances)),
      "layers": .array(
        layers.map {
          [
            "layer": .string($0.layer.name), "features": .integer(Int64($0.features)),
            "inertia": .number($0.inertia), "letters": $0.letters.json, "nearest": $0.nearest.json,
          ]
        }),
    ]
    return object.text()
  }

  /// A table, a layer a line.
  public var text: String {
    var table = TextTable(
      "layer", "#letter purity", "#cluster purity", "#NMI", "#with blanks: letter purity", "#cluster purity",
      "#NMI")
    for layer in layers {
      let cells = [layer.letters, layer.nearest].flatMap {
        [$0.letterPurity, $0.clusterPurity, $0.normalisedMutualInformation].map(Self.thousandths)
      }
      table.add(layer.layer.name, cells[0], cells[1], cells[2], cells[3], cells[4], cells[5])
    }
    guard let first = layers.first else { return table.text }
    return table.text
      + "\(utterances) utterances, \(first.letters.frames) of \(first.nearest.frames) frames with a letter, "
      + "\(clusters) clusters\n"
  }

  /// `0.043`; `nan`.
  private static func thousandths(_ value: Double) -> String {
    guard value.isFinite else { return "nan" }
    let digits = String(Int((value * 1000).rounded()))
    let padded = String(repeating: "0", count: max(0, 4 - digits.count)) + digits
    return "\(padded.dropLast(3)).\(padded.suffix(3))"
  }
}
