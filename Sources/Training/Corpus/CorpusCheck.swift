import AcousticModel
import Vocabulary

/// Finds the rows of a corpus that training cannot use, or would learn wrongly.
///
/// It sees rows that are read already, and works on them one by one (text and audio), then all together
/// (duplicates, audio shared with dev, speaking rates).
public struct CorpusCheck: Sendable {
  public let encoder: TranscriptEncoder
  public let options: CorpusCheckOptions

  public init(encoder: TranscriptEncoder, options: CorpusCheckOptions = CorpusCheckOptions()) {
    self.encoder = encoder
    self.options = options
  }

  public func report(train: [CorpusRow], dev: [CorpusRow] = []) -> CorpusReport {
    let dev = examine(dev, .dev, apartFrom: nil)
    return CorpusReport(train: examine(train, .train, apartFrom: dev), dev: dev)
  }

  private func examine(
    _ rows: [CorpusRow], _ split: CorpusFinding.Split, apartFrom dev: CorpusReport.Part?
  ) -> CorpusReport.Part {
    var part = CorpusReport.Part(split: split, rows: rows)
    for index in rows.indices { examine(index, of: &part) }
    if let dev { findShared(&part, with: dev) }
    findDuplicates(&part)
    findUnusualRates(&part)
    part.sortFindings()
    return part
  }

  // MARK: One row

  private func examine(_ index: Int, of part: inout CorpusReport.Part) {
    let row = part.rows[index]
    guard let audio = row.measurement else {
      if case .failed(let kind, let reason) = row.sound { part.add(index, kind, .reject, reason) }
      return
    }
    examineLength(audio, index, &part)
    examineText(row, frames: options.configuration.frames(for: audio.samples), index, &part)
    if audio.peakDecibels < options.silentPeakDecibels || audio.levelDecibels < options.silentLevelDecibels {
      let (peak, level) = (rounded(audio.peakDecibels, 1), rounded(audio.levelDecibels, 1))
      part.add(
        index, .silent, .reject,
        "peak \(peak) dB, level \(level) dB; expected \(rounded(options.silentPeakDecibels, 1)) and "
          + "\(rounded(options.silentLevelDecibels, 1)) at least; record it again or remove the row")
    }
    if let declared = row.durationSeconds {
      let difference = abs(declared - audio.seconds)
      let tolerance = max(
        options.durationToleranceSeconds, options.durationTolerancePart * audio.seconds)
      if !(difference <= tolerance) {
        part.add(
          index, .durationMismatch, .warn,
          "the manifest says \(rounded(declared, 3)) s, the audio has \(rounded(audio.seconds, 3)) s; "
            + "check that it is the right recording, whole")
      }
    }
  }

  private func examineLength(_ audio: AudioMeasurement, _ index: Int, _ part: inout CorpusReport.Part) {
    let seconds = rounded(audio.seconds, 3)
    if options.configuration.frames(for: audio.samples) == 0 {
      part.add(
        index, .tooShort, .reject,
        "\(seconds) s give the model no frame; record more or remove the row")
    } else if audio.seconds < options.leastSeconds {
      part.add(
        index, .tooShort, .reject,
        "\(seconds) s, expected at least \(options.leastSeconds); remove the row or lower --min-seconds")
    } else if audio.seconds > options.mostSeconds {
      part.add(
        index, .tooLong, .reject,
        "\(seconds) s, expected at most \(options.mostSeconds); cut it at pauses or raise --max-seconds")
    }
  }

