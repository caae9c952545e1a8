import Audio
import CTC
import ComparisonReport
import Evaluation
import Vocabulary

#if canImport(Glibc)
import Glibc
#endif

extension ComparisonResult {
  /// Writes the page: one file of HTML that needs nothing beside itself.
  ///
  /// - Parameters:
  ///   - soundBytes: the most bytes for sounds with their emissions, the most different utterances first; nil
  ///     for the page's own limit.
  ///   - output: takes the next bytes.
  /// - Returns: how many utterances carry their sound.
  /// - Throws: what `output` throws, or one line for a decoder that cannot be opened again.
  public func writePage(soundBytes: Int? = nil, to output: ([UInt8]) throws -> Void) throws -> Int {
    var gallery = try SoundGallery(input)
    return try page.write(
      soundBytes: soundBytes ?? ComparisonPage.defaultSoundBytes, sound: { try gallery.sound(of: $0) },
      to: output
    ).count
  }

  private var page: ComparisonPage {
    var page = ComparisonPage(
      title: title, systems: input.systems.indices.map(pageSystem),
      utterances: input.utterances.indices.map(pageUtterance))
    page.notes = notes
    page.combination = comparison.combination.map {
      ComparisonPage.Combination(
        name: $0.usesConfidences ? "ROVER with confidences" : "ROVER",
        words: ComparisonPage.ErrorCounts($0.words), interval: $0.interval)
    }
    page.pairs = comparison.pairs.map(pagePair)
    page.trends = ErrorTrend.Quantity.allCases.compactMap { comparison.trend($0) }.map(pageTrend)
    page.vocabularies = (input.shelf?.models ?? []).map {
      ComparisonPage.Vocabulary($0.vocabulary, classes: $0.classes)
    }
    return page
  }

  private func pageSystem(_ number: Int) -> ComparisonPage.System {
    let (standing, facts) = (comparison.standings[number], input.facts[number])
    var system = ComparisonPage.System(
      name: input.systems[number].name, words: ComparisonPage.ErrorCounts(standing.totals.words),
      characters: ComparisonPage.ErrorCounts(standing.totals.characters))
    system.detail = facts.detail
    system.interval = standing.interval
    system.wrongUtterances = standing.totals.wrongSentences
    system.oracleRate = standing.oracle?.rate
    system.seconds = facts.seconds
    system.realTimeFactor = facts.realTimeFactor
    return system
  }

  private func pagePair(_ pair: PairComparison) -> ComparisonPage.Pair {
    var page = ComparisonPage.Pair(
      pair.a, pair.b, difference: pair.difference, interval: pair.interval,
      mapssweP: pair.correctedMatchedPairsP, bootstrapP: pair.correctedBootstrapP, wins: pair.wins,
      ties: pair.ties, losses: pair.losses)
    let (a, b) = (comparison.alignments[pair.a], comparison.alignments[pair.b])
    let changes = ConfusionChange.from(a, to: b)
    // Those that change most, and of each kind enough to be sorted by.
    let shown = changes.enumerated().filter { place, change in
      place < 100 || changes.prefix(1000).count(where: { $0.broken > change.broken }) < 30
    }.map(\.element)
    page.confusions = shown.prefix(200).map {
      ComparisonPage.Confusion(
        reference: $0.confusion.reference, hypothesis: $0.confusion.hypothesis, fixed: $0.fixed,
        broken: $0.broken)
    }
    page.recalls = RecallChange.from(a, to: b).prefix(100).map {
      ComparisonPage.WordRecall($0.word, occurrences: $0.count, a: $0.rightInA, b: $0.rightInB)
    }
    return page
  }

  private func pageTrend(_ trend: ErrorTrend) -> ComparisonPage.Trend {
    let (name, unit): (String, String) =
      switch trend.quantity {
      case .confidence: ("confidence", "")
      case .duration: ("duration", "s")
      case .level: ("signal level", "dB")
      case .pace: ("speaking rate", "words/s")
      }
    return ComparisonPage.Trend(
      quantity: name, unit: unit,
      bins: trend.bins.map {
        ComparisonPage.Trend.Bin(range: $0.range, rates: $0.rates, utterances: $0.utterances)
      })
  }

  private func pageUtterance(_ place: Int) -> ComparisonPage.Utterance {
    let readings = input.systems.indices.map { number in
      ComparisonPage.Reading(
        comparison.alignments[number][place].pageSteps,
        confidence: input.systems[number].readings[place].confidence,
        score: input.searchScores[number][place])
    }
    let known = input.utterances[place]
    let reference = comparison.alignments.first?[place].reference ?? []
    var utterance = ComparisonPage.Utterance(id: known.id, reference: reference, readings: readings)
    utterance.durationSeconds = known.durationSeconds
    utterance.speaker = known.speaker
    utterance.levelDecibels = known.levelDecibels
    if let seconds = known.durationSeconds, seconds > 0 {
      utterance.wordsPerSecond = Double(reference.count) / seconds
    }
    return utterance
  }
}

extension AlignedWords {
  fileprivate var pageSteps: [AlignedWord] {
    var (i, j) = (0, 0)
    return operations.map { operation in
      defer {
        i += operation.takesReference ? 1 : 0
        j += operation.takesHypothesis ? 1 : 0
      }
      switch operation {
      case .match: return .match(reference[i])
      case .substitution: return .substitution(reference: reference[i], hypothesis: hypothesis[j])
      case .deletion: return .deletion(reference[i])
      case .insertion: return .insertion(hypothesis[j])
      }
    }
  }
}

extension ComparisonPage.ErrorCounts {
  fileprivate init(_ counts: EditCounts) {
    self.init(
      substitutions: counts.substitutions, deletions: counts.deletions, insertions: counts.insertions,
      reference: counts.reference)
  }
}

extension ComparisonPage.Vocabulary {
  fileprivate init(_ vocabulary: CTCVocabulary, classes: Int) {
    self.init(
      tokens: (0..<classes).map { $0 < vocabulary.count ? vocabulary.token($0) : "\($0)" },
      blank: vocabulary.blank)
  }
}
