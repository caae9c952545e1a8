import CTC
import TestSupport
import Testing
import Training

private let paths = [("model", "/m"), ("train", "/t.jsonl"), ("dev", "/d.jsonl"), ("out", "/o")]

private func resolved(_ flags: [(String, String)], file: String? = nil, resumes: Bool = false)
  throws(OptionError)
  -> FinetuneOptions
{
  try FinetuneOptions.resolved(
    flags: flags.map { (name: $0.0, value: $0.1) }, file: file, resumes: resumes)
}

/// The one line that the flags are refused with.
private func refusal(_ flags: [(String, String)], file: String? = nil, resumes: Bool = false) -> String {
  do {
    _ = try resolved(flags, file: file, resumes: resumes)
    return "accepted"
  } catch {
    #expect(!error.description.contains("\n"))
    return error.description
  }
}

@Suite struct `The options of a run` {
  let directory = TemporaryDirectory()

  func file(_ text: String, as name: String = "recipe.yaml") -> String { directory.write(text, as: name) }

  @Test func `the defaults are the published recipe's`() throws {
    let options = try resolved(paths)
    #expect(options.betas == [0.9, 0.98] && options.epsilon == 1e-8 && options.weightDecay == 0)
    #expect(options.schedule == .triStage && options.learningRate == 5e-5 && options.finalScale == 0.05)
    #expect(options.phases(ofSteps: 1000) == (100, 400, 500))
    #expect(options.saveInterval == options.evalSteps && options.keptCheckpoints == 2)
  }

  @Test func `a flag beats the file, and the file the defaults`() throws {
    let recipe = file(
      """
      # A recipe.
      model: /m
      train: "/t.jsonl"
      dev: '/d.jsonl'
      out: /o
      learning-rate: 1e-4
      betas: [0.9, 0.999]
      no-shuffle: true
      steps: 2000
      cache-size: 1.5G
      lora-targets: [attention]
      """)
    let fromFile = try resolved([], file: recipe)
    #expect(fromFile.learningRate == 1e-4 && fromFile.betas == [0.9, 0.999] && fromFile.noShuffle)
    #expect(fromFile.steps == 2000 && fromFile.epochs == nil && fromFile.cacheSize == 1_500_000_000)
    #expect(fromFile.loraTargets == ["q_proj", "k_proj", "v_proj", "out_proj"])
    let both = try resolved(
      [("learning-rate", "0.001"), ("betas", "0.8,0.9"), ("epochs", "3"), ("no-shuffle", "false")],
      file: recipe)
    #expect(both.learningRate == 1e-3 && both.betas == [0.8, 0.9] && !both.noShuffle)
    // The file's steps are taken back by the flag's epochs.
    #expect(both.epochs == 3 && both.steps == nil)
  }

  @Test func `one dropout's own name beats all at once, and a flag for all beats the file's names`() throws {
    let recipe = file("dropout: 0.2\nhidden-dropout: 0.3\n")
    let options = try resolved(paths, file: recipe)
    #expect(options.hiddenDropout == 0.3 && options.finalDropout == 0.2 && options.layerDrop == nil)
    let flagged = try resolved(paths + [("dropout", "0")], file: recipe)
    #expect(flagged.hiddenDropout == 0 && flagged.attentionDropout == 0)
  }

