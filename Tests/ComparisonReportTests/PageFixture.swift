import ComparisonReport
import TestSupport

/// A comparison of three systems on made-up speech: what real ones give, in shape and size.
///
/// Greedy and beam search read one model's emissions, the third another's. Words are hard by chance, and a
/// system misses those that are too hard for it, so that errors go together as they do in earnest.
struct PageFixture {
  static let alphabet = ["<pad>", "|"] + "abcdefghijklmnopqrstuvwxyz'".map(String.init)
  static let frameSeconds = 0.02
  static let sampleRate = 16_000
  static let names = ["greedy", "beam, 4-gram", "large model, beam, 4-gram"]

  private(set) var page: ComparisonPage
  private var random: Seeded

  init(_ sentences: [[String]], seed: UInt64 = 1) {
    var random = Seeded(seed)
    let utterances = sentences.enumerated().map { number, words in
      Self.utterance(number, words, &random)
    }
    self.random = random
    let systems = Self.names.indices.map { system in
      let words = utterances.map(\.readings[system]).map(\.counts).reduce(ComparisonPage.ErrorCounts()) {
        $0 + $1
      }
      // Nobody counts them here: one wrong character a wrong word.
      let characters = ComparisonPage.ErrorCounts(
        substitutions: words.errors, reference: 5 * words.reference)
      var result = ComparisonPage.System(name: Self.names[system], words: words, characters: characters)
      let rate = words.rate ?? 0
      result.detail = ["", "lm=4gram.arpa, width=100", "warbler-large, lm=4gram.arpa"][system]
      result.interval = rate * 0.93...rate * 1.08
      result.wrongUtterances = utterances.count { $0.readings[system].errors > 0 }
      result.oracleRate = system == 0 ? nil : rate * 0.6
      result.seconds = [190.4, 402.8, 1193.1][system]
      result.realTimeFactor = [0.031, 0.065, 0.19][system]
      return result
    }
    page = ComparisonPage(title: "Three systems on test.jsonl", systems: systems, utterances: utterances)
    page.notes = [
      "\(utterances.count) utterances. Intervals are 95 % percentiles of 10,000 bootstrap samples of utterances."
    ]
    page.combination = ComparisonPage.Combination(
      name: "ROVER of A, B and C", words: systems[2].words,
      interval: systems[2].interval)
    page.pairs = [(0, 1), (0, 2), (1, 2)].map { Self.pair($0, $1, systems, utterances) }
    page.trends = [
      Self.trend("confidence", "", utterances) { $0.readings[$1].confidence! },
      Self.trend("duration", "s", utterances) { utterance, _ in utterance.durationSeconds! },
      Self.trend("signal level", "dB", utterances) { utterance, _ in utterance.levelDecibels! },
      Self.trend("speaking rate", "words/s", utterances) { utterance, _ in utterance.wordsPerSecond! },
    ]
    page.vocabularies = [ComparisonPage.Vocabulary(tokens: Self.alphabet, blank: 0)]
  }
}

// Words and errors.

extension PageFixture {
  /// So many, each of some sentences of the corpus that is part of the package.
  static func sentences(_ count: Int, seed: UInt64 = 2) -> [[String]] {
    let file = golden("").replacing(
      "Tests/ComparisonReportTests/Goldens/", with: "Corpora/espeak-en/sentences.tsv")
    let known = String(decoding: contents(of: file), as: UTF8.self).split(separator: "\n").map { line in
      line.split(separator: "\t")[1].split(separator: " ").map(String.init)
    }
    var random = Seeded(seed)
    return (0..<count).map { _ in
      (0..<Int.random(in: 1...4, using: &random)).flatMap { _ in known.randomElement(using: &random)! }
    }
  }
}

extension PageFixture {
  private static func utterance(_ number: Int, _ words: [String], _ random: inout Seeded)
    -> ComparisonPage.Utterance
  {
    let hardness = words.map { _ in Double.random(in: 0...1, using: &random) }
    let slips = words.map { _ in Int.random(in: 0..<10, using: &random) }
    let readings = names.indices.map { system in
      var alignment: [AlignedWord] = []
      for (place, word) in words.enumerated() {
        guard hardness[place] + Double.random(in: -0.1...0.1, using: &random) > [0.84, 0.88, 0.93][system]
        else {
          alignment.append(.match(word))
          continue
        }
        switch slips[place] {
        case 0: alignment.append(.deletion(word))
        case 1: alignment += [.insertion("uh"), .match(word)]
        default: alignment.append(.substitution(reference: word, hypothesis: misheard(word, slips[place])))
        }
      }
      let errors = alignment.count(where: \.isError)
      return ComparisonPage.Reading(
        alignment,
        confidence: max(0.2, 0.98 - 0.06 * Double(errors) - Double.random(in: 0...0.1, using: &random)),
        score: -1.5 * Double(words.count) - 4 * Double(errors))
    }
    var utterance = ComparisonPage.Utterance(id: "test-\(number + 1)", reference: words, readings: readings)
    utterance.durationSeconds = seconds(of: words)
    utterance.speaker = ["ada", "ben", "cleo", "dan"][number % 4]
    utterance.levelDecibels = -20 + Double.random(in: -8...8, using: &random)
    utterance.wordsPerSecond = Double(words.count) / seconds(of: words)
    return utterance
  }

