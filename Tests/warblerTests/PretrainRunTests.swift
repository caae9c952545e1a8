import Glibc
import JSON
import Pretraining
import TestSupport
import Testing
import Training

@Suite(.timeLimit(.minutes(3))) struct `warbler pretrain, as it runs` {
  let fixture = PretrainFixture()

  @Test func `OUT holds what the manual says, and its model is one to fine-tune and to inspect`() throws {
    let result = fixture.run(PretrainFixture.short + ["--out", "run", "--dev", "dev.jsonl"])
    #expect(result.code == 0 && result.output.isEmpty, "\(result.errors)")
    #expect(names(in: fixture.file("run")) == [".lock", "config.yaml", "model", "round-1", "round-2"])
    #expect(fixture.link("run/model") == "round-2/last")
    for (round, steps) in [(1, 8), (2, 6)] {
      #expect(
        names(in: fixture.file("run/round-\(round)")) == [
          ".lock", "checkpoints", "clusters", "last", "metrics.jsonl", "report.html", "report.svg",
        ])
      #expect(
        names(in: fixture.file("run/round-\(round)/clusters")) == [
          "dev", "kmeans.safetensors", "labels.safetensors", "report.json", "stage.json",
        ])
      #expect(fixture.link("run/round-\(round)/last") == "checkpoints/step-\(steps)")
      #expect(
        names(in: fixture.file("run/round-\(round)/last")) == [
          "config.json", "model.safetensors", "preprocessor_config.json", "pretraining.safetensors",
          "state.json",
          "state.safetensors",
        ])
      let kinds = try fixture.metrics(of: "run", round: round).map { record in
        switch record {
        case .step(let step): step.prediction == nil ? "?" : "s"
        case .evaluation: "?"
        case .prediction: "e"
        }
      }
      #expect(kinds.joined() == (round == 1 ? "ssssesssse" : "ssssesse"))
    }
    let config = try JSONValue(contentsOf: fixture.file("run/model/config.json"))
    #expect(config["architectures"] == ["HubertModel"] && config["dtype"] == "float32")
    // A head is put on it.
    fixture.directory.write(
      "{\"audio_filepath\": \"train0.wav\", \"text\": \"ab\"}\n{\"audio_filepath\": \"train5.wav\", \"text\": \"ba\"}\n",
      as: "texts.jsonl")
    fixture.directory.write("{\"audio_filepath\": \"dev0.wav\", \"text\": \"ab\"}\n", as: "texts-dev.jsonl")
    let tuned = Subprocess(
      [
        "finetune", "--model", "run/model", "--vocab-from-data", "--train", "texts.jsonl", "--dev",
        "texts-dev.jsonl", "--out", "tuned", "--steps", "2", "--no-store",
      ], in: fixture.directory.path
    ).finish()
    #expect(tuned.code == 0 && tuned.errors.contains("the checkpoint has none"), "\(tuned.errors)")
  }

  @Test func `a stage is done again only where its inputs have changed`() throws {
    let options = PretrainFixture.short + ["--out", "run"]
    #expect(fixture.run(options).code == 0)
    let before = fixture.results(of: "run")
    let again = fixture.run(options)
    #expect(again.code == 0)
    #expect(!again.errors.contains("clustering") && again.errors.contains("round 2: trained 6 steps already"))
    #expect(fixture.results(of: "run") == before)
    // A third round builds on what is there.
    let more = fixture.run(["--resume", "--out", "run", "--rounds", "3"])
    #expect(
      more.code == 0 && more.errors.contains("round 3: clustering layer 1 of round 2"), "\(more.errors)")
    #expect(fixture.link("run/model") == "round-3/last")
    // Other clusters are another training.
    let other = fixture.run(options + ["--rounds", "3", "--clusters", "6,8"])
    #expect(other.code == 1 && other.errorLines.count == 1)
    #expect(
      other.errors.hasPrefix(
        "\(fixture.file("run/round-2")): was trained with 'clusters: 9', and now it is 'clusters: 8'; put it back"
      ))
    // That was found before anything was written.
    #expect(fixture.run(["--resume", "--out", "run"]).code == 0)
    // More steps for a round that another is built on.
    let longer = fixture.run(["--resume", "--out", "run", "--steps", "9,6"])
    #expect(
      longer.code == 1 && longer.errors.contains("was begun behind step 8 of round 1"), "\(longer.errors)")
    // Other speech.
    fixture.directory.write(wav(noise(9000, seed: 77)), as: "train0.wav")
    let changed = fixture.run(["--resume", "--out", "run", "--steps", "8,6"])
    #expect(changed.code == 1 && changed.errors.contains("was trained on other speech"), "\(changed.errors)")
  }

  @Test func `rounds can be run one by one`() throws {
    let options = PretrainFixture.short
    #expect(fixture.run(options + ["--out", "whole"]).code == 0)
    let first = fixture.run(options + ["--out", "parts", "--round", "1"])
    #expect(first.code == 0 && !fixture.isThere("parts/round-2"))
    #expect(fixture.link("parts/model") == "round-1/last")
    #expect(fixture.run(options + ["--out", "parts", "--round", "2"]).code == 0)
    #expect(fixture.results(of: "parts") == fixture.results(of: "whole"))
  }

  @Test func `--model goes on from a checkpoint, of pre-training or fine-tuned`() throws {
    let options = Array(PretrainFixture.short.dropFirst(2))
    #expect(fixture.run(PretrainFixture.short + ["--out", "first", "--round", "1"]).code == 0)
    fixture.directory.write(
      "{\"audio_filepath\": \"train5.wav\", \"text\": \"ba\"}\n", as: "texts.jsonl")
    fixture.directory.write("{\"audio_filepath\": \"dev0.wav\", \"text\": \"ab\"}\n", as: "texts-dev.jsonl")
    // Steps that cannot be seen in single precision.
    let still = ["--learning-rate", "1e-30", "--no-store"]
    let tuned = Subprocess(
      [
        "finetune", "--model", "first/model", "--vocab-from-data", "--train", "texts.jsonl", "--dev",
        "texts-dev.jsonl", "--out", "tuned", "--steps", "1",
      ] + still, in: fixture.directory.path
    ).finish()
    #expect(tuned.code == 0, "\(tuned.errors)")
    for (index, model) in ["first/model", "tuned/last"].enumerated() {
      let out = "more\(index)"
      let more = fixture.run(
        options + ["--model", model, "--out", out, "--round", "1", "--steps", "1"] + still)
      #expect(more.code == 0 && more.errors.contains("clustering layer 1 of"), "\(more.errors)")
      #expect(
        contents(of: fixture.file("\(out)/model/model.safetensors"))
          == contents(of: fixture.file("first/model/model.safetensors")))
    }
    // It is part of what the round was trained with.
    let other = fixture.run(
      options + ["--model", "first/model", "--out", "more1", "--round", "1", "--steps", "1"] + still)
    #expect(other.code == 1 && other.errors.contains("a model before it that has changed"), "\(other.errors)")
  }

  @Test func `MFCCs can be clustered in every round, and behind another model`() {
    let mfcc = ["--layer", "mfcc", "--clusters", "6", "--steps", "2"]
    #expect(fixture.run(PretrainFixture.short + ["--out", "rounds"] + mfcc).code == 0)
    let behind = ["--model", "rounds/model", "--out", "more", "--rounds", "1"]
    let more = fixture.run(Array(PretrainFixture.short.dropFirst(2)) + behind + mfcc)
    #expect(more.code == 0 && more.errors.contains("round 1: clustering MFCCs into 6"), "\(more.errors)")
    let labels = ["rounds/round-1", "rounds/round-2", "more/round-1"].map {
      contents(of: fixture.file("\($0)/clusters/labels.safetensors"))
    }
    #expect(!labels[0].isEmpty && labels.allSatisfy { $0 == labels[0] })
    // The weights go on from those before.
    let weights = ["rounds/round-1/last", "rounds/round-2/last", "more/model"].map {
      contents(of: fixture.file("\($0)/model.safetensors"))
    }
    #expect(Set(weights).count == 3)
  }

  @Test func `rows that cannot be used are left out, and counted`() throws {
    fixture.directory.write(wav(noise(1500)), as: "short.wav")
    fixture.directory.write("no audio", as: "bad.wav")
    let lines = String(decoding: contents(of: fixture.file("train.jsonl")), as: UTF8.self)
    fixture.directory.write(
      lines + "{\"audio_filepath\": \"short.wav\"}\n{\"audio_filepath\": \"bad.wav\", \"text\": \"\"}\n",
      as: "train.jsonl")
    let result = fixture.run(PretrainFixture.short + ["--out", "run", "--rounds", "1"])
    #expect(result.code == 0)
    #expect(
      result.errorLines.first?.hasSuffix(
        "; 1 too short for a mask are left out; 1 of 14 rows are left out:") == true, "\(result.errors)")
    #expect(result.errors.contains("train.jsonl:14: ") && result.errors.contains("bad.wav: is not audio"))
  }

  @Test func `half precision is a model of its own`() throws {
    #expect(
      fixture.run(PretrainFixture.short + ["--out", "run", "--rounds", "1", "--dtype", "fp16"]).code == 0)
    #expect(fixture.link("run/model") == nil)
    #expect(
      names(in: fixture.file("run/model")) == [
        "config.json", "model.safetensors", "preprocessor_config.json", "pretraining.safetensors",
      ])
    let config = try JSONValue(contentsOf: fixture.file("run/model/config.json"))
    #expect(config["dtype"] == "float32")
    let (half, full) = ("run/model/model.safetensors", "run/round-1/last/model.safetensors")
    let ratio =
      Double(contents(of: fixture.file(half)).count) / Double(contents(of: fixture.file(full)).count)
    #expect(ratio < 0.6)
    // And back.
    #expect(fixture.run(["--resume", "--out", "run", "--dtype", "fp32"]).code == 0)
    #expect(fixture.link("run/model") == "round-1/last")
  }

  @Test func `the store knows the rounds and their checkpoints`() throws {
    let result = fixture.run(
      PretrainFixture.short.filter { $0 != "--no-store" } + ["--out", "run", "--store", "runs.db"])
    #expect(result.code == 0, "\(result.errors)")
    func store(_ what: String) throws -> [JSONValue] {
      let result = Subprocess(["store", what, "--store", "runs.db", "--json"], in: fixture.directory.path)
        .finish()
      #expect(result.code == 0, "\(result.errors)")
      return try result.lines.map { try JSONValue(parsing: $0) }
    }
    let runs = try store("runs")
    #expect(runs.count == 2 && runs.allSatisfy { $0["status"] == "finished" }, "\(runs)")
    let checkpoints = try store("checkpoints")
    #expect(
      checkpoints.count == 4 && checkpoints.allSatisfy { $0["architecture"] == "hubert" }, "\(checkpoints)")
  }

  @Test func `an absurd learning rate is diagnosed, in the run and in its report`() throws {
    let result = fixture.run(
      PretrainFixture.short + [
        "--out", "run", "--rounds", "1", "--steps", "800", "--warmup-steps", "1", "--learning-rate", "30",
        "--clip",
        "0", "--schedule", "constant", "--eval-steps", "800",
      ])
    #expect(result.code == 0, "\(result.errors)")
    let found = result.errorLines.filter { $0.hasPrefix("step ") && $0.contains("--learning-rate") }
    #expect(!found.isEmpty && found.count < 10, "\(result.errors)")
    let report = String(decoding: contents(of: fixture.file("run/round-1/report.html")), as: UTF8.self)
    #expect(report.contains("class=\"findings\""))
  }

  @Test(arguments: [
    (["--init", "wav2vec2.json"], "model_type: expected hubert, found wav2vec2"),
    (["--init", "hop.json"], "conv_stride: expected frames every 160 samples or a multiple"),
    (["--layer", "3"], "--layer 3: expected at most 2, the layers of"),
    (["--model", "elsewhere"], "--init: given beside model; give one of the two"),
    (["--init", "absent.json"], "absent.json: cannot be read"),
    (["--train", "absent.jsonl"], "absent.jsonl: cannot be read"),
  ])
  func `what cannot be is refused in one line`(options: [String], message: String) {
    fixture.directory.write("{\"model_type\": \"wav2vec2\"}", as: "wav2vec2.json")
    fixture.directory.write(
      "{\"model_type\": \"hubert\", \"conv_dim\": [8], \"conv_stride\": [300], \"conv_kernel\": [400], \"num_feat_extract_layers\": 1}",
      as: "hop.json")
    let result = fixture.run(PretrainFixture.short + ["--out", "run"] + options)
    #expect(result.code == (["--layer", "--model"].contains(options[0]) ? 64 : 1))
    #expect(result.errorLines.count == 1 && result.errors.contains(message), "\(result.errors)")
  }
}

@Suite struct `The help of pretrain` {
  @Test func `every option of the table is a flag, with its help`() {
    let result = Subprocess.run("pretrain", "--help")
    #expect(result.code == 0 && result.errors.isEmpty)
    #expect(result.output == pretrainHelp)
    let words = result.output.split { $0.isWhitespace }.joined(separator: " ")
    for option in PretrainOption.table {
      #expect(words.contains("--\(option.name)"), "\(option.name)")
    }
    for section in PretrainOptions.Section.allCases {
      #expect(result.output.contains(section.rawValue.uppercased() + ":"), "\(section)")
    }
  }
}
