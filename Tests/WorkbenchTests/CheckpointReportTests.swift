import JSON
import Testing

@testable import Workbench

#if canImport(Glibc)
import Glibc
#endif

/// The tiny checkpoints of the acoustic model's tests.
private let goldens: String =
  #filePath.split(separator: "/").dropLast(2).reduce("") { $0 + "/" + $1 } + "/AcousticModelTests/Goldens"

private func report(_ variant: String) throws -> JSONValue {
  try JSONValue(parsing: CheckpointReport(directory: "\(goldens)/\(variant)").json)
}

/// A copy of a golden checkpoint, by links, that lives as long as this value is kept.
private final class Copy {
  let path: String

  init(of variant: String, leavingOut omitted: String...) throws {
    var template = Array("/tmp/warbler-test-XXXXXX".utf8CString)
    path = String(cString: try #require(mkdtemp(&template)))
    for name in Self.names where !omitted.contains(name) && access("\(goldens)/\(variant)/\(name)", F_OK) == 0
    {
      symlink("\(goldens)/\(variant)/\(name)", "\(path)/\(name)")
    }
  }

  static let names = [
    "config.json", "model.safetensors", "processor_config.json", "tokenizer_config.json", "vocab.json",
  ]

  func replace(_ name: String, with text: String) {
    unlink("\(path)/\(name)")
    let file = fopen("\(path)/\(name)", "w")!
    fputs(text, file)
    fclose(file)
  }

  deinit {
    for name in Self.names { unlink("\(path)/\(name)") }
    rmdir(path)
  }
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
    let copy = try Copy(of: "hubert-base", leavingOut: "vocab.json")
    let report = try CheckpointReport(directory: copy.path)
    #expect(report.problems.count == 1)
    #expect(report.problems[0].contains("vocab.json"))
    #expect(try JSONValue(parsing: report.json)["vocabulary"] == .null)
    #expect(report.text.contains("vocab.json"))
  }

  @Test func weightsOfAnotherConfigurationAreNamed() throws {
    let copy = try Copy(of: "hubert-base")
    let config = try JSONValue(contentsOf: "\(goldens)/hubert-base/config.json")
    var fields = try #require(config.object)
    fields["num_hidden_layers"] = 3
    fields["intermediate_size"] = 40
    copy.replace("config.json", with: JSONValue.object(fields).text())
    let report = try JSONValue(parsing: CheckpointReport(directory: copy.path).json)
    #expect(report["tensors"]?["missing"]?.array?.count == 16)
    // Two matrices and one bias in each of the two layers that are there.
    #expect(report["tensors"]?["misshapen"]?.array?.count == 6)
    #expect(report["problems"]?.array?.count == 22)
  }

  @Test func aConfigurationBeyondAllSizesIsReportedToo() throws {
    let copy = try Copy(of: "wav2vec2-adapter-projected")
    let config = try JSONValue(contentsOf: "\(goldens)/wav2vec2-adapter-projected/config.json")
    var fields = try #require(config.object)
    fields["num_adapter_layers"] = 1000
    fields["output_hidden_size"] = 1_048_576
    fields["adapter_kernel_size"] = 65_536
    copy.replace("config.json", with: JSONValue.object(fields).text())
    let report = try CheckpointReport(directory: copy.path)
    #expect(report.float32Bytes == .max)
    #expect(!report.problems.isEmpty && !report.text.isEmpty)
  }

  @Test func withoutConfigurationOrWeightsThereIsNothingToReport() throws {
    for name in ["config.json", "model.safetensors"] {
      let copy = try Copy(of: "hubert-base", leavingOut: name)
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
