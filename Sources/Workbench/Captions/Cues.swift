/// What is on the screen at one time.
struct Cue: Equatable {
  var startSeconds: Double
  var endSeconds: Double
  /// One or two.
  var lines: [String]
}

/// What subtitles keep to: 42 characters a line, two lines and 7 s a cue are the limits of the broadcasters'
/// and streaming services' guidelines.
enum CueLimits {
  static let lineCharacters = 42
  static let lines = 2
  static let longestSeconds = 7.0
  /// A cue stays so long, if the next does not begin before.
  static let shortestSeconds = 1.0
  /// Silence that ends a cue.
  static let pauseSeconds = 0.7
  /// Silence that ends a cue behind a sentence's end.
  static let sentencePauseSeconds = 0.2
}

/// The cues of a text.
///
/// A cue ends before a line of the given text, before a pause of 0.7 s, behind the end of a sentence (`.`,
/// `?`, `!`) with a pause of 0.2 s, and where another word would not fit: on two lines of 42 characters, or
/// into 7 s. In that last case it ends at the longest pause in its second half, the last of equals, rather
/// than in the midst of a phrase. A longer word is alone on its line.
func cues(_ timed: TimedText) -> [Cue] {
  let words = timed.words
  var ranges: [Range<Int>] = []
  var start = 0
  for place in words.indices.dropFirst() {
    if mustBreak(before: place, timed) {
      ranges.append(start..<place)
      start = place
      continue
    }
    while !fits(words[start...place]) {
      let middle = start + (place - start + 1) / 2
      let end = (max(middle, start + 1)...place).reduce(place) { best, other in
        pause(before: other, words) > pause(before: best, words) + 1e-6 ? other : best
      }
      ranges.append(start..<end)
      start = end
    }
  }
  if start < words.count { ranges.append(start..<words.count) }
  return ranges.map { range in
    let next = range.upperBound < words.count ? words[range.upperBound].startSeconds : timed.durationSeconds
    let begin = words[range.lowerBound].startSeconds
    let end = words[range.upperBound - 1].endSeconds
    return Cue(
      startSeconds: begin, endSeconds: max(end, min(begin + CueLimits.shortestSeconds, next)),
      lines: lines(words[range].map(\.text)))
  }
}

private func pause(before place: Int, _ words: [Transcript.Word]) -> Double {
  words[place].startSeconds - words[place - 1].endSeconds
}

private func mustBreak(before place: Int, _ timed: TimedText) -> Bool {
  if timed.lineStarts.contains(place) { return true }
  let silence = pause(before: place, timed.words)
  let endsSentence = timed.words[place - 1].text.last { !"\"')]»”’".contains($0) }.map {
    ".?!…。？！".contains($0)
  }
  return silence >= CueLimits.pauseSeconds
    || endsSentence == true && silence >= CueLimits.sentencePauseSeconds
}

/// Whether words fit into one cue; one word always does.
private func fits(_ words: ArraySlice<Transcript.Word>) -> Bool {
  if words.count == 1 { return true }
  return words.last!.endSeconds - words.first!.startSeconds <= CueLimits.longestSeconds
    && lines(words.map(\.text)).allSatisfy { $0.count <= CueLimits.lineCharacters }
}

/// The words on one line, or on two of which the longer is as short as can be, the first the longer of
/// equals.
private func lines(_ words: [String]) -> [String] {
  let whole = words.joined(separator: " ")
  if whole.count <= CueLimits.lineCharacters || words.count == 1 { return [whole] }
  var best: [String] = []
  var width = Int.max
  for place in 1..<words.count {
    let pair = [words[..<place], words[place...]].map { $0.joined(separator: " ") }
    let longer = max(pair[0].count, pair[1].count)
    if longer <= width { (best, width) = (pair, longer) }
  }
  return best
}
