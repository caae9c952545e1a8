import JSON

extension ComparisonPage {
  /// Room for some hundred utterances of ten seconds.
  public static let defaultSoundBytes = 32 << 20

  /// Writes the page piece by piece, and only ever holds one sound.
  ///
  /// What the first view needs comes first, then sounds, the utterances first on which the systems differ
  /// most, for as long as there is room. Each sound stands in an element of its own, which the page reads when
  /// its utterance is opened.
  ///
  /// - Parameters:
  ///   - limit: bytes of the file for sounds, all in all; the page says how many utterances carry theirs.
  ///   - sound: the sound of an utterance, given its place; nil if it has none.
  ///   - output: takes the next bytes of the file.
  /// - Returns: the utterances that carry their sound, in the order written.
  @discardableResult
  public func write(
    soundBytes limit: Int = defaultSoundBytes, sound: (Int) throws -> Sound? = { _ in nil },
    to output: ([UInt8]) throws -> Void
  ) rethrows -> [Int] {
    check()
    let parts = PageTemplate.parts
    try output(parts.head)
    try output(document.scriptText)
    try output(parts.middle)
    var carried: [Int] = []
    var room = limit
    // The most bytes a second so far: what is longer than that leaves room for need not be asked for.
    var density = 0.0
    for place in mostDifferentFirst {
      let seconds = utterances[place].durationSeconds ?? 0
      guard room > 0, density * seconds <= Double(room), let sound = try sound(place) else { continue }
      check(sound, of: place)
      let element = Self.element(id: "u\(place)", sound.document)
      if seconds > 0 { density = max(density, Double(element.count) / seconds) }
      guard element.count <= room else { continue }
      room -= element.count
      carried.append(place)
      try output(element)
    }
    let sounds: JSONValue = [
      "utterances": .array(carried.map { .integer(Int64($0)) }), "bytes": .integer(Int64(limit - room)),
    ]
    try output(Self.element(id: "sounds", sounds))
    try output(parts.tail)
    return carried
  }

  /// By how far the systems' errors are apart, then by all their errors, then as they stand.
  private var mostDifferentFirst: [Int] {
    let keys = utterances.map { (spread: $0.spread, errors: $0.readings.reduce(0) { $0 + $1.errors }) }
    return utterances.indices.sorted { a, b in
      (keys[b].spread, keys[b].errors, a) < (keys[a].spread, keys[a].errors, b)
    }
  }

  private func check() {
    for utterance in utterances {
      precondition(
        utterance.readings.count == systems.count,
        "\(utterance.id): \(utterance.readings.count) readings of \(systems.count) systems")
    }
    for pair in pairs {
      precondition(
        pair.a != pair.b && systems.indices.contains(pair.a) && systems.indices.contains(pair.b),
        "a pair of \(pair.a) and \(pair.b) among \(systems.count) systems")
    }
    for bin in trends.flatMap(\.bins) {
      precondition(
        bin.rates.count == systems.count && bin.utterances.count == systems.count,
        "\(bin.rates.count) rates and \(bin.utterances.count) counts of \(systems.count) systems")
    }
  }

  private func check(_ sound: Sound, of place: Int) {
    let id = utterances[place].id
    precondition(
      sound.tracks.isEmpty || sound.tracks.count == systems.count,
      "\(id): \(sound.tracks.count) tracks of \(systems.count) systems")
    for emissions in sound.emissions {
      precondition(
        vocabularies.indices.contains(emissions.vocabulary),
        "\(id): vocabulary \(emissions.vocabulary) of \(vocabularies.count)")
    }
    for track in sound.tracks {
      guard let place = track.emissions else { continue }
      precondition(
        sound.emissions.indices.contains(place), "\(id): emissions \(place) of \(sound.emissions.count)")
    }
  }

  private static func element(id: String, _ document: JSONValue) -> [UInt8] {
    Array("<script type=\"application/json\" id=\"\(id)\">".utf8) + document.scriptText
      + Array("</script>\n".utf8)
  }
}
