import Testing
import Workbench

@Suite struct `Choosing a decoder` {
  @Test func `greedy is the one there is`() throws {
    #expect(try DecoderChoice(parsing: "greedy") == .greedy)
    #expect(DecoderChoice.greedy.description == "greedy")
  }

  @Test(arguments: [
    ("beam", "beam search is not in this version; use --decoder greedy"),
    ("beam:width=5,lm=a.arpa", "beam search is not in this version; use --decoder greedy"),
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
