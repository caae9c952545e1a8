import Glibc
import TestSupport
import Testing
import Training

@Suite(.timeLimit(.minutes(4))) struct `warbler finetune, killed and resumed` {
  let fixture = FinetuneFixture()

  /// Everything that is random, and everything that a run carries along.
  static let everything =
    FinetuneFixture.fresh + FinetuneFixture.data + [
      "--steps", "36", "--eval-steps", "3", "--save-steps", "2", "--keep", "3", "--learning-rate", "2e-3",
      "--dropout", "0.1", "--feat-proj-dropout", "0.1", "--layerdrop", "0.2", "--mask-time-prob", "0.3",
      "--mask-time-length", "3", "--mask-feature-prob", "0.2", "--mask-feature-length", "4", "--accumulate",
      "2",
      "--speed-perturb", "0.9,1,1.1", "--gain-db", "6", "--noise", "white", "--ema-decay", "0.9",
      "--early-stopping", "20", "--average-checkpoints", "3", "--tensorboard",
    ]

  /// Weights that come out of model.safetensors; features that come out of the cache.
  static let plain =
    FinetuneFixture.data + [
      "--model", goldenModel(), "--vocab-from-data", "--steps", "20", "--eval-steps", "4", "--freeze-steps",
      "5",
      "--average-checkpoints", "2", "--average-by", "best", "--best-metric", "loss", "--learning-rate",
      "1e-3",
    ]

  static let lowRank =
    FinetuneFixture.data + [
      "--model", goldenModel("hubert-large"), "--vocab-from-data", "--steps", "20", "--eval-steps", "4",
      "--lora-rank", "2", "--lora-save", "peft", "--learning-rate", "1e-2", "--no-shuffle", "--ema-decay",
      "0.8",
      "--speed-perturb", "0.9,1.1",
    ]

  /// Waveforms all the way, changed at random.
  static let featureEncoder =
    FinetuneFixture.data + [
      "--model", goldenModel("hubert-large"), "--vocab-from-data", "--steps", "20", "--eval-steps", "4",
      "--train-feature-encoder", "--feature-encoder-rate-scale", "0.3", "--learning-rate", "1e-3",
      "--freeze-steps", "3", "--mask-time-prob", "0.3", "--mask-time-length", "3", "--speed-perturb",
      "0.9,1,1.1",
    ]

  @Test(arguments: [everything, plain, lowRank, featureEncoder])
  func `killed at any moment, it ends with the same bytes`(options: [String]) throws {
    let clock = ContinuousClock()
    let start = clock.now
    let whole = fixture.run(options + ["--out", "whole", "--no-store"])
    // None of the first attempts has the time to end.
    let mostMicroseconds = UInt32((clock.now - start) / .microseconds(1) / 5)
    #expect(whole.code == 0, "\(whole.errors)")
    var random = Seeded(7)
    var kills = 0
    // Each run goes a part of the way, at least as far as its first save from time to time.
    for attempt in 0..<40 {
      let resumes = fixture.isThere("killed/config.yaml")
      let run = fixture.start(
        (resumes ? ["--resume"] : options) + ["--out", "killed", "--store", "runs.db"])
      if attempt < 8 {
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
    #expect(try fixture.metrics(of: "killed") == fixture.metrics(of: "whole"))
    let (found, expected) = (fixture.checkpoints(of: "killed"), fixture.checkpoints(of: "whole"))
    #expect(Set(found.keys) == Set(expected.keys))
    for (name, bytes) in expected { #expect(found[name] == bytes, "\(name)") }
    for name in ["best", "last"] { #expect(fixture.link("killed/\(name)") == fixture.link("whole/\(name)")) }
    if fixture.isThere("whole/average") {
      #expect(
        contents(of: fixture.file("killed/average/model.safetensors"))
          == contents(of: fixture.file("whole/average/model.safetensors")))
    }
    // The store has one run, with every step and evaluation.
    let shown = Subprocess(
      ["store", "show", "t1", "--store", "runs.db", "--json"], in: fixture.directory.path
    ).finish()
    #expect(shown.code == 0, "\(shown.errors)")
    let runs = Subprocess(["store", "runs", "--store", "runs.db", "--json"], in: fixture.directory.path)
      .finish()
    #expect(runs.lines.count == 1 && runs.output.contains("\"finished\""), "\(runs.output)")
  }

  @Test func `threads do not change a byte`() throws {
    var reference: [String: [UInt8]] = [:]
    for threads in ["1", "2", "5"] {
      let result = fixture.run(
        Self.everything + ["--out", "t\(threads)", "--no-store", "--threads", threads])
      #expect(result.code == 0, "\(result.errors)")
      let files = fixture.checkpoints(of: "t\(threads)")
      if reference.isEmpty { reference = files }
      #expect(Set(files.keys) == Set(reference.keys))
      for (name, bytes) in reference { #expect(files[name] == bytes, "\(name) with \(threads) threads") }
      #expect(try fixture.metrics(of: "t\(threads)") == fixture.metrics(of: "t1"))
    }
  }

  @Test(arguments: [(SIGINT, "SIGINT", Int32(130)), (SIGTERM, "SIGTERM", 143)])
  func `a signal ends the step, saves, and the run goes on from there`(
    signal: Int32, name: String, code: Int32
  ) throws {
    let options =
      FinetuneFixture.fresh + FinetuneFixture.data + [
        "--schedule", "constant", "--warmup-steps", "0", "--no-store", "--eval-steps", "1000",
      ]
    let run = fixture.start(options + ["--out", "run", "--steps", "100000"])
    while fixture.steps(of: "run") < 5 { usleep(5000) }
    run.send(signal)
    let result = run.finish()
    #expect(result.code == code)
    #expect(
      result.errorLines.last
        == "stopped by \(name) and saved; go on with: warbler finetune --resume --out \(fixture.file("run"))")
    let step = fixture.steps(of: "run")
    #expect(fixture.link("run/last") == "checkpoints/step-\(step)")
    let steps = ["--steps", "\(step + 4)"]
    #expect(fixture.run(["--resume", "--out", "run"] + steps).code == 0)
    #expect(fixture.run(options + ["--out", "whole"] + steps).code == 0)
    #expect(
      contents(of: fixture.file("run/last/model.safetensors"))
        == contents(of: fixture.file("whole/last/model.safetensors")))
  }

  @Test func `a run that stopped early stays stopped`() {
    let options =
      FinetuneFixture.fresh + FinetuneFixture.data + [
        "--out", "run", "--no-store", "--learning-rate", "1e-30", "--eval-steps", "2", "--early-stopping",
        "1",
        "--steps", "50",
      ]
    let first = fixture.run(options)
    #expect(first.code == 0 && first.errors.contains("no new best for 1 evaluations: stopped early"))
    #expect(fixture.steps(of: "run") == 4)
    let again = fixture.run(["--resume", "--out", "run"])
    #expect(again.code == 0 && again.errors.contains("stopped early"), "\(again.errors)")
    #expect(fixture.steps(of: "run") == 4 && fixture.link("run/last") == "checkpoints/step-4")
  }

  @Test func `a kill before the link to the best is made good`() {
    let options =
      FinetuneFixture.fresh + FinetuneFixture.data + [
        "--out", "run", "--no-store", "--eval-steps", "2", "--steps", "4",
      ]
    #expect(fixture.run(options).code == 0)
    let best = fixture.link("run/best")
    unlink(fixture.file("run/best"))
    #expect(fixture.run(["--resume", "--out", "run"]).code == 0)
    #expect(fixture.link("run/best") == best && best != nil)
  }
}
