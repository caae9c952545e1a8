import JSON

/// Finds the longest token at each place of a text.
struct TokenEncoder: Sendable {
  /// Tokens of one Unicode scalar.
  private var singles: [Unicode.Scalar: Int] = [:]
  /// Longer tokens.
  private var longer: [ExactString: Int] = [:]
  private var longest = 1

  /// Of these tokens, by id, without the special ones: no text spells a blank or a delimiter.
  init(base: [String], excluding special: Set<Int>) {
    for (id, token) in base.enumerated() where !special.contains(id) && !token.isEmpty {
      let scalars = token.unicodeScalars
      if scalars.count == 1 {
        singles[scalars.first!] = id
      } else {
        longer[ExactString(token)] = id
        longest = max(longest, scalars.count)
      }
    }
  }

  /// The longest token that the scalars from `place` on begin with, and how many it takes.
  func match(_ scalars: [Unicode.Scalar], at place: Int) -> (id: Int, count: Int)? {
    var count = min(longest, scalars.count - place)
    while count > 1 {
      var text = String.UnicodeScalarView()
      text.append(contentsOf: scalars[place..<(place + count)])
      if let id = longer[ExactString(String(text))] { return (id, count) }
      count -= 1
    }
    return singles[scalars[place]].map { ($0, 1) }
  }
}