  private func examineText(_ row: CorpusRow, frames: Int, _ index: Int, _ part: inout CorpusReport.Part) {
    guard let text = row.text else {
      return part.add(index, .missingText, .reject, "has no text; add \"text\" to the line")
    }
    let prepared = encoder.prepared(text)
    if prepared.allSatisfy(\.isWhitespace) {
      let left = text.allSatisfy(\.isWhitespace) ? "" : " once the text rules are applied"
      return part.add(
        index, .emptyText, .reject, "the text is empty\(left); write what is said or remove the row")
    }
    do {
      let labels = try encoder.labels(ofPrepared: prepared)
      let needed = fewestFrames(for: labels)
      part.labels[index] = labels
      part.preparedTexts[index] = prepared
      if frames > 0, needed > frames {
        let repeats = needed - labels.count
        part.add(
          index, .tooFewFrames, .reject,
          "\(labels.count) labels" + (repeats > 0 ? " and \(repeats) repeats" : "")
            + " need \(needed) frames, the audio gives \(frames) (\(rounded(row.seconds, 2)) s); "
            + "check that text and audio belong together")
      }
    } catch {
      // A tokenizer with do_lower_case spells in upper case.
      let spelled = encoder.vocabulary?.settings.lowercasesOutput == true ? prepared.uppercased() : prepared
      part.addUnknown(error.characters, in: spelled)
      part.add(
        index, .unknownCharacters, .reject,
        "not in the vocabulary: \(counted(error.characters, in: spelled)); "
          + "change the text, its rules or the vocabulary")
    }
  }

  // MARK: Rows together

  private func findShared(_ part: inout CorpusReport.Part, with dev: CorpusReport.Part) {
    var places: [String: Int] = [:]
    for (index, row) in dev.rows.enumerated().reversed() {
      if let hash = row.measurement?.hash { places[hash] = index }
    }
    for (index, row) in part.rows.enumerated() {
      guard let hash = row.measurement?.hash, let other = places[hash] else { continue }
      part.add(
        index, .sharedWithDev, .reject,
        "its audio is that of \(dev.rows[other].place) too; remove it from one, or dev measures memory")
    }
  }

  private func findDuplicates(_ part: inout CorpusReport.Part) {
    var first: [String: Int] = [:]
    for (index, row) in part.rows.enumerated() {
      guard let hash = row.measurement?.hash, row.text != nil, !part.isRejected(index) else { continue }
      guard let other = first[hash] else {
        first[hash] = index
        continue
      }
      let place = part.rows[other].place
      if part.preparedTexts[index] == part.preparedTexts[other] {
        part.add(index, .duplicate, .reject, "the audio and text of \(place) again; remove one")
      } else {
        part.add(
          index, .conflictingText, .warn,
          "the audio of \(place) with another text; one of them is wrong: correct it")
      }
    }
  }

  private func findUnusualRates(_ part: inout CorpusReport.Part) {
    let rates = part.rows.indices.compactMap { index -> (index: Int, rate: Double)? in
      guard !part.isRejected(index), let text = part.preparedTexts[index] else { return nil }
      return (index, Double(text.unicodeScalars.count) / part.rows[index].seconds)
    }
    guard rates.count >= options.fewestRatedRows else { return }
    let usual = RobustSpread(ofLogarithmsOf: rates.map(\.rate))
    for (index, rate) in rates
    where usual.isOutlier(rate, deviations: options.rateDeviations, factor: options.rateFactor) {
      part.add(
        index, .speakingRate, .warn,
        "\(rounded(rate, 1)) characters a second, the median is \(rounded(usual.median, 1)); "
          + "check that the text is all that is said, and no more")
    }
  }

  /// The characters, each with how often it is in the text.
  private func counted(_ characters: [String], in text: String) -> String {
    let shown = characters.prefix(8).map { character in
      "\(characterDescription(character)) x \(scalarOccurrences(of: character, in: text))"
    }
    let rest = characters.count - shown.count
    return shown.joined(separator: ", ") + (rest > 0 ? " and \(rest) more" : "")
  }
}

/// Frames that a path through these labels has at least: one each, and a blank between equal neighbours.
private func fewestFrames(for labels: [Int]) -> Int {
  labels.count + zip(labels, labels.dropFirst()).reduce(0) { $0 + ($1.0 == $1.1 ? 1 : 0) }
}

/// A number with at most that many decimals.
private func rounded(_ value: Double, _ decimals: Int) -> String {
  let scale = (0..<decimals).reduce(1.0) { product, _ in product * 10 }
  return "\((value * scale).rounded() / scale)"
}
