import CTC
import Training
import Vocabulary

/// Utterances that weights are chosen on: their emissions and what was said, in memory.
public struct TuningSet: Sendable {
  let vocabulary: CTCVocabulary
  let emissions: [Emissions]
  /// As decoding would write them: by the rules by which training prepares its texts.
  let references: [String]
  /// What could not be used, a line each.
  public let failures: [InputFailure]

  public var count: Int { emissions.count }

  /// - Parameters:
  ///   - inputs: as `decode` takes emissions: `.npy`, `.safetensors`, directories of both.
  ///   - manifest: JSON lines with `text`. A row belongs to the emissions of its id; one whose id has folders
  ///     in it, to those of its last part where no other row's is the same.
  ///   - vocabulary: a `vocab.json`, or a folder that holds one and `rules.json`.
  ///   - blankToken: the blank's entry in it; nil for `<pad>`.
  /// - Throws: one line for a vocabulary or a manifest that cannot be used.
  public init(emissions inputs: [String], manifest: String, vocabulary: String, blankToken: String?) throws {
    let vocabulary = try CTCVocabulary(file: vocabulary, blankToken: blankToken)
    let encoder = TranscriptEncoder(vocabulary: vocabulary)
    let reader = EmissionReader(vocabulary: vocabulary)
    var texts = ReferenceTexts()
    var failures: [InputFailure] = []
    for entry in try CorpusListing(manifest: manifest).entries {
      if let failure = entry.failure {
        failures.append(InputFailure(entry.place, failure.reason))
      } else if let utterance = entry.utterance, let text = entry.text {
        texts.add(text, of: utterance.id)
      } else {
        failures.append(InputFailure(entry.place, "no text; add what is said, or leave the row out"))
      }
    }
    var emissions: [Emissions] = []
    var references: [String] = []
    for entry in EmissionListing(inputs).entries {
      switch entry {
      case .failure(let failure): failures.append(failure)
      case .utterance(let utterance):
        guard let text = texts.take(utterance.id) else {
          failures.append(
            InputFailure(
              utterance.audioPath, "\(manifest) has no row of the id \(utterance.id); leave it out"))
          continue
        }
        do throws(InputFailure) {
          emissions.append(try reader.emissions(of: utterance))
          references.append(encoder.prepared(text))
        } catch { failures.append(error) }
      }
    }
    failures += texts.remaining.map { id in
      InputFailure("\(manifest): \(id)", "no emissions of that id; make them with decode --emissions")
    }
    self.vocabulary = vocabulary
    self.emissions = emissions
    self.references = references
    self.failures = failures
  }
}

/// Texts by id, each of which is taken once.
private struct ReferenceTexts {
  private var texts: [String: String] = [:]
  /// By last part of an id: the id; nil where there are several.
  private var ids: [String: String?] = [:]
  private var order: [String] = []

  mutating func add(_ text: String, of id: String) {
    texts[id] = text
    order.append(id)
    let last = id.split(separator: "/").last.map(String.init) ?? id
    ids[last] = ids[last] == nil ? .some(id) : .some(nil)
  }

  mutating func take(_ id: String) -> String? {
    texts.removeValue(forKey: id) ?? ids[id].flatMap { $0 }.flatMap { texts.removeValue(forKey: $0) }
  }

  /// Ids not taken, in their order.
  var remaining: [String] { order.filter { texts[$0] != nil } }
}
