import AcousticModel
import Checkpoints
import Tensors
import TestSupport
import Testing

@testable import Training

/// A layout of vectors and matrices.
func makeLayout(_ shapes: [(name: String, shape: [Int])]) -> ParameterLayout {
  ParameterLayout(shapes.map { ParameterList.Parameter(name: $0.name, shape: $0.shape, part: .attention) })
}

struct AdamWTests {
  /// Ten steps that `scripts/goldens/optimizer.py` took with torch.optim.AdamW and clip_grad_norm_.
  private struct Golden {
    let file: TensorFile
    let layout: ParameterLayout

    init() throws {
      let file = try TensorFile(path: golden("adamw.safetensors"))
      let names = ["linear.weight", "linear.bias", "late.weight", "rare.weight", "never.weight"]
      self.file = file
      layout = makeLayout(try names.map { ($0, try file.tensor("\($0).start").shape) })
    }

    func setting(_ name: String) throws -> Double {
      try #require(file.metadata[name].flatMap(Double.init), "\(name)")
    }
  }

  @Test(
    "ten clipped steps are PyTorch's, of entries that have a gradient always, late, sometimes and never",
    arguments: KernelLevel.supported)
  func agreesWithPyTorch(level: KernelLevel) throws {
    let golden = try Golden()
    let layout = golden.layout
    let compute = Compute(threads: 2, level: level)
    var settings = AdamW.Settings()
    settings.beta1 = try golden.setting("beta1")
    settings.beta2 = try golden.setting("beta2")
    settings.epsilon = try golden.setting("eps")
    settings.weightDecay = try golden.setting("weight_decay")
    let (rate, clip) = (try golden.setting("lr"), try golden.setting("clip"))
    let optimizer = AdamW(layout, settings: settings)
    let (parameters, gradients) = (ParameterStorage(layout), ParameterStorage(layout))
    for entry in layout.entries { parameters.set(entry, to: try golden.file.floats("\(entry.name).start")) }
    var clipped = 0
    for step in 0..<10 {
      for entry in layout.entries where golden.file["\(step).\(entry.name).gradient"] != nil {
        gradients.set(entry, to: try golden.file.floats("\(step).\(entry.name).gradient"))
      }
      let trainable = TrainableEntries(layout) { golden.file["\(step).\($0.name).gradient"] != nil }
      let outcome = optimizer.step(
        parameters, gradients: gradients, trainable: trainable, learningRate: rate, clip: clip, on: compute)
      // PyTorch sums the squares of at most 165 elements in float32; the root halves the relative error.
      let norm = Double(try golden.file.floats("\(step).norm")[0])
      #expect(abs(outcome.norm.total - norm) < 165 / 2 * rounding * norm)
      if outcome.norm.scale(limit: clip) < 1 { clipped += 1 }
      for entry in layout.entries {
        let key = "\(step).\(entry.name)"
        // A step rounds p twice, and has some 16 roundings in what it adds, which is at most 5 rates.
        let steps = Double(step + 1)
        try check(parameters, entry, "\(key).value", golden.file, steps * rounding * (2 * 4 + 16 * 5 * rate))
        guard golden.file["\(key).first"] != nil else { continue }
        // Gradients are below 2; those of a step add a tenth, and a fiftieth of their square.
        try check(optimizer.firstMoments, entry, "\(key).first", golden.file, steps * 4 * rounding * 0.2)
        try check(optimizer.secondMoments, entry, "\(key).second", golden.file, steps * 4 * rounding * 0.08)
      }
    }
    #expect(clipped > 0 && clipped < 10)
    #expect(optimizer.steps == [10, 10, 6, 4, 0])
  }

  private func check(
    _ storage: ParameterStorage, _ entry: ParameterLayout.Entry, _ name: String, _ file: TensorFile,
    _ tolerance: Double
  ) throws {
    let expected = try file.floats(name)
    let worst = zip(storage.elements(of: entry), expected).map { abs(Double($0) - Double($1)) }.max()!
    #expect(worst <= tolerance, "\(name)")
  }

  /// Entries that are longer than a piece, odd ones and single rows.
  private let large = makeLayout([
    ("a.weight", [70, 1300]), ("a.bias", [1300]), ("b.weight", [3, 5]), ("c.weight", [1, 1, 70_000]),
  ])

  private func filled(_ layout: ParameterLayout, _ seed: UInt64, scale: Float = 1) -> ParameterStorage {
    let storage = ParameterStorage(layout)
    for (place, entry) in layout.entries.enumerated() {
      storage.set(entry, to: random(entry.elementCount, seed + UInt64(place)).map { $0 * scale })
    }
    return storage
  }

