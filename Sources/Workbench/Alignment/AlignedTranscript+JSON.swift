public import JSON

extension AlignedTranscript {
  /// The JSON object that `align` writes. Scores are natural logs, times seconds; numbers are rounded as
  /// `decode` rounds them.
  public var document: JSONValue {
    var object = JSONObject()
    object["id"] = .string(id)
    object["audio_filepath"] = .string(audioPath)
    object["duration"] = number(durationSeconds)
    object["text"] = .string(text)
    object["score"] = number(score)
    object["confidence"] = number(confidence, decimals: 4)
    object["words"] = .array(
      words.map { word in
        var object = word.timed.document(key: "word")
        object["score"] = word.score.map { number($0) } ?? .null
        if word.isWildcard { object["wildcard"] = true }
        return .object(object)
      })
    object["characters"] = .array(characters.map { .object($0.document(key: "char")) })
    object["segments"] = .array(
      segments.map { segment in
        [
          "text": .string(segment.text), "start": number(segment.startSeconds),
          "end": number(segment.endSeconds), "confidence": number(segment.confidence, decimals: 4),
          "score": segment.score.map { number($0) } ?? .null,
        ]
      })
    object["untranscribed"] = .array(
      untranscribed.map { ["start": number($0.lowerBound), "end": number($0.upperBound)] })
    object["seconds"] = [
      "audio": number(cost.audioSeconds), "model": number(cost.modelSeconds),
      "alignment": number(cost.decoderSeconds),
    ]
    return .object(object)
  }
}