  @Test(arguments: [
    ("lerning-rate: 1", "1: lerning-rate: no such option; did you mean learning-rate?"),
    ("steps: 5\nfoo: 1", "2: foo: no such option; 'warbler finetune --help' lists them"),
    ("steps: fast", "1: steps: expected a whole number from 1 to 1000000000, found fast"),
    ("steps: 1.5", "1: steps: expected a whole number from 1 to 1000000000, found 1.5"),
    ("steps: [5, 6]", "1: steps: expected a whole number from 1 to 1000000000, found [5, 6]"),
    ("steps:", "1: steps: has no value; leave the line out for the default"),
    ("steps: {a: 1}", "1: steps: expected a value, found a mapping"),
    ("no-shuffle: 3", "1: no-shuffle: expected true or false, found 3"),
    ("betas: 0.9", "1: betas: expected two numbers from 0, below 1, such as 0.9,0.98, found 0.9"),
    ("dropout: 1", "1: dropout: expected a probability: from 0, below 1, found 1"),
    ("learning-rate: .nan", "1: learning-rate: expected a number above 0, up to 100, found .nan"),
    ("loss-reduction: none", "1: loss-reduction: expected mean, sum, sentence, found none"),
    ("seed: 1\nseed: 2", "2: 'seed': given twice; keep one"),
    ("steps: 1\nepochs: 2", "1: steps: given beside epochs; give one of the two"),
    ("- a\n- b", " expected options, a line each such as 'steps: 2000', found something else"),
    ("steps: [1", "1: is no YAML: "),
  ])
  func `what a file cannot say is refused in one line that names file, line and key`(
    text: String, message: String
  ) {
    let path = file(text)
    let line = refusal(paths, file: path)
    #expect(
      line.hasPrefix("\(path):\(message)") || text.hasPrefix("seed") || text.hasPrefix("steps: ["), "\(line)")
    #expect(line.hasPrefix("\(path):"), "\(line)")
  }

  @Test(arguments: [
    ([("steps", "0")], "--steps 0: expected a whole number from 1 to 1000000000"),
    ([("precision", "bf16")], "--precision bf16: training in bf16 is not in this version; use fp32"),
    ([("precision", "fp8")], "--precision fp8: expected fp32, bf16"),
    ([("noise-snr", "20,5")], "--noise-snr 20,5: expected two numbers of decibels, the lower first"),
    ([("init", "/c.json")], "--model: given beside init; give one of the two"),
    (
      [("lora-targets", "q_proj,lm_head")],
      "--lora-targets q_proj,lm_head: expected attention, feed-forward, or of"
    ),
    ([("hold-ratio", "0.6"), ("decay-ratio", "0.5")], "--hold-ratio 0.6: with --decay-ratio 0.5 it is more"),
    ([("steps", "10"), ("warmup-steps", "11")], "--warmup-steps 11: expected at most --steps, which is 10"),
    ([("store", "/s.db"), ("no-store", "true")], "--store: given beside no-store; give one of the two"),
  ])
  func `what flags cannot say is refused in one line`(flags: [(String, String)], message: String) {
    let line = refusal(paths + flags)
    #expect(line.hasPrefix(message), "\(line)")
  }

  @Test func `what is needed is asked for`() {
    #expect(refusal([]).hasPrefix("--model: expected a checkpoint, or --init"))
    #expect(refusal([paths[0]]).hasPrefix("--train: expected a manifest"))
    #expect(refusal(Array(paths[..<2])).hasPrefix("--dev:"))
    #expect(refusal(Array(paths[..<3])).hasPrefix("--out:"))
    #expect(
      refusal([("init", "/c.json")] + paths[1...]).hasPrefix("--init: random weights have no vocabulary"))
    #expect(
      refusal(paths, file: "/absent.yaml")
        == "/absent.yaml: cannot be read: No such file or directory; check the path")
    #expect(refusal([], resumes: true).hasPrefix("--resume: expected --out DIR"))
  }

  @Test func `what is written reads back to the same options, whatever is in their texts`() throws {
    var all = paths.filter { $0.0 != "train" } + [("train", "/a b/\"#: é\\\t'.jsonl")]
    all += [
      ("steps", "7"), ("batch-size", "3"), ("no-store", "true"), ("speed-perturb", "0.9,1,1.1"),
      ("clip", "0"),
      ("vocab-from-data", "true"), ("weight-decay", "1e-05"), ("zero-infinity", "false"), ("lora-rank", "8"),
      ("dropout", "0.125"), ("threads", "2"), ("loss-reduction", "sentence"), ("cache-size", "123456789"),
    ]
    let options = try resolved(all)
    try options.write(to: directory.file("config.yaml"))
    #expect(try resolved([], file: directory.file("config.yaml")) == options, "\(options.yaml)")
    let defaults = try resolved(paths)
    try defaults.write(to: directory.file("config.yaml"))
    #expect(try resolved([], file: directory.file("config.yaml")) == defaults)
  }

  @Test func `a resumed run has the options it began with, and only some may change`() throws {
    let out = directory.path
    let begun = [
      ("model", "/m"), ("train", "/t"), ("dev", "/d"), ("out", out), ("steps", "100"), ("seed", "7"),
    ]
    try resolved(begun).write(to: out + "/config.yaml")
    let resumed = try resolved(
      [("out", out), ("steps", "200"), ("keep", "5"), ("threads", "1")], resumes: true)
    #expect(resumed.steps == 200 && resumed.keep == 5 && resumed.threads == 1 && resumed.resumes)
    #expect(resumed.seed == 7 && resumed.model == "/m")
    // The same value changes nothing.
    #expect(try resolved(begun, resumes: true).steps == 100)
    #expect(
      refusal([("out", out), ("seed", "8")], resumes: true)
        == "--seed: 8 would change the run, which has 7; leave it out, or start anew in another --out")
    #expect(
      refusal([("out", out), ("dropout", "0.5")], resumes: true).hasPrefix(
        "--dropout: 0.5 would change the run"))
    #expect(refusal([("out", "/absent")], resumes: true).hasPrefix("/absent/config.yaml: cannot be read"))
    // A directory that was moved is resumed where it is.
    #expect(resumed.out == out)
  }

  @Test func `identity tells runs apart that compute other numbers, and no others`() throws {
    let options = try resolved(paths)
    #expect(
      try resolved(paths + [("threads", "3"), ("keep", "9"), ("steps", "5")]).identity == options.identity)
    #expect(try resolved(paths + [("seed", "3")]).identity != options.identity)
  }

  @Test func `every option has a help, and none occurs twice`() {
    let names = FinetuneOption.table.map(\.name)
    #expect(Set(names).count == names.count)
    for option in FinetuneOption.table {
      #expect(
        !option.help.isEmpty && option.help.hasSuffix(".") || option.help.hasSuffix(")."), "\(option.name)")
      if let rival = option.rival { #expect(FinetuneOption.named(rival)?.rival == option.name) }
    }
  }

  @Test(arguments: [10, 97, 1000, 12345]) func `the parts of a schedule never exceed it`(steps: Int) throws {
    for flags in [
      [], [("warmup-steps", "10")], [("hold-ratio", "0.9")], [("decay-ratio", "0.2")],
      [("hold-ratio", "0.7"), ("decay-ratio", "0.3")], [("schedule", "linear")], [("schedule", "constant")],
    ] {
      let parts = try resolved(paths + flags).phases(ofSteps: steps)
      #expect(parts.warmup >= 0 && parts.hold >= 0 && parts.decay >= 0)
      #expect(parts.warmup + parts.hold + parts.decay <= steps)
    }
    let decayed = try resolved(paths + [("warmup-steps", "10"), ("decay-ratio", "0.2")]).phases(ofSteps: 1000)
    #expect(decayed == (10, 790, 200))
    let held = try resolved(paths + [("warmup-steps", "0"), ("hold-ratio", "0.25")]).phases(ofSteps: 1000)
    #expect(held == (0, 250, 750))
  }

  @Test func `what no option settles comes from the model, and then from transformers`() throws {
    var options = try resolved(paths + [("mask-time-prob", "0.65"), ("final-dropout", "0")])
    let configuration = directory.write(
      #"{"hidden_dropout": 0.25, "mask_time_length": 5, "layerdrop": null, "final_dropout": 0.5}"#,
      as: "config.json")
    try options.adoptRegularization(ofConfiguration: configuration)
    #expect(options.hiddenDropout == 0.25 && options.maskTimeLength == 5 && options.layerDrop == 0.1)
    #expect(options.maskTimeProbability == 0.65 && options.finalDropout == 0)
    #expect(options.featureProjectionDropout == 0 && options.maskTimeMinimum == 2)
    var unmasked = try resolved(paths)
    try unmasked.adoptRegularization(
      ofConfiguration: directory.write(
        #"{"apply_spec_augment": false, "mask_time_prob": 0.5}"#, as: "config.json"))
    #expect(unmasked.maskTimeProbability == 0 && unmasked.maskFeatureProbability == 0)
    let wrong = directory.write(#"{"hidden_dropout": "much"}"#, as: "config.json")
    #expect {
      var options = FinetuneOptions()
      try options.adoptRegularization(ofConfiguration: wrong)
    } throws: { "\($0)".hasPrefix("\(wrong): hidden_dropout: expected a number from 0 to 1, found \"much\"") }
  }
}
