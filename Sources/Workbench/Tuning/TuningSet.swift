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
  ///   - manifest: JSON lines with `text`; see ``ReferenceTexts``.
  ///   - vocabulary: a `vocab.json`, or a folder that holds one and `rules.json`.
  ///   - blankToken: the blank's entry in it; nil for `<pad>`.
  /// - Throws: one line for a vocabulary or a manifest that cannot be used.
  public init(emissions inputs: [String], manifest: String, vocabulary: String, blankToken: String?) throws {
    let vocabulary = try CTCVocabulary(file: vocabulary, blankToken: blankToken)
    let encoder = TranscriptEncoder(vocabulary: vocabulary)
    let reader = EmissionReader(vocabulary: vocabulary)
    var texts = try ReferenceTexts(manifest: manifest)
    var failures = texts.failures
    var emissions: [Emissions] = []
    var references: [String] = []
    for entry in EmissionListing(inputs).entries {
      switch entry {
      case .failure(let failure): failures.append(failure)
      case .utterance(let utterance):
        do throws(InputFailure) {
          let text = try texts.take(of: utterance)
          emissions.append(try reader.emissions(of: utterance))
          references.append(encoder.prepared(text))
        } catch { failures.append(error) }
      }
    }
    failures += texts.untaken
    self.vocabulary = vocabulary
    self.emissions = emissions
    self.references = references
    self.failures = failures
  }
}
