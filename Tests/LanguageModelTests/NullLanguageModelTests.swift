import LanguageModel
import Testing

@Suite struct NullLanguageModelTests {
  @Test func `every text has probability one`() {
    let model = NullLanguageModel()
    let step = model.score(model.id(of: "anything"), after: model.start)
    #expect(step.logProbability == 0 && step.next == model.start && model.finish(step.next) == 0)
  }
}
