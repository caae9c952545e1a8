import Glibc
import TestSupport
import Testing
import Training

@Suite(.timeLimit(.minutes(4))) struct `warbler pretrain, killed and resumed` {
  let fixture = PretrainFixture()

  /// Everything that is random, and everything that a run carries along.
  static let everything =
    PretrainFixture.short + [
      "--dev", "dev.jsonl", "--steps", "24,18", "--save-steps", "3", "--keep", "3", "--dropout", "0.1",
      "--layerdrop", "0.3", "--fraction", "0.6", "--unmasked-weight", "0.5", "--tensorboard",
    ]

  static let further =
    PretrainFixture.short + [
      "--rounds", "3", "--continue-weights", "--schedule", "tri-stage", "--layer", "1,2", "--dtype", "fp16",
    ]

  @Test(arguments: [everything, further])
  func `killed at any moment, it ends with the same bytes`(options: [String]) throws {
    let clock = ContinuousClock()
    let start = clock.now
    let whole = fixture.run(options + ["--out", "whole"])
    // None of the first attempts has the time to end.
    let mostMicroseconds = UInt32((clock.now - start) / .microseconds(1) / 3)
    #expect(whole.code == 0, "\(whole.errors)")
    var random = Seeded(7)
    var kills = 0
    for attempt in 0..<40 {
      let resumes = fixture.isThere("killed/config.yaml")
      let run = fixture.start((resumes ? ["--resume"] : options) + ["--out", "killed"])
      if attempt < 9 {
        usleep(UInt32.random(in: mostMicroseconds / 10...mostMicroseconds, using: &random))
        run.send(SIGKILL)
        if run.finish().code == 137 { kills += 1 }
      } else {
        let result = run.finish()
        #expect(result.code == 0, "\(result.errors)")
        break
      }
    }
    #expect(kills > 2)
    let rounds = options.contains("3") && options.contains("--rounds") ? 3 : 2
    for round in 1...rounds {
      #expect(try fixture.metrics(of: "killed", round: round) == fixture.metrics(of: "whole", round: round))
    }
    let (found, expected) = (fixture.results(of: "killed"), fixture.results(of: "whole"))
    #expect(Set(found.keys) == Set(expected.keys))
    for (name, bytes) in expected { #expect(found[name] == bytes, "\(name)") }
    #expect(
      contents(of: fixture.file("killed/model/model.safetensors"))
        == contents(of: fixture.file("whole/model/model.safetensors")))
  }

  @Test func `threads do not change a byte`() throws {
    var reference: [String: [UInt8]] = [:]
    for threads in ["1", "2", "5"] {
      let result = fixture.run(Self.everything + ["--out", "t\(threads)", "--threads", threads])
      #expect(result.code == 0, "\(result.errors)")
      let files = fixture.results(of: "t\(threads)")
      if reference.isEmpty { reference = files }
      #expect(Set(files.keys) == Set(reference.keys) && files.count > 20)
      for (name, bytes) in reference { #expect(files[name] == bytes, "\(name) with \(threads) threads") }
    }
  }

  @Test func `a signal ends the step, saves, and the run goes on from there`() throws {
    let options =
      PretrainFixture.short + ["--rounds", "1", "--schedule", "constant", "--eval-steps", "100000"]
    let run = fixture.start(options + ["--out", "run", "--steps", "100000", "--warmup-steps", "0"])
    while fixture.steps(of: "run", round: 1) < 5 { usleep(5000) }
    run.send(SIGTERM)
    let result = run.finish()
    #expect(result.code == 143)
    #expect(
      result.errorLines.last
        == "stopped by SIGTERM and saved; go on with: warbler pretrain --resume --out \(fixture.file("run"))")
    let step = fixture.steps(of: "run", round: 1)
    #expect(fixture.link("run/round-1/last") == "checkpoints/step-\(step)" && !fixture.isThere("run/model"))
    let steps = ["--steps", "\(step + 4)"]
    #expect(fixture.run(["--resume", "--out", "run"] + steps).code == 0)
    #expect(fixture.run(options + ["--out", "whole", "--warmup-steps", "0"] + steps).code == 0)
    #expect(
      contents(of: fixture.file("run/model/model.safetensors"))
        == contents(of: fixture.file("whole/model/model.safetensors")))
  }

  @Test func `when its time is up it saves, says how to go on, and is content`() {
    let options = PretrainFixture.short + ["--rounds", "1", "--steps", "1000000", "--warmup-steps", "0"]
    let result = fixture.run(options + ["--out", "run", "--max-minutes", "0.02"])
    #expect(result.code == 0)
    let last = result.errorLines.last ?? ""
    #expect(
      last == "stopped and saved after 0.02 minutes; go on with: warbler pretrain --resume --out "
        + fixture.file("run"))
    let steps = fixture.steps(of: "run", round: 1)
    #expect(steps == 0 || fixture.link("run/round-1/last") == "checkpoints/step-\(steps)")
  }
}
