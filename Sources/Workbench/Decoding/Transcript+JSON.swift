public import JSON

#if canImport(Glibc)
import Glibc
#endif

extension Transcript {
  /// The JSON object that `decode --format jsonl` writes, one a line. Scores are natural logs, times seconds.
  /// Numbers are rounded (seconds and scores to 6 decimals, confidences to 4).
  public var document: JSONValue {
    var object = JSONObject()
    object["id"] = .string(id)
    object["audio_filepath"] = .string(audioPath)
    object["duration"] = number(durationSeconds)
    object["text"] = .string(text)
    for (key, value) in alternatives[0].scores { object[key] = value }
    object["confidence"] = number(confidence, decimals: 4)
    object["words"] = .array(words.map { .object($0.document(key: "word")) })
    object["characters"] = .array(characters.map { .object($0.document(key: "char")) })
    object["nbest"] = .array(
      alternatives.map { alternative in
        .object(
          JSONObject(
            [.init(key: "text", value: .string(alternative.text))]
              + alternative.scores.map { .init(key: $0, value: $1) }))
      })
    object["seconds"] = [
      "audio": number(cost.audioSeconds), "model": number(cost.modelSeconds),
      "decoder": number(cost.decoderSeconds),
    ]
    return .object(object)
  }
}

extension Transcript.Alternative {
  fileprivate var scores: [(String, JSONValue)] {
    [
      ("score", number(score)), ("acoustic_score", number(acousticScore)),
      ("lm_score", languageModelScore.map { number($0) } ?? .null),
    ]
  }
}

extension Transcript.Word {
  func document(key: String) -> JSONObject {
    JSONObject([
      .init(key: key, value: .string(text)), .init(key: "start", value: number(startSeconds)),
      .init(key: "end", value: number(endSeconds)),
      .init(key: "confidence", value: number(confidence, decimals: 4)),
    ])
  }
}

/// A number as short as so many decimals allow. Adding 0 turns -0 into 0.
func number(_ value: Double, decimals: Int = 6) -> JSONValue {
  let scale = pow(10, Double(decimals))
  let rounded = (value * scale).rounded() / scale
  return .number((rounded.isFinite ? rounded : value) + 0)
}
