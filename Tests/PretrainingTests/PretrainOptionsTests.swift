import AcousticModel
import Pretraining
import TestSupport
import Testing
import Training

private let paths = [("init", "/c.json"), ("train", "/t.jsonl"), ("out", "/o")]

private func resolved(_ flags: [(String, String)], resumes: Bool = false) throws(OptionError)
  -> PretrainOptions
{
  try PretrainOptions.resolved(flags: flags.map { (name: $0.0, value: $0.1) }, resumes: resumes)
}

private func refusal(_ flags: [(String, String)], resumes: Bool = false) -> String {
  do {
    _ = try resolved(flags, resumes: resumes)
    return "accepted"
  } catch {
    #expect(!error.description.contains("\n"))
    return error.description
  }
}

@Suite struct `The options of a pre-training` {
  let directory = TemporaryDirectory()

  @Test func `the defaults are HuBERT's`() throws {
    let options = try resolved(paths)
    #expect(options.betas == [0.9, 0.98] && options.epsilon == 1e-6 && options.weightDecay == 0.01)
    #expect(options.clip == 10 && options.learningRate == 5e-4 && options.schedule == .linear)
    #expect(options.classes(ofRound: 1) == 100 && options.classes(ofRound: 2) == 500)
    #expect(options.layer(ofRound: 1, layers: 12) == nil)
    #expect(options.layer(ofRound: 2, layers: 12) == 6 && options.layer(ofRound: 3, layers: 12) == 9)
    let objective = options.objective(ofRound: 2)
    #expect(objective == MaskedPrediction(classes: 500))
    let settings = try resolved(paths + [("steps", "400000")]).trainerSettings(ofRound: 1)
    #expect(settings.schedule.warmupSteps == 32_000 && settings.clip == 10)
    #expect(
      settings.regularization.timeMask == Regularization.SpanMask(probability: 0.8, length: 10, minimum: 2))
  }

  @Test func `the last element of a list is for all further rounds`() throws {
    let options = try resolved(
      paths + [("rounds", "4"), ("clusters", "50,100"), ("steps", "10,20,30"), ("layer", "3,4")])
    #expect((1...4).map(options.classes) == [50, 100, 100, 100])
    #expect((1...4).map(options.steps) == [10, 20, 30, 30])
    #expect((1...4).map { options.layer(ofRound: $0, layers: 12) } == [nil, 3, 4, 4])
  }

  @Test func `with a model to go on from, the first round clusters a layer, too`() throws {
    let some = [("model", "/m"), ("train", "/t.jsonl"), ("out", directory.path)]
    let options = try resolved(some)
    #expect((1...3).map { options.layer(ofRound: $0, layers: 12) } == [6, 9, 9])
    #expect(options.configuration == "/m/config.json")
    let chosen = try resolved(some + [("layer", "3,4")])
    #expect((1...3).map { chosen.layer(ofRound: $0, layers: 12) } == [3, 4, 4])
  }

  @Test func `MFCCs may be clustered again, in any round that could cluster a layer`() throws {
    let some = [("model", "/m"), ("train", "/t.jsonl"), ("out", directory.path)]
    let options = try resolved(some + [("layer", "mfcc,5")])
    #expect((1...3).map { options.layer(ofRound: $0, layers: 12) } == [nil, 5, 5])
    let always = try resolved(paths + [("rounds", "3"), ("layer", "mfcc")])
    #expect((1...3).map { always.layer(ofRound: $0, layers: 12) } == [nil, nil, nil])
    try options.write(to: directory.path + "/config.yaml")
    #expect(try resolved([("out", directory.path)], resumes: true).features == [.mfcc, .layer(5)])
  }

  @Test func `what is written reads back to the same`() throws {
    let out = directory.path
    var options = try resolved([
      ("init", "/c.json"), ("train", "/t.jsonl"), ("out", out), ("layer", "3"), ("normalize", "false"),
      ("max-minutes", "1.5"), ("dtype", "fp16"), ("no-store", "true"), ("dropout", "0.25"), ("round", "1"),
    ])
    #expect(options.hiddenDropout == 0.25 && options.featureProjectionDropout == 0.25)
    try options.write(to: out + "/config.yaml")
    options.resumes = true
    #expect(try resolved([("out", out)], resumes: true) == options)
    // What a round alone depends on may be given anew; the round says whether it fits.
    let more = try resolved([("out", out), ("rounds", "3"), ("clusters", "100,2,3")], resumes: true)
    #expect(more.rounds == 3 && more.clusters == [100, 2, 3])
    #expect(
      refusal([("out", out), ("seed", "9")], resumes: true)
        == "--seed: 9 would change the run, which has 1; leave it out, or start anew in another --out")
  }

  @Test func `identity tells rounds apart that come to other weights, and no others`() throws {
    func identity(_ flags: [(String, String)], round: Int = 2) throws -> String {
      try resolved(paths + flags).identity(ofRound: round, layers: 12)
    }
    let same = try identity([])
    #expect(try identity([("threads", "7"), ("rounds", "5"), ("keep", "4"), ("dev", "/d")]) == same)
    #expect(try identity([("layer", "6")]) == same && identity([("layer", "7")]) != same)
    #expect(try identity([("clusters", "7,500")]) == same && identity([("clusters", "100,7")]) != same)
    #expect(try identity([("seed", "2")]) != same && identity([("mask-prob", "0.7")]) != same)
    #expect(try identity([], round: 1) != same)
  }

  @Test func `rounds draw different numbers`() throws {
    let options = try resolved(paths)
    #expect(options.trainerSettings(ofRound: 1).seed == 1)
    #expect(options.trainerSettings(ofRound: 2).seed != options.trainerSettings(ofRound: 1).seed)
  }

  @Test func `what does not go together is refused in one line`() {
    #expect(refusal([]).hasPrefix("--init: expected CONFIG.json"))
    #expect(refusal([("init", "/c")]).hasPrefix("--train: expected a manifest"))
    #expect(refusal(paths + [("round", "3")]) == "--round 3: expected at most --rounds, which is 2")
    #expect(refusal(paths + [("clusters", "1")]).hasPrefix("--clusters 1: expected numbers of clusters"))
    #expect(refusal(paths + [("steps", "5,x")]).hasPrefix("--steps 5,x: expected numbers of steps"))
    #expect(
      refusal(paths + [("steps", "50,5"), ("warmup-steps", "9")])
        == "--warmup-steps 9: expected at most the steps of round 2, which are 5")
    #expect(refusal(paths + [("mask-probe", "1")]) == "--mask-probe: no such option; did you mean mask-prob?")
    #expect(refusal(paths + [("vocab", "x")]).hasSuffix("'warbler pretrain --help' lists them"))
  }

  @Test func `every option has a help, and none occurs twice`() {
    let names = PretrainOption.table.map(\.name)
    #expect(Set(names).count == names.count)
    for option in PretrainOption.table {
      #expect(option.help.hasSuffix(".") || option.help.hasSuffix(")."), "\(option.name)")
    }
  }

  @Test func `what no option settles comes from config.json`() throws {
    var options = try resolved(paths + [("layerdrop", "0")])
    let file = directory.write(#"{"hidden_dropout": 0.25, "layerdrop": 0.5}"#, as: "config.json")
    try options.adoptRegularization(ofConfiguration: file)
    #expect(options.hiddenDropout == 0.25 && options.layerDrop == 0 && options.attentionDropout == 0.1)
    #expect(options.featureProjectionDropout == 0)
  }
}
