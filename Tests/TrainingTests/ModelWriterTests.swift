import AcousticModel
import CTC
import Checkpoints
import JSON
import Tensors
import TestSupport
import Testing
import Vocabulary

@testable import Training

#if canImport(Glibc)
import Glibc
#endif

/// The models that `scripts/goldens/forward.py` wrote, read, written and read again.
struct ModelWriterTests {
  private static let variants = names(in: goldenModels).filter {
    access("\(goldenModels)/\($0)/config.json", F_OK) == 0
  }

  /// Where models are kept for `scripts/goldens/interchange.py`; nil for nowhere.
  private static let kept = getenv("WARBLER_KEEP_MODELS").map { String(cString: $0) }

  private struct Source {
    let directory: String
    let configuration: ModelConfiguration
    let document: ModelDocument
    let vocabulary: CTCVocabulary
    let archive: TensorArchive

    init(_ variant: String) throws {
      directory = goldenModel(variant)
      configuration = try ModelConfiguration(contentsOf: "\(directory)/config.json")
      document = try ModelDocument(contentsOf: "\(directory)/config.json")
      vocabulary = try CTCVocabulary(directory: directory)
      archive = try TensorArchive(path: directory)
    }

    func read(
      _ configuration: ModelConfiguration? = nil, transplant: HeadTransplant? = nil, on compute: Compute
    ) throws -> TrainingWeights {
      let configuration = configuration ?? self.configuration
      return try TrainingWeights(
        reading: archive, configuration: configuration, transplant: transplant,
        initialisation: RandomInitialisation(configuration, seed: 1), on: compute)
    }
  }

