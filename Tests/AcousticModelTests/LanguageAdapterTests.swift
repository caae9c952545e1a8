import AcousticModel
import CTC
import Checkpoints
import Tensors
import TestSupport
import Testing

/// A tiny MMS checkpoint against transformers' `Wav2Vec2ForCTC` after `load_adapter`.
@Suite struct `Language adapters` {
  static let directory = goldenModel("wav2vec2-mms")

  /// The languages, and where their log-posteriors are: the weights were saved with English in.
  @Test(arguments: [(nil, ""), ("eng", ""), ("fra", "fra."), ("swh", "swh.")] as [(String?, String)])
  func `log-posteriors are transformers'`(language: String?, prefix: String) throws {
    let compute = Compute(threads: 1)
    let model = try CTCModel(directory: Self.directory, language: language, on: compute)
    let inference = Inference(model: model, on: compute)
    let waveforms = try TensorArchive(path: "\(goldenModels)/waveforms.safetensors")
    let golden = try TensorArchive(path: "\(Self.directory)/golden.safetensors")
    var compared = 0
    for name in golden.names where name.hasPrefix("\(prefix)log_posteriors.") {
      let waveform = name.dropFirst("\(prefix)log_posteriors.".count)
      let emissions = inference.emissions(for: [try waveforms.floats("normalized.\(waveform)")])[0]
      let expected = try golden.floats(
        name, expectingShape: [emissions.frames, emissions.vocabularySize])
      for (value, reference) in zip(emissions.logPosteriors, expected) {
        #expect(abs(value - reference) < 1e-3, "\(name)")
      }
      compared += 1
    }
    #expect(compared == 7)
  }

  @Test func `a language without an adapter is refused with those there are`() {
    #expect(LanguageAdapter.languages(in: Self.directory) == ["eng", "fra", "swh"])
    do throws(CheckpointError) {
      _ = try LanguageAdapter(language: "deu", directory: Self.directory)
      Issue.record("deu was taken")
    } catch {
      #expect(error.description.contains("adapter.deu.safetensors: expected the adapter of this language"))
      #expect(error.description.contains("found those of eng, fra, swh"))
    }
    #expect(throws: CheckpointError.self) {
      try LanguageAdapter(language: "../wav2vec2-mms/adapter.eng", directory: Self.directory)
    }
  }
}
