import TestSupport
import Testing

@Suite struct `The help text` {
  @Test func `decode --help is what the manual shows`() {
    let result = Subprocess.run("decode", "--help")
    #expect(result.code == 0 && result.errors.isEmpty)
    #expect(result.output == decodeHelp)
  }

  @Test func `align --help is what the manual shows`() {
    let result = Subprocess.run("align", "--help")
    #expect(result.code == 0 && result.errors.isEmpty)
    #expect(result.output == alignHelp)
  }

  @Test func `tune --help is what the manual shows`() {
    let result = Subprocess.run("tune", "--help")
    #expect(result.code == 0 && result.errors.isEmpty)
    #expect(result.output == tuneHelp)
  }

  @Test func `features --help is what the manual shows`() {
    let result = Subprocess.run("features", "--help")
    #expect(result.code == 0 && result.errors.isEmpty)
    #expect(result.output == featuresHelp)
  }

  @Test func `corpus check --help is what the manual shows`() {
    let result = Subprocess.run("corpus", "check", "--help")
    #expect(result.code == 0 && result.errors.isEmpty)
    #expect(result.output == corpusCheckHelp)
  }

  @Test func `score --help is what the manual shows`() {
    let result = Subprocess.run("score", "--help")
    #expect(result.code == 0 && result.errors.isEmpty)
    #expect(result.output == scoreHelp)
  }

  @Test func `compare --help is what the manual shows`() {
    let result = Subprocess.run("compare", "--help")
    #expect(result.code == 0 && result.errors.isEmpty)
    #expect(result.output == compareHelp)
  }

  @Test func `corpus audit --help is what the manual shows`() {
    let result = Subprocess.run("corpus", "audit", "--help")
    #expect(result.code == 0 && result.errors.isEmpty)
    #expect(result.output == corpusAuditHelp)
  }

  @Test func `cluster --help is what the manual shows`() {
    let result = Subprocess.run("cluster", "--help")
    #expect(result.code == 0 && result.errors.isEmpty)
    #expect(result.output == clusterHelp)
  }

  @Test func `warbler names its commands`() {
    let result = Subprocess.run("--help")
    #expect(result.code == 0)
    #expect(result.output.contains("  decode                  Decode recordings to text with times.\n"))
    #expect(Subprocess.run().output == result.output)
  }
}