  private func emissions(_ directory: String, on compute: Compute) throws -> Emissions {
    let model = try CTCModel(directory: directory, on: compute)
    #expect(
      model.unusedTensors.filter { !$0.hasSuffix("num_batches_tracked") && !$0.hasSuffix("_embed") } == [])
    return Inference(model: model, on: compute).emissions(for: [random(8000, 4)])[0]
  }

  private func folder(_ name: String, in directory: TemporaryDirectory) -> String {
    guard let kept = Self.kept else {
      directory.folder(name)
      return directory.file(name)
    }
    mkdir("\(kept)/\(name)", 0o777)
    return "\(kept)/\(name)"
  }

  @Test("what is written computes the same bits as what was read", arguments: variants)
  func roundTrip(variant: String) throws {
    let compute = Compute(threads: 2)
    let directory = TemporaryDirectory()
    let out = folder(variant, in: directory)
    let source = try Source(variant)
    let weights = try source.read(on: compute)
    let processor = try ProcessorFiles(
      source.vocabulary, for: source.configuration, keeping: source.directory)
    try ModelWriter(document: source.document, processor: processor).write(weights, to: out)

    #expect(try emissions(out, on: compute) == emissions(source.directory, on: compute))
    #expect(try Preprocessing(directory: out) == Preprocessing(directory: source.directory))
    let written = try TensorArchive(path: out)
    #expect(written.names.allSatisfy { !$0.hasSuffix(".weight_g") })
    let mask = "\(source.configuration.architecture.modelType).masked_spec_embed"
    #expect((written[mask] != nil) == (source.archive[mask] != nil || source.document.masks))
    // Every field of the source is still there.
    let document = try ModelDocument(contentsOf: "\(out)/config.json")
    for member in source.document.fields.members
    where !["dtype", "torch_dtype"].contains(member.key) {
      #expect(document.fields[member.key] == member.value, "\(member.key)")
    }
    let vocabulary = try CTCVocabulary(directory: out, blank: source.configuration.blank)
    #expect(vocabulary.tokens == source.vocabulary.tokens && vocabulary.blank == source.vocabulary.blank)
    #expect(vocabulary.settings.lowercasesOutput == source.vocabulary.settings.lowercasesOutput)
    // A second time nothing changes.
    let again = directory.file("again")
    directory.folder("again")
    try ModelWriter(document: document, processor: processor).write(weights, to: again)
    for name in names(in: again) {
      #expect(contents(of: "\(again)/\(name)") == contents(of: "\(out)/\(name)"))
    }
  }

  @Test("a new vocabulary comes with its head, its files and its classes")
  func newVocabulary() throws {
    let compute = Compute(threads: 1)
    let directory = TemporaryDirectory()
    let out = folder("new-vocabulary", in: directory)
    let source = try Source("hubert-base")
    let vocabulary = CTCVocabulary(charactersOf: ["grüße an alle", "Hello"])
    let transplant = HeadTransplant(
      from: source.vocabulary, oldClasses: source.configuration.vocabularySize, to: vocabulary)
    var configuration = source.configuration
    configuration.vocabularySize = vocabulary.count
    configuration.blank = vocabulary.blank
    var document = source.document
    document.set(vocabulary)
    document.set("mask_time_prob", to: 0.0)
    let weights = try source.read(configuration, transplant: transplant, on: compute)
    let processor = try ProcessorFiles(vocabulary, for: configuration, keeping: source.directory)
    try ModelWriter(document: document, processor: processor).write(weights, to: out)

    #expect(try ModelConfiguration(contentsOf: "\(out)/config.json") == configuration)
    #expect(try CTCVocabulary(directory: out, blank: 0).tokens == vocabulary.tokens)
    let written = try TensorArchive(path: out)
    let old = try source.archive.floats("lm_head.bias")
    let new = try written.floats("lm_head.bias", expectingShape: [vocabulary.count])
    let id = try #require(vocabulary.id(of: "e"))
    #expect(new[id] == old[try #require(source.vocabulary.id(of: "E"))])
    #expect(new[try #require(vocabulary.id(of: "ü"))] == 0)
    #expect(new[0] == old[0] && old[0] != 0)
    // The source had a mask embedding; it is kept for later.
    #expect(written["hubert.masked_spec_embed"] != nil)
  }

  @Test(
    "a checkpoint without head and mask embedding gets both, drawn, whether its names have the prefix or not",
    arguments: ["hubert-no-mask", "hubert-legacy"], [false, true])
  func incomplete(variant: String, hasPrefix: Bool) throws {
    let compute = Compute(threads: 1)
    let directory = TemporaryDirectory()
    let source = try Source(variant)
    var writer = SafetensorsWriter()
    for name in source.archive.names
    where !name.hasPrefix("lm_head.") && !name.hasSuffix(".masked_spec_embed") {
      let written = hasPrefix ? name : String(name.dropFirst("hubert.".count))
      writer.add(
        written, shape: try source.archive.tensor(name).shape, try source.archive.floats(name))
    }
    try writer.write(to: directory.file("model.safetensors"))
    let weights = try TrainingWeights(
      reading: TensorArchive(path: directory.file("model.safetensors")), configuration: source.configuration,
      initialisation: RandomInitialisation(source.configuration, seed: 1), on: compute)
    #expect(!weights.hasMaskEmbedding)
    let mask = weights.parameters["hubert.masked_spec_embed"].elements()
    #expect(mask.allSatisfy { (0..<1).contains($0) } && mask.max()! > 0.5)
    #expect(weights.parameters["lm_head.bias"].elements().allSatisfy { $0 == 0 })
    #expect(weights.parameters["lm_head.weight"].elements().contains { $0 != 0 })
    let whole = try source.read(on: compute)
    #expect(weights.featureEncoder == whole.featureEncoder)
    for entry in whole.parameters.layout.entries
    where entry.part != .head && !entry.name.hasSuffix(".masked_spec_embed") {
      #expect(weights.parameters.elements(of: entry) == whole.parameters.elements(of: entry))
    }
  }

  @Test("random weights are written as a model that can be read, its configuration as given")
  func drawn() throws {
    let compute = Compute(threads: 1)
    let directory = TemporaryDirectory()
    let out = folder("random", in: directory)
    let source = try Source("wav2vec2-large")
    let weights = RandomInitialisation(source.configuration, seed: 8).weights(on: compute)
    let processor = ProcessorFiles(source.vocabulary, for: source.configuration)
    try ModelWriter(document: source.document, processor: processor).write(weights, to: out)
    let found = try emissions(out, on: compute)
    #expect(found.logPosteriors.allSatisfy { $0.isFinite })
    let read = try TrainingWeights(
      reading: TensorArchive(path: out), configuration: source.configuration,
      initialisation: RandomInitialisation(source.configuration, seed: 1), on: compute)
    #expect(read.featureEncoder == weights.featureEncoder)
    for entry in weights.parameters.layout.entries {
      #expect(read.parameters.elements(of: entry) == weights.parameters.elements(of: entry))
    }
    #expect(try Preprocessing(directory: out) == Preprocessing())
  }

  @Test("a low-rank adapter merged is the base with the adapter")
  func adapter() throws {
    let compute = Compute(threads: 1)
    let directory = TemporaryDirectory()
    let out = folder("lora-merged", in: directory)
    let adapter = folder("lora-adapter", in: directory)
    let source = try Source("hubert-base")
    let weights = try source.read(on: compute)
    let adaptation = LowRankAdaptation(.init(rank: 4, alpha: 6), of: weights.parameters, seed: 2)
    for (place, entry) in adaptation.layout.entries.enumerated() where entry.name.contains("lora_B") {
      adaptation.parameters.set(entry, to: random(entry.elementCount, UInt64(place)))
    }
    adaptation.parameters["lm_head.bias"].row(0)[3] += 1
    adaptation.merge(into: weights.parameters, on: compute)
    let processor = try ProcessorFiles(
      source.vocabulary, for: source.configuration, keeping: source.directory)
    try ModelWriter(document: source.document, processor: processor).write(weights, to: out)
    try adaptation.writeAdapter(to: adapter, baseModel: source.directory, architecture: .hubert)
    #expect(try emissions(out, on: compute) != emissions(source.directory, on: compute))
    #expect(names(in: adapter) == ["adapter_config.json", "adapter_model.safetensors"])
  }
}
