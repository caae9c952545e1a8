import JSON
import TestSupport
import Testing

@testable import Training

struct LearningRateScheduleTests {
  @Test("rates are those of transformers' schedules and of fairseq's tri-stage, step by step")
  func goldens() throws {
    let document = try JSONValue(contentsOf: golden("optimizer.json"))
    let schedules = try #require(document["schedules"]?.array)
    #expect(schedules.count >= 13)
    for golden in schedules {
      let kind = try #require(golden["kind"]?.string.flatMap(LearningRateSchedule.Kind.init))
      let schedule = LearningRateSchedule(
        kind, peak: 2, steps: try #require(golden["steps"]?.int), warmupSteps: golden["warmup"]?.int)
      let rates = try #require(golden["rates"]?.array)
      for (step, rate) in rates.enumerated() {
        let expected = 2 * (try #require(rate.double))
        // Some ten operations in double precision.
        #expect(abs(schedule.rate(atStep: step) - expected) < 20 * Double.ulpOfOne, "\(kind), step \(step)")
      }
    }
  }

  @Test("worked by hand: 100 steps of tri-stage")
  func triStage() {
    let schedule = LearningRateSchedule(.triStage, peak: 1, steps: 100)
    #expect(schedule.stages == (10, 40, 50))
    #expect(schedule.rate(atStep: 0) == 0.01)
    #expect(abs(schedule.rate(atStep: 5) - 0.505) < 1e-12)
    #expect(schedule.rate(atStep: 10) == 1 && schedule.rate(atStep: 50) == 1)
    #expect(abs(schedule.rate(atStep: 75) - 0.05.squareRoot()) < 1e-12)
    #expect(abs(schedule.rate(atStep: 100) - 0.05) < 1e-12)
    #expect(schedule.rate(atStep: 1000) == 0.05)
  }

  @Test("rates of runs too short for their stages are finite and at most the peak", arguments: 0...12)
  func short(steps: Int) {
    for kind in LearningRateSchedule.Kind.allCases {
      for warmup in [nil, 0, 1, 20] {
        let schedule = LearningRateSchedule(kind, peak: 1, steps: steps, warmupSteps: warmup)
        for step in 0...25 { #expect((0...1).contains(schedule.rate(atStep: step))) }
      }
    }
  }
}