  /// The same for every system, as a hard word is misheard the same way.
  private static func misheard(_ word: String, _ slip: Int) -> String {
    let swaps: [Character: Character] = [
      "e": "i", "a": "e", "i": "e", "o": "u", "s": "z", "t": "d", "n": "m",
    ]
    let changed = String(word.map { swaps[$0] ?? $0 })
    return changed == word || slip < 4 ? word + "s" : changed
  }

  private static func pair(
    _ a: Int, _ b: Int, _ systems: [ComparisonPage.System], _ utterances: [ComparisonPage.Utterance]
  ) -> ComparisonPage.Pair {
    func errors(_ utterance: ComparisonPage.Utterance) -> Int {
      utterance.readings[a].errors - utterance.readings[b].errors
    }
    let difference = systems[a].words.rate! - systems[b].words.rate!
    var pair = ComparisonPage.Pair(
      a, b, difference: difference, interval: difference - 0.011...difference + 0.012,
      mapssweP: b == 1 ? 0.00004 : 0.0312, bootstrapP: b == 1 ? 0.0001 : 0.0524,
      wins: utterances.count { errors($0) < 0 }, ties: utterances.count { errors($0) == 0 },
      losses: utterances.count { errors($0) > 0 })
    var fixed: [String: (fixed: Int, broken: Int)] = [:]
    var recalled: [String: (all: Int, a: Int, b: Int)] = [:]
    for utterance in utterances {
      for (word, reading) in [(a, b), (b, a)].map({ (utterance.readings[$0], utterance.readings[$1]) }) {
        let heard = Set(reading.alignment.compactMap { $0.isError ? nil : $0.reference })
        for case .substitution(let reference, let hypothesis) in word.alignment
        where heard.contains(reference) {
          let isOfA = word == utterance.readings[a]
          fixed["\(reference) \(hypothesis)", default: (0, 0)].fixed += isOfA ? 1 : 0
          fixed["\(reference) \(hypothesis)", default: (0, 0)].broken += isOfA ? 0 : 1
        }
      }
      for word in utterance.reference { recalled[word, default: (0, 0, 0)].all += 1 }
      for case .match(let word) in utterance.readings[a].alignment { recalled[word]?.a += 1 }
      for case .match(let word) in utterance.readings[b].alignment { recalled[word]?.b += 1 }
    }
    pair.confusions = fixed.sorted { $0.key < $1.key }.map { key, value in
      let words = key.split(separator: " ").map(String.init)
      return .init(reference: words[0], hypothesis: words[1], fixed: value.fixed, broken: value.broken)
    }
    pair.confusions.append(.init(reference: nil, hypothesis: "uh", fixed: 9, broken: 2))
    pair.confusions.append(.init(reference: "the", hypothesis: nil, fixed: 7, broken: 1))
    pair.recalls = recalled.filter { $0.value.a != $0.value.b }
      .sorted { (abs($0.value.a - $0.value.b), $1.key) > (abs($1.value.a - $1.value.b), $0.key) }
      .prefix(50).map { .init($0.key, occurrences: $0.value.all, a: $0.value.a, b: $0.value.b) }
    return pair
  }

  private static func trend(
    _ quantity: String, _ unit: String, _ utterances: [ComparisonPage.Utterance],
    value: (ComparisonPage.Utterance, Int) -> Double
  ) -> ComparisonPage.Trend {
    let all = utterances.flatMap { utterance in names.indices.map { value(utterance, $0) } }.sorted()
    let edges = (0...5).map { all[min(all.count - 1, all.count * $0 / 5)] }
    let bins = (0..<5).map { bin in
      let members = names.indices.map { system in
        utterances.filter {
          let value = value($0, system)
          return value >= edges[bin] && (value < edges[bin + 1] || bin == 4)
        }
      }
      return ComparisonPage.Trend.Bin(
        range: edges[bin]...edges[bin + 1],
        rates: names.indices.map { system in
          members[system].map { $0.readings[system].counts }.reduce(.init()) { $0 + $1 }.rate
        }, utterances: members.map(\.count))
    }
    return ComparisonPage.Trend(quantity: quantity, unit: unit, bins: bins)
  }
}

extension ComparisonPage.Reading {
  fileprivate var counts: ComparisonPage.ErrorCounts {
    var counts = ComparisonPage.ErrorCounts()
    for word in alignment {
      if word.reference != nil { counts.reference += 1 }
      switch word {
      case .match: break
      case .substitution: counts.substitutions += 1
      case .deletion: counts.deletions += 1
      case .insertion: counts.insertions += 1
      }
    }
    return counts
  }
}

