import BeamSearch
import Testing
import Workbench

@Suite struct `Choosing a decoder` {
  @Test func `greedy has nothing to choose`() throws {
    #expect(try DecoderChoice(parsing: "greedy") == .greedy)
    #expect(DecoderChoice.greedy.description == "greedy" && DecoderChoice.greedy.beam == nil)
  }

  @Test func `a beam's keys say what they say, and all others keep their defaults`() throws {
    let plain = try #require(try DecoderChoice(parsing: "beam").beam)
    #expect(plain.options.width == 50 && plain.options.nbest == 1 && plain.languageModel == nil)
    #expect(plain.options.tokenThreshold == .infinity && plain.options.beamThreshold == .infinity)
    let text =
      "beam:width=7,lm=a=b.arpa,lm-weight=1.5,word-score=-0.5,unk-score=-10,unk-token-score=-1.25,lexicon=w.txt,hotwords=h.tsv,"
      + "token-threshold=5,beam-threshold=inf,nbest=3,case=fold,unit=token,sentence-end=no,tokens=20,"
      + "rescore-lm=b.arpa,rescore-weight=0.25,mbr=yes,posterior-scale=0.5,confidence=beam"
    let choice = try DecoderChoice(parsing: text)
    #expect(choice.description == text)
    let beam = try #require(choice.beam)
    #expect(beam.options.width == 7 && beam.options.nbest == 3 && beam.options.tokensPerFrame == 20)
    #expect(beam.options.languageModelWeight == 1.5 && beam.options.wordInsertionScore == -0.5)
    #expect(beam.options.unknownTokenScore == -1.25)
    #expect(beam.options.unknownWordScore == -10 && !beam.options.scoresSentenceEnd)
    #expect(beam.options.tokenThreshold == 5 && beam.options.beamThreshold == .infinity)
    #expect(beam.languageModel == "a=b.arpa" && beam.lexicon == "w.txt" && beam.hotwords == "h.tsv")
    #expect(beam.foldsCase && beam.unit == .token && beam.minimisesRisk && beam.posteriorScale == 0.5)
    #expect(beam.rescoringModel == "b.arpa" && beam.rescoringWeight == 0.25 && beam.confidence == .beam)
  }

  @Test(arguments: [
    ("beam:width=0", "width is 0; expected a whole number from 1 to 100000"),
    ("beam:width=5,width=6", "width stands twice"),
    ("beam:lm-weight=1", "lm-weight without a language model"),
    ("beam:lm=a,lm-weight=-1", "lm-weight is -1; expected a number, 0 or more"),
    ("beam:token-threshold=-1", "token-threshold is -1; expected a natural-log distance, 0 or more, or inf"),
    ("beam:token-threshold=nan", "expected a natural-log distance"),
    ("beam:lm=a,unk-token-score=1", "unk-token-score is 1; expected a number, 0 or less"),
    ("beam:word-score=x", "word-score is x; expected a finite number"),
    ("beam:case=upper", "expected fold or exact"), ("beam:mbr=maybe", "expected yes or no"),
    ("beam:rescore-weight=1", "rescore-weight without rescore-lm=FILE"),
    ("beam:confidence=x", "expected frames or entropy or beam"),
    ("beam:widht=5", "unknown key widht"), ("beam:width", "expected key=value, found \"width\""),
    ("beam:width=", "expected key=value, found \"width=\""),
    ("greedy:width=5", "greedy has no options, found width"),
    ("viterbi", "no such decoder"), ("", "no such decoder"),
  ])
  func `anything else is refused with what is wrong`(text: String, says: String) {
    do throws(UsageError) {
      _ = try DecoderChoice(parsing: text)
      Issue.record("\(text) was taken")
    } catch {
      #expect(error.description.contains(says), "\(error)")
    }
  }
}
