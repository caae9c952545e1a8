import AcousticModel
import Checkpoints
import JSON
import Tensors
import TestSupport
import Testing

@testable import Training

struct LowRankAdaptationTests {
  /// Widths that are no multiples of a panel, and one above the longest product.
  private var configuration: ModelConfiguration {
    var configuration = ModelConfiguration()
    configuration.layers = 2
    configuration.width = 60
    configuration.feedForwardWidth = 830
    configuration.heads = 2
    configuration.positionalGroups = 4
    configuration.positionalKernel = 3
    configuration.convolutionChannels = [8]
    configuration.convolutionKernels = [10]
    configuration.convolutionStrides = [5]
    return configuration
  }

  private func randomStorage(_ layout: ParameterLayout, _ seed: UInt64) -> ParameterStorage {
    let storage = ParameterStorage(layout)
    for (place, entry) in layout.entries.enumerated() {
      storage.set(entry, to: random(entry.elementCount, seed &+ UInt64(place)))
    }
    return storage
  }

  @Test("factors of every projection and the head are trained, and at first the model is what it was")
  func start() {
    let layout = ParameterLayout(configuration)
    let model = randomStorage(layout, 1)
    let adaptation = LowRankAdaptation(.init(rank: 4, alpha: 8), of: model, seed: 3)
    #expect(adaptation.layout.entries.count == 2 * 6 * 2 + 2)
    let a = "hubert.encoder.layers.1.feed_forward.output_dense.lora_A.weight"
    #expect(adaptation.layout[a]?.shape == [4, 830] && adaptation.layout[a]?.layer == 1)
    let elements = adaptation.parameters[a].elements()
    // Uniform: none beyond 1 / sqrt(830), some near it.
    #expect((0.9...1).contains(elements.map(abs).max()! * Float(830).squareRoot()))
    let merged = randomStorage(layout, 1)
    adaptation.merge(into: merged, on: Compute(threads: 2))
    for entry in layout.entries { #expect(merged.elements(of: entry) == model.elements(of: entry)) }
    #expect(adaptation.decays == adaptation.layout.entries.map { $0.name != "lm_head.bias" })
  }

  @Test("W, dA and dB are those of plain loops, whatever the threads", arguments: [1, 3, 16, 40])
  func products(rank: Int) throws {
    let layout = ParameterLayout(configuration)
    let model = randomStorage(layout, 1)
    let adaptation = LowRankAdaptation(.init(rank: rank, alpha: 5), of: model, seed: 3)
    let scale = 5 / Double(rank)
    for (place, entry) in adaptation.layout.entries.enumerated() {
      adaptation.parameters.set(entry, to: random(entry.elementCount, 100 + UInt64(place)))
    }
    let modelGradients = randomStorage(layout, 50)
    var bits: [[UInt32]] = []
    for threads in [1, 2, 5] {
      let compute = Compute(threads: threads)
      adaptation.merge(into: model, on: compute)
      adaptation.collectGradients(from: modelGradients, on: compute)
      bits.append((0..<layout.count).map { model.pointer[$0].bitPattern })
      bits.append((0..<adaptation.layout.count).map { adaptation.gradients.pointer[$0].bitPattern })
    }
    for index in 2..<6 { #expect(bits[index] == bits[index % 2]) }

    let original = randomStorage(layout, 1)
    for target in adaptation.targets {
      let (a, b) = (adaptation.parameters[target.a], adaptation.parameters[target.b])
      let (w, w0) = (model[target.weight], original[target.weight])
      let (dA, dB) = (adaptation.gradients[target.a], adaptation.gradients[target.b])
      let dW = modelGradients[target.weight]
      var worst = [0.0, 0.0, 0.0]
      for i in 0..<w.rows {
        for j in 0..<w.columns {
          let product = (0..<rank).reduce(0) { $0 + Double(b.row(i)[$1]) * Double(a.row($1)[j]) }
          worst[0] = max(worst[0], abs(Double(w0.row(i)[j]) + scale * product - Double(w.row(i)[j])))
        }
      }
      for k in 0..<rank {
        for j in 0..<w.columns {
          let sum = (0..<w.rows).reduce(0) { $0 + Double(b.row($1)[k]) * Double(dW.row($1)[j]) }
          worst[1] = max(worst[1], abs(scale * sum - Double(dA.row(k)[j])))
        }
        for i in 0..<w.rows {
          let sum = (0..<w.columns).reduce(0) { $0 + Double(dW.row(i)[$1]) * Double(a.row(k)[$1]) }
          worst[2] = max(worst[2], abs(scale * sum - Double(dB.row(i)[k])))
        }
      }
      // Sums of n products below 1, each scaled: n roundings of what is at most n scale (and W0, below 1).
      let terms = [rank, w.rows, w.columns].map(Double.init)
      for (error, n) in zip(worst, terms) { #expect(error < (n + 2) * rounding * (n * scale + 1)) }
    }
    for storage in [model, adaptation.gradients] {
      for entry in storage.layout.entries {
        let padding = (0..<entry.rows).flatMap { row in
          (entry.columns..<entry.stride).map { storage[entry].row(row)[$0] }
        }
        #expect(padding.allSatisfy { $0 == 0 }, "\(entry.name)")
      }
    }
    #expect(model["lm_head.bias"].elements() == adaptation.parameters["lm_head.bias"].elements())
    #expect(adaptation.gradients["lm_head.weight"].elements() == modelGradients["lm_head.weight"].elements())
    // What is not adapted stays.
    let norm = "hubert.encoder.layers.0.layer_norm.weight"
    #expect(model[norm].elements() == original[norm].elements())
  }

  @Test("the adapter is saved under PEFT's names")
  func saving() throws {
    let directory = TemporaryDirectory()
    var settings = LowRankAdaptation.Settings(rank: 2, alpha: 3.5)
    settings.targets = ["q_proj", "v_proj"]
    let model = randomStorage(ParameterLayout(configuration), 1)
    let adaptation = LowRankAdaptation(settings, of: model, seed: 3)
    try adaptation.writeAdapter(to: directory.path, baseModel: "base", architecture: .hubert)
    let file = try TensorFile(path: directory.file("adapter_model.safetensors"))
    let prefix = "base_model.model.hubert.encoder.layers"
    let expected = (0..<2).flatMap { layer in
      ["q_proj", "v_proj"].flatMap { name in
        ["A", "B"].map { "\(prefix).\(layer).attention.\(name).lora_\($0).weight" }
      }
    }
    #expect(
      Set(file.tensors.map(\.name))
        == Set(expected + ["base_model.model.lm_head.weight", "base_model.model.lm_head.bias"]))
    #expect(try file.tensor("\(prefix).0.attention.q_proj.lora_B.weight").shape == [60, 2])
    let document = try JSONValue(contentsOf: directory.file("adapter_config.json"))
    #expect(document["peft_type"] == "LORA" && document["r"] == 2 && document["lora_alpha"] == 3.5)
    #expect(document["modules_to_save"] == ["lm_head"] && document["target_modules"] == ["q_proj", "v_proj"])
  }
}