private func + (a: ComparisonPage.ErrorCounts, b: ComparisonPage.ErrorCounts) -> ComparisonPage.ErrorCounts {
  ComparisonPage.ErrorCounts(
    substitutions: a.substitutions + b.substitutions, deletions: a.deletions + b.deletions,
    insertions: a.insertions + b.insertions, reference: a.reference + b.reference)
}

// Sound: a character lasts 0.06 s, and there is a moment of silence at either end.

extension PageFixture {
  private static let framesPerCharacter = 3
  private static let silence = 15

  private static func frames(of words: [String]) -> Int {
    2 * silence + framesPerCharacter * (words.reduce(0) { $0 + $1.count + 1 })
  }

  static func seconds(of words: [String]) -> Double { Double(frames(of: words)) * frameSeconds }

  mutating func sound(of place: Int) -> ComparisonPage.Sound {
    let utterance = page.utterances[place]
    let count = Int(Double(Self.sampleRate) * utterance.durationSeconds!)
    let samples = waveform(utterance.reference, count)
    var sound = ComparisonPage.Sound(
      audio: PlayableAudio(muLaw: samples, sampleRate: Self.sampleRate),
      peaks: WaveformPeaks(samples, sampleRate: Self.sampleRate))
    let frames = Self.frames(of: utterance.reference)
    let paths = utterance.readings.map { Self.path($0.alignment, frames) }
    for (model, readers) in [[0, 1], [2]].enumerated() {
      sound.emissions.append(
        EmissionImage(
          name: ["base model", "large model"][model], vocabulary: 0, frameSeconds: Self.frameSeconds,
          logPosteriors: logPosteriors(readers.map { paths[$0].path }), tokens: Self.alphabet.count, blank: 0,
          paths: Set(readers.flatMap { paths[$0].path })))
    }
    sound.tracks = paths.indices.map { system in
      .init(emissions: system < 2 ? 0 : 1, path: paths[system].path, words: paths[system].words)
    }
    sound.reference = Self.path(utterance.reference.map(AlignedWord.match), frames).words
    return sound
  }

  /// Each word of the reference begins where it is said; what is said in its place is fitted in.
  private static func path(_ alignment: [AlignedWord], _ frames: Int)
    -> (path: [Int], words: [ComparisonPage.TimedWord])
  {
    var path = [Int](repeating: 0, count: frames)
    var words: [ComparisonPage.TimedWord] = []
    var start = silence
    for step in alignment {
      let room = framesPerCharacter * ((step.reference?.count ?? 0) + 1)
      if let word = step.hypothesis {
        let characters = Array(word)
        let each = step.reference == nil ? 1 : max(1, (room - 2) / characters.count)
        var frame = step.reference == nil ? start - 4 : start
        let first = frame
        for character in characters {
          path[frame] = alphabet.firstIndex(of: String(character)) ?? 1
          if each > 2 { path[frame + 1] = path[frame] }
          frame += each
        }
        path[min(frame, frames - 1)] = 1
        words.append(
          .init(
            word, startSeconds: Double(first) * frameSeconds, endSeconds: Double(frame) * frameSeconds,
            confidence: step.isError ? 0.61 : 0.97))
      }
      if step.reference != nil { start += room }
    }
    return (path, words)
  }

  /// (T, V): most of the mass on the paths, some on a neighbour, little elsewhere.
  private mutating func logPosteriors(_ paths: [[Int]]) -> [Float] {
    let count = Self.alphabet.count
    return paths[0].indices.flatMap { frame in
      var row = (0..<count).map { _ in Float.random(in: -11 ... -7, using: &random) }
      row[(paths[0][frame] + 7) % count] = .random(in: -6 ... -2, using: &random)
      for path in paths { row[path[frame]] = paths.count > 1 && path != paths[0] ? -0.8 : -0.08 }
      return row
    }
  }

  /// A note for each character, louder in its middle.
  private mutating func waveform(_ words: [String], _ count: Int) -> [Float] {
    let characters = words.flatMap { Array($0.unicodeScalars) + [Unicode.Scalar(" ")] }
    let length = Self.framesPerCharacter * 320
    var samples = (0..<count).map { _ in Float.random(in: -0.004...0.004, using: &random) }
    for (place, character) in characters.enumerated() where character != " " {
      let period = 160 - 4 * Int(character.value % 27)
      for offset in 0..<length {
        let sample = Self.silence * 320 + place * length + offset
        guard sample < count else { break }
        let phase = Float(offset % period) / Float(period)
        let envelope = Float(min(offset, length - offset)) / Float(length)
        samples[sample] += 0.5 * envelope * (2 * abs(2 * phase - 1) - 1)
      }
    }
    return samples
  }
}
