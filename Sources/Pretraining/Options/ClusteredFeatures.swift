import Training

/// What a round clusters.
public enum ClusteredFeatures: Equatable, Sendable {
  case mfcc
  /// The states behind a layer of the model before; 0 is the input of the first layer.
  case layer(Int)

  var layer: Int? {
    if case .layer(let number) = self { number } else { nil }
  }
}

extension OptionKind<[ClusteredFeatures]> {
  /// Numbers of layers, or `mfcc`.
  static var clusteredFeatures: Self {
    OptionKind(
      read: { text throws(OptionMismatch) in
        let values: [ClusteredFeatures] = text.many.compactMap { word in
          word == "mfcc" ? .mfcc : Int(word).map(ClusteredFeatures.layer)
        }
        guard values.count == text.many.count, !values.isEmpty,
          values.allSatisfy({ (0...10_000).contains($0.layer ?? 0) })
        else { throw OptionMismatch(expected: "numbers of layers, such as 6,9, or mfcc") }
        return values
      },
      write: { $0.isEmpty ? nil : .many($0.map { $0.layer.map { "\($0)" } ?? "mfcc" }) })
  }
}
