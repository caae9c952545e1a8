import Checkpoints
import JSON
import Tensors
import TestSupport
import Testing

@testable import AcousticModel

private let variants = GoldenModel.all.map(\.name)

struct ParameterListTests {
  @Test func thereAreGoldens() { #expect(variants.count > 40) }

  /// What is left unused determines what was read: all other tensors.
  @Test(arguments: variants)
  func itIsWhatLoadingReads(variant: String) throws {
    let directory = goldenModel(variant)
    let model = try CTCModel(directory: directory, on: Compute(threads: 1))
    let archive = try TensorArchive(path: directory)
    let list = ParameterList(model.configuration, for: archive)
    #expect(list.faults(in: archive) == [])
    #expect(list.unused(in: archive) == model.unusedTensors)
    #expect(Set(list.parameters.map(\.name)).count == list.parameters.count, "a name stands twice")
    #expect(list.parameters.count + model.unusedTensors.count == archive.names.count)
  }

  @Test func theBaseModelHas94MillionParameters() {
    let list = ParameterList(ModelConfiguration())
    // HubertModel of transformers has 94,371,712; 768 of them are the mask embedding, and the head adds 32 x
    // 769.
    #expect(list.parameters.reduce(0) { $0 + $1.elementCount } == 94_371_712 - 768 + 32 * 769)
  }

  @Test func faultsNameWhatIsWrong() throws {
    let archive = try TensorArchive(path: goldenModel("hubert-base"))
    var configuration = try ModelConfiguration(contentsOf: "\(goldenModel("hubert-base"))/config.json")
    configuration.vocabularySize += 1
    configuration.layers += 1
    let faults = ParameterList(configuration, for: archive).faults(in: archive)
    let head = faults.compactMap {
      if case .misshapen(let parameter, let found) = $0 { (parameter, found) } else { nil }
    }
    #expect(head.map(\.0.name) == ["lm_head.weight", "lm_head.bias"])
    #expect(head.map(\.1) == [[32, 32], [32]])
    let missing = faults.compactMap { if case .missing(let parameter) = $0 { parameter.name } else { nil } }
    #expect(missing.count == 16)
    #expect(missing.allSatisfy { $0.hasPrefix("hubert.encoder.layers.2.") })
  }

  @Test func fieldsGiveTheConfigurationBack() throws {
    for variant in variants {
      let configuration = try ModelConfiguration(contentsOf: "\(goldenModel(variant))/config.json")
      let fields = try FieldReader(path: variant, .object(configuration.fields))
      #expect(try ModelConfiguration(fields) == configuration, "\(variant)")
    }
    #expect(ModelConfiguration().fieldsUnlikeDefaults.isEmpty)
  }

  @Test func stridesBeyondReasonAreRefused() throws {
    var fields = ModelConfiguration().fields
    fields["conv_stride"] = .array([JSONValue](repeating: 65_536, count: 7))
    let reader = try FieldReader(path: "config.json", .object(fields))
    #expect(throws: ConfigurationError.self) { try ModelConfiguration(reader) }
    for name in ["conv_dim", "conv_kernel", "conv_stride"] {
      fields[name] = .array([JSONValue](repeating: 1, count: 65))
    }
    let deep = try FieldReader(path: "config.json", .object(fields))
    #expect(throws: ConfigurationError.self) { try ModelConfiguration(deep) }
  }
}
