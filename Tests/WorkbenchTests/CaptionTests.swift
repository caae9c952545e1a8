import TestSupport
import Testing

@testable import Workbench

private func word(_ text: String, _ start: Double, _ end: Double, _ confidence: Double = 0.5)
  -> Transcript.Word
{
  Transcript.Word(text: text, startSeconds: start, endSeconds: end, confidence: confidence)
}

@Suite struct Captions {
  private let timed = TimedText(
    id: "a b", durationSeconds: 3725.5,
    words: [word("Say", 0.5, 0.75), word("\"<ok>\"", 0.75, 1.25), word("&", 3724.25, 3724.5)],
    characters: [word("S", 0.5, 0.5), word("a", 0.5, 0.75)])

  @Test func `SubRip has numbers, commas and a blank line behind each cue`() {
    #expect(
      CaptionFormat.srt.text(timed) == """
        1
        00:00:00,500 --> 00:00:01,500
        Say "<ok>"

        2
        01:02:04,250 --> 01:02:05,250
        &


        """)
  }

  @Test func `WebVTT has its head, points, and escapes`() {
    #expect(
      CaptionFormat.vtt.text(timed) == """
        WEBVTT

        00:00:00.500 --> 00:00:01.500
        Say "&lt;ok&gt;"

        01:02:04.250 --> 01:02:05.250
        &amp;


        """)
  }

  @Test func `a CTM line has six fields`() {
    #expect(
      CaptionFormat.ctm.text(timed) == """
        a_b 1 0.500 0.250 Say 0.5000
        a_b 1 0.750 0.500 "<ok>" 0.5000
        a_b 1 3724.250 0.250 & 0.5000

        """)
  }

  @Test func `a TextGrid's intervals cover all of the time on both tiers`() {
    let text = CaptionFormat.textgrid.text(
      TimedText(
        id: "a", durationSeconds: 2, words: [word("\"Hi\"", 0.5, 1), word("you", 1, 2)],
        characters: [word("h", 0, 0.5)]))
    #expect(
      text == """
        File type = "ooTextFile"
        Object class = "TextGrid"

        xmin = 0
        xmax = 2.000000
        tiers? <exists>
        size = 2
        item []:
            item [1]:
                class = "IntervalTier"
                name = "words"
                xmin = 0
                xmax = 2.000000
                intervals: size = 3
                intervals [1]:
                    xmin = 0.000000
                    xmax = 0.500000
                    text = ""
                intervals [2]:
                    xmin = 0.500000
                    xmax = 1.000000
                    text = ""\"Hi""\"
                intervals [3]:
                    xmin = 1.000000
                    xmax = 2.000000
                    text = "you"
            item [2]:
                class = "IntervalTier"
                name = "characters"
                xmin = 0
                xmax = 2.000000
                intervals: size = 2
                intervals [1]:
                    xmin = 0.000000
                    xmax = 0.500000
                    text = "h"
                intervals [2]:
                    xmin = 0.500000
                    xmax = 2.000000
                    text = ""

        """)
  }

  @Test func `nothing said is no cue, no line, and one empty interval`() {
    let silence = TimedText(id: "a", durationSeconds: 1, words: [], characters: [])
    #expect(CaptionFormat.srt.text(silence) == "")
    #expect(CaptionFormat.vtt.text(silence) == "WEBVTT\n\n")
    #expect(CaptionFormat.ctm.text(silence) == "")
    #expect(CaptionFormat.textgrid.text(silence).contains("intervals: size = 1"))
  }
}

@Suite struct `Cues of subtitles` {
  /// Words of 0.3 s with 0.1 s between them, or the pause that stands before one.
  private func timed(_ words: [(text: String, pause: Double)], lineStarts: Set<Int> = []) -> TimedText {
    var time = 0.0
    let words = words.map { entry -> Transcript.Word in
      let start = time + entry.pause
      time = start + 0.3
      return word(entry.text, start, time)
    }
    return TimedText(
      id: "a", durationSeconds: time + 5, words: words, characters: [], lineStarts: lineStarts)
  }

  private func texts(_ timed: TimedText) -> [String] { cues(timed).map { $0.lines.joined(separator: " / ") } }

  @Test func `a pause and a sentence's end end a cue, a comma does not`() {
    #expect(
      texts(
        timed([
          ("one", 0), ("two,", 0.1), ("three.", 0.5), ("Four", 0.25), ("five.", 0.1), ("Six", 0.1),
          ("7", 0.8),
        ])) == ["one two, three.", "Four five. Six", "7"])
  }

  @Test func `a line of the text begins a cue`() {
    #expect(
      texts(timed([("a", 0), ("b", 0.1), ("c", 0.1)], lineStarts: [0, 1])) == ["a", "b c"])
  }

  @Test func `lines have 42 characters at most, are two, and balanced`() {
    let ten = "abcdefghij"
    #expect(texts(timed((0..<3).map { _ in (ten, 0.1) })) == ["\(ten) \(ten) \(ten)"])
    #expect(texts(timed((0..<4).map { _ in (ten, 0.1) })) == ["\(ten) \(ten) / \(ten) \(ten)"])
    for cue in cues(timed((0..<40).map { (String(repeating: "x", count: 1 + $0 % 13), 0.1) })) {
      #expect((1...2).contains(cue.lines.count))
      #expect(cue.lines.allSatisfy { $0.count <= 42 })
    }
    let long = String(repeating: "x", count: 60)
    #expect(texts(timed([("a", 0), (long, 0.1), ("b", 0.1)])).contains { $0.contains(long) })
  }

  @Test func `a cue that is full ends at the longest pause of its second half`() {
    let words = (0..<12).map { (String(repeating: "y", count: 7), $0 == 8 ? 0.4 : 0.1) }
    // 12 words of 7 are 95 characters: more than two lines of 42.
    #expect(cues(timed(words)).map { $0.lines.joined(separator: " ").split(separator: " ").count } == [8, 4])
  }

  @Test func `no cue lasts longer than 7 s, or less than 1 s unless the next begins`() {
    let slow = cues(timed((0..<30).map { _ in ("a", 0.6) }))
    #expect(slow.count > 1 && slow.allSatisfy { $0.endSeconds - $0.startSeconds <= 7 })
    let quick = cues(timed([("a", 0), ("b", 0.1), ("c", 0.1)], lineStarts: [1, 2]))
    #expect(quick[0].endSeconds == quick[1].startSeconds)
    #expect(quick[2].endSeconds == quick[2].startSeconds + 1)
  }
}
