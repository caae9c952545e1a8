import JSON
import TestSupport
import Testing
import Workbench

@Suite struct Transcripts {
  let directory = TemporaryDirectory()

  @Test func `a JSON line has the contract's keys in its order`() throws {
    let path = directory.write(wav(noise(16_000)), as: "a\tb.wav")
    let line = TranscriptFormat.jsonl.text(try decode([path]).transcripts[0], withID: true)
    #expect(line.hasSuffix("}\n") && line.split(separator: "\n").count == 1)
    let object = try #require(JSONValue(parsing: line).object)
    #expect(
      object.keys == [
        "id", "audio_filepath", "duration", "text", "score", "acoustic_score", "lm_score", "confidence",
        "words",
        "characters", "nbest", "seconds",
      ])
    #expect(object["id"] == "a\tb")
    #expect(object["duration"] == 1.0)
    #expect(object["lm_score"] == .null)
    #expect(object["score"] == object["acoustic_score"])
    #expect(object["words"]?[0]?.object?.keys == ["word", "start", "end", "confidence"])
    #expect(object["characters"]?[0]?.object?.keys == ["char", "start", "end", "confidence"])
    #expect(object["nbest"]?.array?.count == 1)
    #expect(object["nbest"]?[0]?["text"] == object["text"])
    #expect(object["nbest"]?[0]?["score"] == object["score"])
    #expect(object["seconds"]?.object?.keys == ["audio", "model", "decoder"])
    #expect(!line.contains("-0.0,"))
  }

  @Test func `text has the id before it when there are several, and never breaks its line`() throws {
    let path = directory.write(wav(noise(16_000)), as: "a\tb.wav")
    let transcript = try decode([path]).transcripts[0]
    #expect(TranscriptFormat.text.text(transcript, withID: false) == transcript.text + "\n")
    #expect(TranscriptFormat.text.text(transcript, withID: true) == "a\\tb\t" + transcript.text + "\n")
  }

  @Test func `words joined are the text, and times rise`() throws {
    let path = directory.write(wav(noise(64_000)), as: "a.wav")
    let transcript = try decode([path]).transcripts[0]
    #expect(transcript.words.map(\.text).joined(separator: " ") == transcript.text)
    for (word, next) in zip(transcript.words, transcript.words.dropFirst()) {
      #expect(word.startSeconds < word.endSeconds && word.endSeconds <= next.startSeconds)
    }
    for word in transcript.words + transcript.characters {
      #expect((0...1).contains(word.confidence))
      #expect((word.startSeconds * 50).rounded() / 50 == word.startSeconds)
    }
    #expect(transcript.words.first?.startSeconds == transcript.characters.first?.startSeconds)
    #expect(transcript.words.last?.endSeconds == transcript.characters.last?.endSeconds)
  }
}
