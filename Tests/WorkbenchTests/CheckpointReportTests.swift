import AcousticModel
import Checkpoints
import JSON
import TestSupport
import Testing

@testable import Workbench

#if canImport(Glibc)
import Glibc
#endif

private func report(_ variant: String) throws -> JSONValue {
  try JSONValue(parsing: CheckpointReport(directory: goldenModel(variant)).json)
}

/// A copy of a golden checkpoint, by links.
private func copy(of variant: String, leavingOut omitted: String...) -> TemporaryDirectory {
  let names = [
    "config.json", "model.safetensors", "processor_config.json", "tokenizer_config.json", "vocab.json",
  ]
  let copy = TemporaryDirectory()
  for name in names where !omitted.contains(name) {
    let original = "\(goldenModel(variant))/\(name)"
    if access(original, F_OK) == 0 { symlink(original, copy.file(name)) }
  }
  return copy
}

struct CheckpointReportTests {
  @Test func theBaseVariantIsDescribed() throws {
    let report = try report("hubert-base")
    #expect(report["architecture"] == "HubertForCTC")
    #expect(report["layers"] == 2)
    #expect(report["width"] == 32)
    #expect(report["heads"] == 4)
    #expect(report["feed_forward"] == 48)
    #expect(report["receptive_field"] == ["samples": 400, "ms": 25.0])
    #expect(report["hop"] == ["samples": 320, "ms": 20.0])
    #expect(report["sample_rate"] == 16000)
    #expect(report["normalises_input"] == true)
    #expect(report["problems"] == [])
    #expect(report["tensors"]?["unused"] == ["hubert.masked_spec_embed"])
    #expect(report["unlike_defaults"]?["hidden_size"] == 32)
    #expect(report["unlike_defaults"]?["vocab_size"] == nil)
  }

  @Test func itsVocabularyIsDescribed() throws {
    let vocabulary = try #require(try report("hubert-base")["vocabulary"])
    #expect(vocabulary["size"] == 32)
    #expect(vocabulary["blank"] == ["id": 0, "token": "<pad>"])
    #expect(vocabulary["delimiter"] == ["id": 4, "token": "|"])
    #expect(vocabulary["case"] == "upper")
  }

  @Test func partsAddUpToTheTotal() throws {
    for variant in [
      "hubert-base", "hubert-large", "hubert-batch-norm", "wav2vec2-mms", "wav2vec2-adapter-projected",
    ] {
      let counts = try #require(try report(variant)["parameters"]?.object)
      let parts = counts.members.filter { $0.key != "total" }.compactMap(\.value.int).reduce(0, +)
      #expect(counts["total"]?.int == parts, "\(variant)")
    }
  }

  @Test func storageCountsEveryTensorOfEveryShard() throws {
    let sharded = try report("hubert-sharded-fp16")
    #expect((sharded["files"]?.array?.count ?? 0) > 1)
    #expect(sharded["storage"]?[0]?["dtype"] == "F16")
    let halves = try #require(sharded["storage"]?[0]?["bytes"]?.int)
    let unused = 32
    #expect(try #require(sharded["parameters"]?["total"]?.int) + unused == halves / 2)
  }

  @Test func aMissingVocabularyIsAProblemAndNoFailure() throws {
    let copy = copy(of: "hubert-base", leavingOut: "vocab.json")
    let report = try CheckpointReport(directory: copy.path)
    #expect(report.problems.count == 1)
    #expect(report.problems[0].contains("vocab.json"))
    #expect(try JSONValue(parsing: report.json)["vocabulary"] == .null)
    #expect(report.text.contains("vocab.json"))
  }

  @Test(arguments: ["hubert-model", "wav2vec2-model"])
  func aCheckpointOfPretrainingNeedsNoHeadAndNoVocabulary(name: String) throws {
    let report = try CheckpointReport(directory: goldenModel("hidden-states/\(name)"))
    #expect(report.problems == [] && !report.hasHead)
    #expect(report.parameterCount(of: .head) == 0 && report.parameterCount() > 0)
    #expect(report.unused.map(\.name).allSatisfy { $0 == "masked_spec_embed" })
    #expect(report.text.contains("without a CTC head"))
    #expect(try JSONValue(parsing: report.json)["has_head"] == false)
  }

  @Test func weightsOfAnotherConfigurationAreNamed() throws {
    let copy = copy(of: "hubert-base")
    let config = try JSONValue(contentsOf: "\(goldenModel("hubert-base"))/config.json")
    var fields = try #require(config.object)
    fields["num_hidden_layers"] = 3
    fields["intermediate_size"] = 40
    copy.write(JSONValue.object(fields).text(), as: "config.json")
    let report = try JSONValue(parsing: CheckpointReport(directory: copy.path).json)
    #expect(report["tensors"]?["missing"]?.array?.count == 16)
    // Two matrices and one bias in each of the two layers that are there.
    #expect(report["tensors"]?["misshapen"]?.array?.count == 6)
    #expect(report["problems"]?.array?.count == 22)
  }

  @Test func aConfigurationBeyondAllSizesIsReportedToo() throws {
    let copy = copy(of: "wav2vec2-adapter-projected")
    let config = try JSONValue(contentsOf: "\(goldenModel("wav2vec2-adapter-projected"))/config.json")
    var fields = try #require(config.object)
    fields["num_adapter_layers"] = 1000
    fields["output_hidden_size"] = 1_048_576
    fields["adapter_kernel_size"] = 65_536
    copy.write(JSONValue.object(fields).text(), as: "config.json")
    let report = try CheckpointReport(directory: copy.path)
    #expect(report.float32Bytes == .max)
    #expect(!report.problems.isEmpty && !report.text.isEmpty)
  }

  @Test func withoutConfigurationOrWeightsThereIsNothingToReport() throws {
    for name in ["config.json", "model.safetensors"] {
      let copy = copy(of: "hubert-base", leavingOut: name)
      do {
        _ = try CheckpointReport(directory: copy.path)
        Issue.record("\(name) is missing, and nobody says so")
      } catch {
        #expect("\(error)".contains(copy.path))
        #expect(!"\(error)".contains("\n"))
      }
    }
  }
}

struct NumberTextTests {
  @Test func numbersAreRoundedAndGrouped() {
    #expect(decimals(3.14159, 2) == "3.14")
    #expect(decimals(0.096, 2) == "0.10")
    #expect(decimals(-1.05, 0) == "-1")
    #expect(decimals(-0.001, 2) == "0.00")
    #expect(decimals(.nan, 2) == "nan")
    #expect(grouped(0) == "0")
    #expect(grouped(999) == "999")
    #expect(grouped(94_371_712) == "94,371,712")
    #expect(grouped(-1000) == "-1,000")
  }
}
