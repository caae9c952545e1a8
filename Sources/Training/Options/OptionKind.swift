/// What an option may be: how it is read and written.
package struct OptionKind<Value: Sendable>: Sendable {
  package let read: @Sendable (OptionText) throws(OptionMismatch) -> Value
  package let write: @Sendable (Value) -> OptionText?

  package init(
    read: @escaping @Sendable (OptionText) throws(OptionMismatch) -> Value,
    write: @escaping @Sendable (Value) -> OptionText?
  ) {
    self.read = read
    self.write = write
  }

  /// The same, where nothing need be set.
  package var optional: OptionKind<Value?> {
    OptionKind<Value?>(
      read: { text throws(OptionMismatch) in try read(text) }, write: { $0.flatMap(write) })
  }
}

extension OptionKind<Int> {
  package static func int(_ range: ClosedRange<Int>) -> Self {
    let expected =
      "a whole number " + bounds("\(range.lowerBound)", "\(range.upperBound)", range.upperBound == .max)
    return OptionKind(
      read: { text throws(OptionMismatch) in
        guard let value = text.one.flatMap({ Int($0) }), range.contains(value) else {
          throw OptionMismatch(expected: expected)
        }
        return value
      }, write: { .one("\($0)") })
  }

  /// Bytes: a number with K, M, G or T (powers of 1000), or without.
  package static var bytes: Self {
    OptionKind(
      read: { text throws(OptionMismatch) in
        let mismatch = OptionMismatch(expected: "a size such as 500M or 20G")
        guard var digits = text.one?.uppercased() else { throw mismatch }
        if digits.hasSuffix("B") { digits.removeLast() }
        var scale = 1.0
        if let unit = digits.last, let power = ["K", "M", "G", "T"].firstIndex(of: String(unit)) {
          for _ in 0...power { scale *= 1000 }
          digits.removeLast()
        }
        guard let value = Double(trimmed(digits)), value > 0, value * scale < 1e18 else { throw mismatch }
        return Int(value * scale)
      },
      write: { value in
        for (unit, scale) in [("T", 1_000_000_000_000), ("G", 1_000_000_000), ("M", 1_000_000), ("K", 1000)]
        where value % scale == 0 { return .one("\(value / scale)\(unit)") }
        return .one("\(value)")
      })
  }
}

extension OptionKind<Double> {
  /// From `low`, itself allowed unless `open`, to `high`.
  package static func number(from low: Double, open: Bool = false, to high: Double = .greatestFiniteMagnitude)
    -> Self
  {
    let isUnbounded = high == .greatestFiniteMagnitude
    let expected =
      open
      ? "a number above \(plain(low))" + (isUnbounded ? "" : ", up to \(plain(high))")
      : "a number " + bounds(plain(low), plain(high), isUnbounded)
    return OptionKind(
      read: { text throws(OptionMismatch) in
        guard let value = text.one.flatMap({ Double($0) }), open ? value > low : value >= low, value <= high
        else { throw OptionMismatch(expected: expected) }
        return value
      }, write: { .one(plain($0)) })
  }

  /// A probability below 1.
  package static var probability: Self {
    OptionKind(
      read: { text throws(OptionMismatch) in
        guard let value = text.one.flatMap({ Double($0) }), (0..<1).contains(value) else {
          throw OptionMismatch(expected: "a probability: from 0, below 1")
        }
        return value
      }, write: { .one(plain($0)) })
  }
}

extension OptionKind<[Double]> {
  package static func numbers(count: ClosedRange<Int>, in range: ClosedRange<Double>, _ expected: String)
    -> Self
  {
    OptionKind(
      read: { text throws(OptionMismatch) in
        let values = text.many.compactMap { Double($0) }
        guard values.count == text.many.count, count.contains(values.count), values.allSatisfy(range.contains)
        else { throw OptionMismatch(expected: expected) }
        return values
      }, write: { .many($0.map(plain)) })
  }
}

extension OptionKind<[Int]> {
  package static func ints(_ range: ClosedRange<Int>, _ expected: String) -> Self {
    OptionKind(
      read: { text throws(OptionMismatch) in
        let values = text.many.compactMap { Int($0) }
        guard values.count == text.many.count, !values.isEmpty, values.allSatisfy(range.contains) else {
          throw OptionMismatch(expected: expected)
        }
        return values
      }, write: { $0.isEmpty ? nil : .many($0.map { "\($0)" }) })
  }
}

extension OptionKind<Bool> {
  package static var bool: Self {
    OptionKind(
      read: { text throws(OptionMismatch) in
        switch text.one?.lowercased() {
        case "true", "yes", "on": return true
        case "false", "no", "off": return false
        default: throw OptionMismatch(expected: "true or false")
        }
      }, write: { .one($0 ? "true" : "false") })
  }
}

extension OptionKind<String> {
  /// A file or directory, made absolute: a run is resumed from elsewhere. A plain name of nothing that is
  /// there stays as it is, since it can be a checkpoint's id in the store.
  package static var path: Self {
    OptionKind(
      read: { text throws(OptionMismatch) in
        guard let one = text.one, !one.isEmpty else { throw OptionMismatch(expected: "a path") }
        return absolutePath(one)
      }, write: { $0.isEmpty ? nil : .one($0) })
  }

  /// A path, or the word that stands for noise that is made.
  package static var noise: Self {
    OptionKind(
      read: { text throws(OptionMismatch) in
        guard let one = text.one, !one.isEmpty else { throw OptionMismatch(expected: "a path or 'white'") }
        return one == "white" ? one : absolutePath(one)
      }, write: { $0.isEmpty ? nil : .one($0) })
  }

  package static var modelPath: Self {
    OptionKind(
      read: { text throws(OptionMismatch) in
        guard let one = text.one, !one.isEmpty else { throw OptionMismatch(expected: "a path or an id") }
        return one.contains("/") || fileExists(one) ? absolutePath(one) : one
      }, write: { .one($0) })
  }
}

extension OptionKind where Value: RawRepresentable<String> & CaseIterable {
  package static func choice() -> Self {
    OptionKind(
      read: { text throws(OptionMismatch) in
        guard let value = text.one.flatMap({ Value(rawValue: $0) }) else {
          throw OptionMismatch(expected: Value.allCases.map(\.rawValue).joined(separator: ", "))
        }
        return value
      }, write: { .one($0.rawValue) })
  }
}

/// `0 to 5`, or `of 1 or more`.
private func bounds(_ low: String, _ high: String, _ isUnbounded: Bool) -> String {
  isUnbounded ? "of \(low) or more" : "from \(low) to \(high)"
}

/// A number as people write it: 2, 0.05, 5e-05.
package func plain(_ value: Double) -> String {
  value == value.rounded() && abs(value) < 1e15 ? "\(Int(value))" : "\(value)"
}
