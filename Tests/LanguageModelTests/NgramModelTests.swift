import LanguageModel
import TestSupport
import Testing

@Suite struct `An n-gram model` {
  let directory = TemporaryDirectory()

  func model(_ text: String) throws -> NgramModel {
    try openLanguageModel(directory.write(text, as: "lm.arpa"))
  }

  @Test func `a bigram model worked by hand`() throws {
    let model = try model(
      """
      \\data\\
      ngram 1=5
      ngram 2=3

      \\1-grams:
      -1.5\t<unk>
      -99\t<s>\t-0.25
      -1.0\t</s>
      -0.5\tthe\t-0.75
      -0.875\tcat\t-0.125

      \\2-grams:
      -0.375\t<s> the
      -0.625\tthe cat
      -0.0625\tcat </s>

      \\end\\
      """)
    // "the cat": both bigrams and the end's are there.
    #expect(model.scores("the cat") == [-0.375, -0.625, -0.0625])
    // "cat the": back off from <s>, then from cat, then from the.
    #expect(model.scores("cat the") == [-0.25 - 0.875, -0.125 - 0.5, -0.75 - 1.0])
    // "the dog cat": back off from the; behind an unknown word there is no context.
    #expect(model.scores("the dog cat") == [-0.375, -0.75 - 1.5, -0.875, -0.0625])
    #expect(model.scores("") == [-0.25 - 1.0])
    let (natural, next) = model.score(model.id(of: "the"), after: model.start)
    #expect(abs(natural - -0.375 * 2.302585) < 1e-6)
    #expect(abs(model.finish(next) - (-0.75 - 1.0) * 2.302585) < 1e-6)
    #expect(model.order == 2 && model.ngramCounts == [5, 3] && model.wordCount == 5)
  }

  @Test func `words have ids, and ids have words`() throws {
    let model = try model(small)
    #expect((0..<5).map { model.word(WordID(rawValue: $0)) } == ["<unk>", "<s>", "</s>", "a", "b"])
    for id in 1..<5 { #expect(model.id(of: model.word(WordID(rawValue: UInt32(id)))).rawValue == UInt32(id)) }
    for word in ["", "c", "A", "<unk>", "<UNK>", "ab"] { #expect(model.id(of: word) == .unknown) }
    #expect(model.sentenceStart.rawValue == 1 && model.sentenceEnd.rawValue == 2)
  }

  @Test func `a vocabulary of many words finds each, and no other`() throws {
    var generator = Seeded(3)
    var words: Set<String> = []
    while words.count < 5000 {
      let length = Int.random(in: 1...20, using: &generator)
      words.insert(String((0..<length).map { _ in "abcdeéßü日本".randomElement(using: &generator) ?? "x" }))
    }
    let all = words.sorted()
    let model = try model(
      "\\data\\\nngram 1=4002\n\n\\1-grams:\n-1 <s>\n-1 </s>\n"
        + all[..<4000].map { "-1 \($0)\n" }.joined() + "\\end\\\n")
    for (index, word) in all.enumerated() {
      #expect((model.id(of: word) == .unknown) == (index >= 4000))
      if index < 4000 { #expect(model.word(model.id(of: word)) == word) }
    }
  }

  @Test func `words are compared by bytes and need not be UTF-8`() throws {
    // Swift holds é and e with an accent for equal.
    let bytes = Array(small.replacing("ngram 1=5", with: "ngram 1=7").utf8)
    let marker = Array("\n\n\\2-".utf8)
    let place = bytes.indices.first { bytes[$0...].starts(with: marker) } ?? 0
    let more = Array("\n-0.5\t\u{E9}\n-0.5\t".utf8) + [0xFF, 0xFE]
    let model = try openLanguageModel(directory.write(bytes[..<place] + more + bytes[place...], as: "lm"))
    #expect(model.id(of: "\u{E9}").rawValue == 5 && model.id(of: "e\u{301}") == .unknown)
    #expect(model.word(WordID(rawValue: 6)) == "\u{FFFD}\u{FFFD}")
  }

  @Test func `a context without continuation and back-off falls to its suffix`() throws {
    let model = try model(small)
    let states = model.scores(["a", "b", "a"]).states
    // <s> a is a context; a b and <s> a b are none, and leave b; b a leaves a.
    #expect(states[1] == model.scores(["b"], bos: false).states[0])
    #expect(states[2] == model.scores(["a"], bos: false).states[0])
    #expect(states[0] != states[2])
    // The empty context, <s>, a, b, <s> a.
    #expect(model.states == 5)
  }

  @Test func `a missing suffix costs what backing off costs`() throws {
    let model = try model(small.replacing("<s> a b", with: "<s> a a"))
    // <s> a a is there; a a is not: a's back-off and the unigram.
    #expect(model.scores("a a b") == [-0.1, -0.01, -0.2, -0.3])
    let behind = model.scores(["a", "a"], bos: false)
    #expect(abs(behind.log10[1] - (-0.2 - 0.6)) < 1e-6)
    #expect(model.ngramCounts == [5, 5, 1])
  }

  @Test func `unigrams alone are a model`() throws {
    let model = try model("\\data\\\nngram 1=3\n\n\\1-grams:\n-0.5 <s>\n-0.25 </s>\n-0.125 a\n\n\\end\\\n")
    #expect(model.order == 1 && model.scores("a b a") == [-0.125, -100, -0.125, -0.25])
    #expect(model.start == model.emptyContext)
  }

  @Test func `an order without n-grams is a model`() throws {
    let text = small.replacing("ngram 3=1", with: "ngram 3=0").replacing("-0.01\t<s> a b\n", with: "")
    let model = try model(text)
    // <s> a backs off by -0.05 to a b.
    #expect(model.scores("a b").elementsEqual([-0.1, -0.05 - 0.2, -0.3]) { abs($0 - $1) < 1e-6 })
  }

  @Test func `scores of a text, and perplexities with and without unknown words`() throws {
    let model = try model(small)
    var score = model.score(sentence: "a\tx  b ")
    // <s> a -0.1; x: <s> a and a back off, -0.05 - 0.2 - 1; b behind nothing -0.7; b </s> -0.3.
    #expect(score.words == 3 && score.unknown == 1 && score.sentences == 1)
    #expect(abs(score.log10Probability - -2.35) < 1e-6 && abs(score.unknownLog10Probability - -1.25) < 1e-6)
    score += model.score(sentence: "")
    // <s> </s>: -0.3 - 0.5.
    #expect(score.words == 3 && score.sentences == 2 && abs(score.log10Probability - -3.15) < 1e-6)
    // 10^(3.15 / 5) and 10^(1.9 / 4).
    #expect(abs((score.perplexity ?? 0) - 4.265_795) < 1e-5)
    #expect(abs((score.knownPerplexity ?? 0) - 2.985_383) < 1e-5)
    #expect(TextScore().perplexity == nil && TextScore().knownPerplexity == nil)
  }
}
