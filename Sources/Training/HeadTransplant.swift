public import Vocabulary

/// A head for another vocabulary, out of the old one: what the old head knows is kept.
///
/// A new class takes the row of weights and the bias of the old class
/// 1. of the same role: blank, word delimiter, unknown, beginning, end;
/// 2. else with exactly the same token;
/// 3. else whose token differs in case alone, if no other class has taken that row: a model of capital
/// letters
///    is a good start for small ones.
///
/// Any other class begins as a ``HeadStart`` says.
public struct HeadTransplant: Sendable, Equatable {
  /// By new class: the old class that it comes from; nil for none.
  public let origins: [Int?]
  /// Classes of the old head.
  public let oldClasses: Int

  /// - Parameters:
  ///   - old: the vocabulary that the head was trained with.
  ///   - oldClasses: rows of the old head, which may be fewer or more than its vocabulary's tokens.
  public init(from old: CTCVocabulary, oldClasses: Int, to new: CTCVocabulary) {
    var origins = [Int?](repeating: nil, count: new.count)
    var taken: Set<Int> = []
    func take(_ row: Int?, for id: Int?) {
      guard let row, let id, row < oldClasses, origins[id] == nil, taken.insert(row).inserted else { return }
      origins[id] = row
    }
    take(old.blank, for: new.blank)
    take(old.delimiter, for: new.delimiter)
    take(old.unknown, for: new.unknown)
    take(old.settings.beginToken.flatMap(old.id), for: new.settings.beginToken.flatMap(new.id))
    take(old.settings.endToken.flatMap(old.id), for: new.settings.endToken.flatMap(new.id))
    for (id, token) in new.tokens.enumerated() { take(old.id(of: token), for: id) }
    var folded: [String: Int] = [:]
    for (row, token) in old.tokens.enumerated().reversed() { folded[token.lowercased()] = row }
    for (id, token) in new.tokens.enumerated() { take(folded[token.lowercased()], for: id) }
    self.origins = origins
    self.oldClasses = oldClasses
  }

  /// Classes of the new head that the old one knew.
  public var keptClasses: Int { origins.count { $0 != nil } }

  /// The linear layer behind the transformer.
  public struct Head: Sendable, Equatable {
    /// D.
    public let inputs: Int
    /// (V, D), row-major.
    public let weights: [Float]
    /// (V).
    public let bias: [Float]

    public init(inputs: Int, weights: [Float], bias: [Float]) {
      precondition(
        weights.count == bias.count * inputs, "\(weights.count) weights for \(bias.count) x \(inputs)")
      self.inputs = inputs
      self.weights = weights
      self.bias = bias
    }
  }

  /// The new head. A row that is not kept depends on the distribution, the seed and its class alone.
  func head(from old: Head, drawing distribution: Distribution, seed: UInt64) -> Head {
    precondition(old.bias.count == oldClasses, "a head of \(old.bias.count) classes, not \(oldClasses)")
    var weights: [Float] = []
    weights.reserveCapacity(origins.count * old.inputs)
    for (id, origin) in origins.enumerated() {
      if let origin {
        weights += old.weights[origin * old.inputs..<(origin + 1) * old.inputs]
      } else {
        weights += distribution.elements(
          id * old.inputs..<(id + 1) * old.inputs, seed: seed, name: "lm_head.weight")
      }
    }
    return Head(inputs: old.inputs, weights: weights, bias: origins.map { $0.map { old.bias[$0] } ?? 0 })
  }
}
