import JSON
import TestSupport
import Testing

@testable import ComparisonReport

/// The page as written, and the utterances that carry their sound.
private func written(
  _ page: ComparisonPage, soundBytes: Int = ComparisonPage.defaultSoundBytes,
  sound: (Int) -> ComparisonPage.Sound? = { _ in nil }
) -> (html: String, carried: [Int]) {
  var bytes: [UInt8] = []
  let carried = page.write(soundBytes: soundBytes, sound: sound) { bytes += $0 }
  return (String(decoding: bytes, as: UTF8.self), carried)
}

/// What the elements of data hold, by their ids, as a reader of HTML finds them: up to the next end tag.
private func blocks(_ html: String) throws -> [String: JSONValue] {
  var blocks: [String: JSONValue] = [:]
  for part in html.split(separator: #"<script type="application/json" id=""#).dropFirst() {
    let id = part.split(separator: #"">"#, maxSplits: 1)
    let text = id[1].split(separator: "</script>", maxSplits: 1, omittingEmptySubsequences: false)[0]
    blocks[String(id[0])] = try JSONValue(parsing: String(text))
  }
  return blocks
}

@Suite struct `The page of a comparison` {
  private func utterance(_ id: String, errors: Int..., seconds: Double = 1) -> ComparisonPage.Utterance {
    let readings = errors.map { count in
      ComparisonPage.Reading([.match("yes")] + (0..<count).map { .insertion("\($0)") })
    }
    var utterance = ComparisonPage.Utterance(id: id, reference: ["yes"], readings: readings)
    utterance.durationSeconds = seconds
    return utterance
  }

  private func page(_ utterances: [ComparisonPage.Utterance]) -> ComparisonPage {
    let systems = ["a", "b"].map {
      ComparisonPage.System(name: $0, words: .init(reference: 1), characters: .init(reference: 3))
    }
    return ComparisonPage(title: "A comparison", systems: systems, utterances: utterances)
  }

  /// Each takes as many bytes.
  private func sound(seconds: Double = 1) -> ComparisonPage.Sound {
    let samples = [Float](repeating: 0.5, count: Int(8000 * seconds))
    return ComparisonPage.Sound(
      audio: PlayableAudio(muLaw: samples, sampleRate: 8000), peaks: WaveformPeaks(samples, sampleRate: 8000))
  }

  @Test func `an alignment is written in short`() throws {
    let alignment: [AlignedWord] = [
      .insertion("oh"), .match("a"), .match("b"), .substitution(reference: "c", hypothesis: "7"),
      .deletion("d"), .insertion("e"), .match("f"),
    ]
    let utterance = ComparisonPage.Utterance(
      id: "u", reference: ["a", "b", "c", "d", "f"],
      readings: [.init(alignment, confidence: 0.25, score: -1 / 3)])
    var page = page([utterance])
    page.systems.removeLast()
    let document = try #require(blocks(written(page).html)["comparison"]?["utterances"]?[0])
    #expect(
      document.text()
        == #"{"id":"u","reference":["a","b","c","d","f"],"readings":[{"errors":4,"confidence":0.25,"#
        + #""score":-0.333333,"words":[["oh"],2,"7",null,["e"],1]}],"seconds":null,"speaker":null,"#
        + #""level":null,"pace":null}"#)
  }

  @Test func `figures are written as they are`() throws {
    var page = page([])
    page.notes = ["a note"]
    page.systems[0].words = .init(substitutions: 1, deletions: 2, insertions: 3, reference: 24)
    page.systems[0].interval = 0.125...0.5
    page.systems[0].oracleRate = 0.0625
    var pair = ComparisonPage.Pair(
      0, 1, difference: -0.25, interval: -0.5...0.125, mapssweP: 0.03, bootstrapP: 0.5, wins: 3, ties: 2,
      losses: 1)
    pair.confusions = [.init(reference: "the", hypothesis: nil, fixed: 4, broken: 5)]
    pair.recalls = [.init("of", occurrences: 9, a: 7, b: 8)]
    page.pairs = [pair]
    page.trends = [
      .init(
        quantity: "duration", unit: "s", bins: [.init(range: 0...2, rates: [0.5, nil], utterances: [3, 0])])
    ]
    page.combination = .init(name: "ROVER", words: .init(reference: 24), interval: 0...0.25)
    let document = try #require(blocks(written(page).html)["comparison"])
    #expect(
      document["systems"]?[0]?.text()
        == #"{"name":"a","detail":"","words":{"errors":6,"substitutions":1,"deletions":2,"insertions":3,"#
        + #""reference":24,"rate":0.25},"characters":{"errors":0,"substitutions":0,"deletions":0,"#
        + #""insertions":0,"reference":3,"rate":0.0},"interval":[0.125,0.5],"wrong":null,"oracle":0.0625,"#
        + #""seconds":null,"rtf":null}"#)
    #expect(
      document["pairs"]?[0]?.text()
        == #"{"a":0,"b":1,"difference":-0.25,"interval":[-0.5,0.125],"mapsswe_p":0.03,"bootstrap_p":0.5,"#
        + #""wins":3,"ties":2,"losses":1,"confusions":[["the",null,4,5]],"recalls":[["of",9,7,8]]}"#)
    #expect(
      document["trends"]?[0]?.text()
        == #"{"quantity":"duration","unit":"s","bins":[{"range":[0.0,2.0],"rates":[0.5,null],"#
        + #""utterances":[3,0]}]}"#)
    #expect(document["combination"]?["interval"]?.text() == "[0.0,0.25]")
    #expect(document["title"] == "A comparison" && document["notes"] == ["a note"])
  }

  @Test func `a sound is written with its path in runs`() throws {
    var sound = sound()
    sound.emissions = [
      EmissionImage(
        name: "m", vocabulary: 0, frameSeconds: 0.02, logPosteriors: [0, -10, 0, -10], tokens: 2, blank: 0)
    ]
    sound.tracks = [
      .init(emissions: 0, path: [0, 0, 1, 0], words: [.init("yes", startSeconds: 0.0404, endSeconds: 0.06)]),
      .init(emissions: nil),
    ]
    var page = page([utterance("u", errors: 0, 1)])
    page.vocabularies = [.init(tokens: ["<pad>", "y"], blank: 0)]
    let document = try #require(blocks(written(page, sound: { _ in sound }).html)["u0"])
    #expect(
      document["tracks"]?.text()
        == #"[{"emissions":0,"path":[0,2,1,1,0,1],"words":[["yes",0.04,0.06,null]]},"#
        + #"{"emissions":null,"path":[],"words":[]}]"#)
    #expect(
      document["emissions"]?.text()
        == #"[{"name":"m","vocabulary":0,"frameSeconds":0.02,"depth":10.0,"frames":2,"tokens":[0],"levels":"//8="}]"#
    )
    #expect(document["audio"]?["data"]?.string == base64(try #require(sound.audio).bytes))
    #expect(document["seconds"] == 1.0 && document["amplitude"] == 0.5)
  }

  @Test func `sounds come by how far the systems are apart, then by errors, then as listed`() throws {
    let page = page([
      utterance("same", errors: 4, 4), utterance("far", errors: 0, 3), utterance("near", errors: 1, 0),
      utterance("also far", errors: 6, 3), utterance("as near", errors: 0, 1),
    ])
    var asked: [Int] = []
    let (html, carried) = written(page) { place in
      asked.append(place)
      return place == 2 ? nil : sound()
    }
    #expect(asked == [3, 1, 2, 4, 0])
    #expect(carried == [3, 1, 4, 0])
    let blocks = try blocks(html)
    #expect(blocks["sounds"]?["utterances"] == [3, 1, 4, 0])
    #expect(Set(blocks.keys) == ["comparison", "sounds", "u0", "u1", "u3", "u4"])
  }

  @Test func `sounds fill the room they are given, and what cannot fit is not asked for`() throws {
    let page = page([
      utterance("first", errors: 0, 9), utterance("long", errors: 0, 8, seconds: 5),
      utterance("second", errors: 0, 7), utterance("third", errors: 0, 6), utterance("fourth", errors: 0, 5),
    ])
    let seconds = page.utterances.map { $0.durationSeconds! }
    let (whole, _) = written(page, sound: { $0 == 0 ? sound() : nil })
    let size = try #require(blocks(whole)["sounds"]?["bytes"]?.int)
    var asked: [Int] = []
    let limit = 3 * size + size / 2
    let (html, carried) = written(page, soundBytes: limit) { place in
      asked.append(place)
      return sound(seconds: seconds[place])
    }
    #expect(carried == [0, 2, 3])
    #expect(asked == [0, 2, 3])
    let (bare, _) = written(page)
    // The list of who carries sound is longer too.
    #expect(try blocks(html)["sounds"]?["bytes"]?.int == 3 * size)
    #expect(html.utf8.count - bare.utf8.count - 3 * size < 20)
    #expect(written(page, soundBytes: 0) { _ in sound() }.carried == [])
  }

  @Test func `the parts of the page fit together`() throws {
    let parts = PageTemplate.parts
    let text = [parts.head, parts.middle, parts.tail].map { String(decoding: $0, as: UTF8.self) }
    #expect(text.allSatisfy { !$0.contains("{{") })
    #expect(text[0].hasPrefix("<!doctype html>") && text[2].hasSuffix("</html>\n"))
    #expect(text[0].hasSuffix(#"id="comparison">"#) && text[1].hasPrefix("</script>"))
    // The script ends where its element does, and never makes markup out of text.
    #expect(text[1].split(separator: "</script>", omittingEmptySubsequences: false).count == 3)
    for word in [
      "innerHTML", "outerHTML", "insertAdjacentHTML", "document.write", "eval(", "<!--", "http://",
      "https://",
    ] {
      #expect(!text[1].replacing("'http://www.w3.org/2000/svg'", with: "").contains(word), "\(word)")
    }
  }

  @Test func `hostile texts reach the page as they were`() throws {
    let texts = `Data in a script element`.hostile
    var page = page([])
    page.title = texts.joined()
    page.utterances = texts.map { text in
      .init(id: text, reference: [text], readings: [.init([.match(text)]), .init([.deletion(text)])])
    }
    let html = written(page).html
    let document = try #require(blocks(html)["comparison"])
    #expect(document["title"]?.string == page.title)
    #expect(document["utterances"]?.array?.compactMap { $0["id"]?.string } == texts)
    // Two elements of data, one script.
    #expect(html.split(separator: "</script>", omittingEmptySubsequences: false).count == 4)
  }
}
