import Glibc
import JSON
import TestSupport
import Testing
import Training

@Suite(.timeLimit(.minutes(3))) struct `warbler finetune, as it runs` {
  let fixture = FinetuneFixture()

  private let short =
    FinetuneFixture.fresh + FinetuneFixture.data + [
      "--steps", "6", "--eval-steps", "3", "--learning-rate", "1e-3",
    ]

  @Test func `OUT holds what the contract says`() throws {
    let result = fixture.run(short + ["--out", "run", "--save-steps", "2", "--keep", "1", "--tensorboard"])
    #expect(result.code == 0 && result.output.isEmpty, "\(result.errors)")
    #expect(
      names(in: fixture.file("run")) == [
        ".lock", "best", "checkpoints", "config.yaml", "features", "last", "metrics.jsonl", "report.html",
        "report.svg", "tensorboard",
      ])
    let files = [
      "config.json", "model.safetensors", "preprocessor_config.json", "processor_config.json", "state.json",
      "state.safetensors", "tokenizer_config.json", "vocab.json",
    ]
    #expect(fixture.link("run/last") == "checkpoints/step-6")
    let best = try #require(fixture.link("run/best"))
    #expect(["checkpoints/step-3", "checkpoints/step-6"].contains(best))
    for name in ["best", "last"] { #expect(names(in: fixture.file("run/\(name)")) == files) }
    // Best, last and one more.
    let kept = names(in: fixture.file("run/checkpoints"))
    #expect(kept.contains("step-6") && kept.count <= 3 && kept.contains(String(best.dropFirst(12))))
    var kinds = ""
    for line in String(decoding: contents(of: fixture.file("run/metrics.jsonl")), as: UTF8.self).split(
      separator: "\n")
    {
      let record = try #require(try JSONValue(parsing: String(line)).object)
      switch record.members.map(\.key) {
      case ["step", "epoch", "loss", "learning_rate", "gradient_norm", "audio_seconds", "seconds"]:
        kinds += "s"
      case ["step", "eval_loss", "wer", "cer"]: kinds += "e"
      default: Issue.record("\(line)")
      }
    }
    #expect(kinds == "sssessse")
    #expect(fixture.isThere("warbler.db"))
    // What came out is a MODEL: it decodes, and can be trained on.
    let decoded = Subprocess(
      ["decode", "dev0.wav", "--model", "run/best", "--no-store"], in: fixture.directory.path
    ).finish()
    #expect(decoded.code == 0, "\(decoded.errors)")
    let further = fixture.run(
      FinetuneFixture.data + ["--model", "run/best", "--steps", "2", "--out", "further", "--quiet"])
    #expect(further.code == 0 && further.errors.isEmpty, "\(further.errors)")
  }

  @Test func `the store knows the run, its checkpoints and its metrics`() throws {
    #expect(fixture.run(short + ["--out", "run"]).code == 0)
    func store(_ arguments: String...) throws -> [JSONValue] {
      let result = Subprocess(["store"] + arguments + ["--json"], in: fixture.directory.path).finish()
      #expect(result.code == 0, "\(arguments): \(result.errors)")
      return try result.lines.map { try JSONValue(parsing: $0) }
    }
    let runs = try store("runs")
    #expect(runs.count == 1 && runs[0]["status"] == "finished", "\(runs)")
    let checkpoints = try store("checkpoints")
    #expect(
      checkpoints.map { $0["step"] } == [3, 6] || checkpoints.map { $0["step"] } == [6, 3], "\(checkpoints)")
    #expect(checkpoints.allSatisfy { $0["architecture"] == "HubertForCTC" })
    #expect(!(try store("show", "t1")).isEmpty)
  }

  @Test func `one epoch is one pass`() throws {
    let result = fixture.run(
      FinetuneFixture.fresh + FinetuneFixture.data + ["--epochs", "2", "--out", "run", "--no-store"])
    #expect(result.code == 0)
    // Ten utterances by three: four batches.
    let records = try fixture.metrics(of: "run")
    guard case .step(let last)? = records.last(where: { if case .step = $0 { true } else { false } }) else {
      Issue.record("no steps")
      return
    }
    #expect(last.step == 8 && last.epoch == 2)
  }

  @Test func `what cannot be is refused with 1 and one line that names it`() {
    fixture.directory.write("", as: "empty.jsonl")
    fixture.directory.write("{\"audio_filepath\": \"gone.wav\", \"text\": \"a\"}\n", as: "gone.jsonl")
    fixture.directory.write("{\"audio_filepath\": \"dev0.wav\", \"text\": \"xyz\"}\n", as: "other.jsonl")
    fixture.directory.write("no folder", as: "file")
    fixture.directory.folder("cut")
    for name in names(in: goldenModel()) {
      let bytes = contents(of: "\(goldenModel())/\(name)")
      fixture.directory.write(
        name == "model.safetensors" ? Array(bytes.prefix(60_000)) : bytes, as: "cut/\(name)")
    }
    let rest = ["--batch-size", "3", "--steps", "2", "--no-store", "--quiet"]
    let cases: [(options: [String], message: String)] = [
      (
        FinetuneFixture.fresh + ["--train", "none.jsonl", "--dev", "dev.jsonl"], "none.jsonl: cannot be read"
      ),
      (FinetuneFixture.fresh + ["--train", "empty.jsonl", "--dev", "dev.jsonl"], "empty.jsonl: expected"),
      (FinetuneFixture.fresh + ["--train", "train.jsonl", "--dev", "empty.jsonl"], "empty.jsonl: expected"),
      (FinetuneFixture.fresh + ["--train", "gone.jsonl", "--dev", "dev.jsonl"], "gone.wav: cannot be read"),
      (
        FinetuneFixture.fresh + ["--train", "train.jsonl", "--dev", "other.jsonl"], "not in the vocabulary: x"
      ),
      (FinetuneFixture.fresh + ["--train", "dev.jsonl", "--dev", "dev.jsonl"], "its audio is that of"),
      (
        FinetuneFixture.fresh + ["--train", "gone.jsonl", "--dev", "dev.jsonl", "--bad-rows", "stop"],
        "gone.wav: cannot be read"
      ),
      (["--model", "none", "--train", "train.jsonl", "--dev", "dev.jsonl"], "none: no model there"),
      (
        ["--init", "none.json", "--vocab-from-data", "--train", "train.jsonl", "--dev", "dev.jsonl"],
        "none.json: cannot"
      ),
      (
        ["--model", "cut", "--vocab-from-data", "--train", "train.jsonl", "--dev", "dev.jsonl"],
        "the file is truncated"
      ),
      (
        FinetuneFixture.fresh + FinetuneFixture.data + ["--out", "file"],
        "file/checkpoints: expected to write it"
      ),
    ]
    for (options, message) in cases {
      let result = fixture.run(["--out", "run"] + rest + options)
      #expect(result.code == 1 && result.errorLines.count == 1, "\(options): \(result.errors)")
      #expect(result.errors.contains(message), "\(result.errors)")
    }
    let without = fixture.run(FinetuneFixture.fresh + rest + ["--train", "train.jsonl", "--out", "run"])
    #expect(without.code == 64 && without.errors == "--dev: expected a manifest, found none\n")
  }

  @Test func `a run is not written over, and not resumed as another`() {
    #expect(fixture.run(short + ["--out", "run", "--no-store"]).code == 0)
    func refused(_ options: [String], _ code: Int32, _ message: String) {
      let result = fixture.run(options + ["--quiet"])
      #expect(result.code == code && result.errorLines.count == 1, "\(options): \(result.errors)")
      #expect(result.errors.contains(message), "\(result.errors)")
    }
    let resume = ["--resume", "--out", "run", "--steps", "8"]
    refused(short + ["--out", "run", "--no-store"], 1, "checkpoints up to step-6; go on with --resume")
    refused(resume + ["--learning-rate", "1"], 64, "would change the run, which has 0.001")
    let manifest = contents(of: fixture.file("train.jsonl"))
    fixture.directory.write(
      String(decoding: manifest, as: UTF8.self).replacing("\"ab\"", with: "\"aab\""), as: "train.jsonl")
    refused(resume, 1, "train.jsonl: is not the data that the run began with")
    fixture.directory.write(manifest, as: "train.jsonl")
    let config = contents(of: fixture.file("run/config.yaml"))
    fixture.directory.write(
      String(decoding: config, as: UTF8.self).replacing("clip: 1", with: "clip: 2"), as: "run/config.yaml")
    refused(resume, 1, "config.yaml: was changed since the run began")
    fixture.directory.write(config, as: "run/config.yaml")
    for name in ["model.safetensors", "state.safetensors", "state.json"] {
      let path = "run/checkpoints/step-6/\(name)"
      let bytes = contents(of: fixture.file(path))
      var damaged = bytes
      // A number in the last tensor; the file's first brace.
      damaged[name == "state.json" ? 0 : damaged.count - 3] ^= 0x40
      fixture.directory.write(damaged, as: path)
      refused(resume, 1, "\(name): ")
      fixture.directory.write(bytes.prefix(bytes.count / 2), as: path)
      refused(resume, 1, "\(name): ")
      unlink(fixture.file(path))
      refused(resume, 1, name)
      fixture.directory.write(bytes, as: path)
    }
    #expect(fixture.run(resume).code == 0)
  }

  @Test func `a full disk ends it with the last good checkpoint named`() throws {
    let options = short + ["--out", "run", "--no-store", "--quiet"]
    // The state does not fit: nothing was saved.
    let none = fixture.run(options, fileBytes: 100_000)
    #expect(none.code == 1 && none.errorLines.count == 1)
    #expect(none.errors.contains("step-3: cannot be saved: File too large"), "\(none.errors)")
    #expect(none.errors.contains("there is no earlier checkpoint"))
    #expect(names(in: fixture.file("run/checkpoints")).isEmpty)
    #expect(fixture.run(options).code == 0)
    let before = fixture.checkpoints(of: "run")
    let full = fixture.run(["--resume", "--out", "run", "--steps", "12", "--quiet"], fileBytes: 100_000)
    #expect(full.code == 1 && full.errorLines.count == 1)
    #expect(
      full.errors.contains("the last good checkpoint is \(fixture.file("run/checkpoints/step-6"))"),
      "\(full.errors)")
    #expect(fixture.checkpoints(of: "run") == before)
    // The log of steps is what does not fit.
    let size = contents(of: fixture.file("run/metrics.jsonl")).count
    let log = fixture.run(["--resume", "--out", "run", "--steps", "12", "--quiet"], fileBytes: size)
    #expect(log.code == 1 && log.errorLines.count == 1)
    #expect(log.errors.contains("the last good checkpoint is"), "\(log.errors)")
    #expect(fixture.run(["--resume", "--out", "run", "--steps", "12", "--quiet"]).code == 0)
    #expect(fixture.steps(of: "run") == 12)
  }

  @Test func `a learning rate far too high is diagnosed`() {
    let result = fixture.run(
      FinetuneFixture.fresh + FinetuneFixture.data + [
        "--out", "run", "--no-store", "--steps", "80", "--eval-steps", "80", "--learning-rate", "50",
        "--clip", "0",
        "--schedule", "constant", "--warmup-steps", "0",
      ])
    #expect(result.code == 0)
    let lines = result.errorLines.filter { $0.contains("learning-rate") }
    #expect(!lines.isEmpty && lines.allSatisfy { $0.hasPrefix("step ") }, "\(result.errors)")
    #expect(!result.errors.contains("its text needs more frames"), "\(result.errors)")
  }
}