  @Test("one step is the formula in double precision, padding stays 0, and threads change no bit")
  func formula() {
    let gradients = filled(large, 10, scale: 0.01)
    let start = filled(large, 20)
    var settings = AdamW.Settings()
    settings.weightDecay = 0.3
    var bits: [[UInt32]] = []
    for threads in [1, 2, 5] {
      let compute = Compute(threads: threads)
      let optimizer = AdamW(large, settings: settings)
      let parameters = filled(large, 20)
      let average = MovingAverage(of: parameters, decay: 0.75)
      let outcome = optimizer.step(
        parameters, gradients: gradients, trainable: TrainableEntries(large), learningRate: 0.01, clip: 0.5,
        average: average, on: compute)
      let scale = 0.5 / (outcome.norm.total + 1e-6)
      for entry in large.entries {
        let decay = entry.isBiasOrNorm ? 0 : 0.3
        let rows = zip(
          zip(start.elements(of: entry), gradients.elements(of: entry)),
          zip(parameters.elements(of: entry), average.values.elements(of: entry)))
        for ((p, g), (found, averaged)) in rows {
          let gradient = Double(g) * scale
          // At the first step both corrections cancel: m / (1 - beta1) = g, sqrt(v / (1 - beta2)) = |g|.
          let value = Double(p) * (1 - 0.01 * decay) - 0.01 * gradient / (abs(gradient) + 1e-8)
          guard abs(Double(found) - value) < 2 * rounding + 16 * 0.01 * rounding,
            abs(Double(averaged) - (0.75 * Double(p) + 0.25 * value)) < 6 * rounding
          else {
            Issue.record("\(entry.name): \(found), not \(value); average \(averaged)")
            return
          }
        }
        #expect(optimizer.firstMoments.elements(of: entry).contains { $0 != 0 })
      }
      for storage in [parameters, optimizer.firstMoments, optimizer.secondMoments, average.values] {
        for entry in large.entries {
          let matrix = storage[entry]
          for row in 0..<entry.rows {
            for column in entry.columns..<entry.stride { #expect(matrix.row(row)[column] == 0) }
          }
        }
        bits.append((0..<large.count).map { storage.pointer[$0].bitPattern })
      }
    }
    for index in 4..<bits.count { #expect(bits[index] == bits[index % 4]) }
  }

  @Test("weight decay spares biases and norms unless told not to")
  func decay() {
    let compute = Compute(threads: 1)
    for decaysAll in [false, true] {
      var settings = AdamW.Settings()
      settings.decaysAll = decaysAll
      settings.weightDecay = 0.5
      let parameters = filled(large, 20)
      let before = large.entries.map { parameters.elements(of: $0) }
      // Without gradients, decay is all that happens.
      _ = AdamW(large, settings: settings).step(
        parameters, gradients: ParameterStorage(large), trainable: TrainableEntries(large), learningRate: 0.1,
        on: compute)
      for (entry, before) in zip(large.entries, before) {
        let keep: Float = decaysAll || !entry.isBiasOrNorm ? 0.95 : 1
        #expect(parameters.elements(of: entry) == before.map { $0 * keep }, "\(entry.name)")
      }
    }
  }

  @Test("a gradient that is not finite skips the step, leaves everything alone and is named")
  func broken() {
    let compute = Compute(threads: 2)
    for value in [Float.infinity, .nan] {
      let gradients = filled(large, 10)
      gradients["b.weight"].row(1)[2] = value
      let parameters = filled(large, 20)
      let average = MovingAverage(of: parameters, decay: 0.9)
      let optimizer = AdamW(large)
      let outcome = optimizer.step(
        parameters, gradients: gradients, trainable: TrainableEntries(large), learningRate: 0.01, clip: 1,
        average: average, on: compute)
      #expect(outcome.isSkipped)
      #expect(outcome.norm.firstBroken(in: large)?.name == "b.weight")
      #expect(optimizer.steps == [0, 0, 0, 0] && average.updates == 0)
      let start = filled(large, 20)
      #expect(large.entries.allSatisfy { parameters.elements(of: $0) == start.elements(of: $0) })
      // A frozen entry's gradient is nobody's business.
      let others = TrainableEntries(large) { $0.name != "b.weight" }
      #expect(GradientNorm(of: gradients, over: others, on: compute).isFinite)
    }
  }

  @Test("the norm is that of all trained entries together, whatever the level")
  func norm() {
    let gradients = filled(large, 3)
    let squares = large.entries.map {
      gradients.elements(of: $0).reduce(0) { $0 + Double($1) * Double($1) }
    }
    for level in KernelLevel.supported {
      let norm = GradientNorm(
        of: gradients, over: TrainableEntries(large), on: Compute(threads: 2, level: level))
      // 160,000 additions in double precision.
      let tolerance = 160_000 * Double.ulpOfOne
      #expect(abs(norm.total / squares.reduce(0, +).squareRoot() - 1) < tolerance)
      #expect(zip(norm.entries, squares).allSatisfy { abs($0 / $1.squareRoot() - 1) < tolerance })
      #expect(norm.scale(limit: nil) == 1 && norm.scale(limit: 1e9) == 1)
      #expect(norm.scale(limit: 2) == 2 / (norm.total + 1e-6))
    }
  }

  @Test("a restored optimizer goes on with the same bits")
  func restored() {
    let compute = Compute(threads: 1)
    func step(_ optimizer: AdamW, _ parameters: ParameterStorage, _ average: MovingAverage, _ seed: UInt64) {
      _ = optimizer.step(
        parameters, gradients: filled(large, seed), trainable: TrainableEntries(large), learningRate: 0.01,
        clip: 1, average: average, on: compute)
    }
    let parameters = filled(large, 20)
    let average = MovingAverage(of: parameters, decay: 0.99, warmsUp: true)
    let optimizer = AdamW(large)
    step(optimizer, parameters, average, 30)
    let copy = ParameterStorage(large)
    copy.pointer.update(from: parameters.pointer, count: large.count)
    let other = AdamW(large)
    other.restore(steps: optimizer.steps)
    other.firstMoments.pointer.update(from: optimizer.firstMoments.pointer, count: large.count)
    other.secondMoments.pointer.update(from: optimizer.secondMoments.pointer, count: large.count)
    let otherAverage = MovingAverage(of: average.values, decay: 0.99, warmsUp: true)
    otherAverage.restore(updates: average.updates)
    step(optimizer, parameters, average, 31)
    step(other, copy, otherAverage, 31)
    for entry in large.entries {
      #expect(copy.elements(of: entry) == parameters.elements(of: entry))
      #expect(otherAverage.values.elements(of: entry) == average.values.elements(of: entry))
    }
  }
}
