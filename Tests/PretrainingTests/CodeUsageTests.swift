import Testing

@testable import Pretraining

#if canImport(Glibc)
import Glibc
#endif

@Suite struct `How evenly classes are used` {
  @Test func `as many as there are where each comes equally often`() {
    let usage = CodeUsage([5, 5, 5, 5, 0])
    #expect(abs(usage.perplexity - 4) < 1e-12 && abs(usage.entropy - log(4)) < 1e-12)
  }

  @Test func `one where there is but one, or none`() {
    #expect(CodeUsage([0, 9, 0]).perplexity == 1 && CodeUsage([0, 9, 0]).entropy == 0)
    #expect(CodeUsage([0, 0]).perplexity == 1)
  }

  @Test func `the entropy of 3 to 1, by hand`() {
    // -(3/4 ln 3/4 + 1/4 ln 1/4)
    #expect(abs(CodeUsage([3, 1]).entropy - 0.5623351446188083) < 1e-15)
  }
}
