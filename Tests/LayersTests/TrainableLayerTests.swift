import Layers
import Tensors
import TestSupport
import Testing

@Suite("Linear layers, norms and convolutions in training")
struct TrainableLayerTests {
  static let linearShapes = [[1, 1, 1], [5, 7, 3], [65, 33, 50], [20, 48, 96]]

  @Test(
    "a linear layer is the one of inference, and its gradients are the plain loops'", arguments: linearShapes)
  func linear(_ shape: [Int]) {
    let (n, i, o) = (shape[0], shape[1], shape[2])
    let (x, w, b, h) = (random(n * i, 1), random(o * i, 2), random(o, 3), random(n * o, 4))
    let (dy, wBefore, bBefore, dxBefore) = (
      random(n * o, 5), random(o * i, 6), random(o, 7), random(n * i, 8)
    )
    for level in KernelLevel.supported {
      let compute = Compute(threads: 2, level: level)
      let workspace = Workspace()
      workspace.scope {
        let layer = TrainableLinear(
          weight: parameter(workspace, rows: o, columns: i, w, before: wBefore),
          bias: parameter(workspace, rows: 1, columns: o, b, before: bBefore))
        let inference = Linear(
          weights: PackedMatrix(outputs: o, inputs: i) { w[$0 * i + $1] }, bias: Vector(b))
        let input = matrix(workspace, rows: n, columns: i, x)
        let (y, expected) = (workspace.matrix(rows: n, columns: o), workspace.matrix(rows: n, columns: o))
        let residual = matrix(workspace, rows: n, columns: o, h)
        layer.forward(input, into: y, activation: .gelu, residual: residual, on: compute)
        inference.forward(input, into: expected, activation: .gelu, residual: residual, on: compute)
        // Each sum of i products is off by at most that many roundings of its magnitude.
        let bound = 4 * Float(rounding) * Float((i + 4) * (i + 2))
        for (found, expected) in zip(y.elements(), expected.elements()) {
          #expect(abs(found - expected) <= bound, "\(level)")
        }

        let gradient = matrix(workspace, rows: n, columns: o, dy)
        let dx = matrix(workspace, rows: n, columns: i, dxBefore)
        layer.backward(gradient, into: dx, residual: dx, on: compute)
        layer.accumulateGradients(gradient, input: input, on: compute)
        for r in 0..<n {
          for c in 0..<i {
            var sum = ProductSum(Double(dxBefore[r * i + c]))
            for k in 0..<o { sum.add(dy[r * o + k], w[k * i + c]) }
            let bound = 2 * Double(o + 2) * rounding * sum.magnitude
            #expect(abs(Double(dx.row(r)[c]) - sum.value) <= bound, "\(level), dx")
          }
        }
        for r in 0..<o {
          var dbias = ProductSum(Double(bBefore[r]))
          for t in 0..<n { dbias.add(dy[t * o + r], 1) }
          let found = Double(layer.bias.gradient.pointer[r])
          let bound = Double(n + 1) * rounding * dbias.magnitude
          #expect(abs(found - dbias.value) <= bound, "\(level), db")
          for c in 0..<i {
            var sum = ProductSum(Double(wBefore[r * i + c]))
            for t in 0..<n { sum.add(dy[t * o + r], x[t * i + c]) }
            let bound = 2 * Double(n + 2) * rounding * sum.magnitude
            #expect(abs(Double(layer.weight.gradient.row(r)[c]) - sum.value) <= bound, "\(level), dW")
          }
        }
      }
    }
  }

  @Test(
    "a norm is the one of inference, and its gradients the formula's",
    arguments: [(1, 3), (65, 20), (200, 48)])
  func layerNorm(rows: Int, columns: Int) {
    let count = rows * columns
    let (x, dy, residual) = (random(count, 1), random(count, 2), random(count, 3))
    let (weight, bias, before) = (random(columns, 4), random(columns, 5), random(columns, 6))
    let results = [1, 3].map { threads in
      let compute = Compute(threads: threads)
      let workspace = Workspace()
      return workspace.scope {
        let layer = TrainableLayerNorm(
          weight: parameter(workspace, rows: 1, columns: columns, weight, before: before),
          bias: parameter(workspace, rows: 1, columns: columns, bias, before: before), epsilon: 1e-3)
        let input = matrix(workspace, rows: rows, columns: columns, x)
        let (y, expected) = (
          workspace.matrix(rows: rows, columns: columns), workspace.matrix(rows: rows, columns: columns)
        )
        layer.forward(input, into: y, on: compute)
        LayerNorm(weight: Vector(weight), bias: Vector(bias), epsilon: 1e-3).forward(
          input, into: expected, on: compute)
        #expect(y.elements() == expected.elements())
        let gradient = matrix(workspace, rows: rows, columns: columns, dy)
        layer.backward(
          gradient, input: input, into: gradient,
          residual: matrix(workspace, rows: rows, columns: columns, residual), workspace: workspace,
          on: compute)
        return [gradient, layer.weight.gradient, layer.bias.gradient].map { $0.elements() }
      }
    }
    #expect(results[0] == results[1], "sums depend on the threads")
    var (dweight, dbias) = (before.map(Double.init), before.map(Double.init))
    for r in 0..<rows {
      let row = (0..<columns).map { Double(x[r * columns + $0]) }
      let mean = row.reduce(0, +) / Double(columns)
      let variance = row.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(columns)
      let scale = 1 / (variance + 1e-3).squareRoot()
      let normed = row.map { ($0 - mean) * scale }
      let g = (0..<columns).map { Double(dy[r * columns + $0]) * Double(weight[$0]) }
      let meanG = g.reduce(0, +) / Double(columns)
      let meanGN = zip(g, normed).reduce(0) { $0 + $1.0 * $1.1 } / Double(columns)
      for c in 0..<columns {
        dweight[c] += Double(dy[r * columns + c]) * normed[c]
        dbias[c] += Double(dy[r * columns + c])
        let expected = (g[c] - meanG - normed[c] * meanGN) * scale + Double(residual[r * columns + c])
        // n is off by some roundings of 1, the largest element, which the scale enlarges; so is the scale.
        let bound = rounding * (64 * scale * scale + 16) * (1 + normed.reduce(0) { max($0, abs($1)) })
        #expect(abs(Double(results[0][0][r * columns + c]) - expected) <= bound)
      }
    }
    for c in 0..<columns {
      // n is at most sqrt(columns), its error at most 32 roundings of 30, the largest scale.
      let bound = Double(rows) * rounding * (1000 + 2 * Double(rows))
      #expect(abs(Double(results[0][1][c]) - dweight[c]) <= bound)
      #expect(abs(Double(results[0][2][c]) - dbias[c]) <= bound)
    }
  }

  struct Convolved: Sendable {
    var frames: Int
    var inputs: Int
    var outputs: Int
    var kernel: Int
    var stride: Int
  }

  static let convolutions = [
    Convolved(frames: 9, inputs: 3, outputs: 5, kernel: 3, stride: 2),
    Convolved(frames: 20, inputs: 17, outputs: 34, kernel: 3, stride: 1),
    Convolved(frames: 11, inputs: 16, outputs: 8, kernel: 4, stride: 3),
    Convolved(frames: 7, inputs: 2, outputs: 3, kernel: 1, stride: 2),
    Convolved(frames: 5, inputs: 4, outputs: 6, kernel: 5, stride: 2),
    Convolved(frames: 2, inputs: 4, outputs: 6, kernel: 3, stride: 2),
  ]

  @Test("a convolution is the one of inference, and its gradients the plain loops'", arguments: convolutions)
  func convolution(_ shape: Convolved) {
    let (frames, inputs, outputs, kernel, stride) = (
      shape.frames, shape.inputs, shape.outputs, shape.kernel, shape.stride
    )
    let window = inputs * kernel
    let (x, w, b) = (random(frames * inputs, 1), random(outputs * window, 2), random(outputs, 3))
    let (wBefore, bBefore) = (random(outputs * window, 4), random(outputs, 5))
    let compute = Compute(threads: 2)
    let workspace = Workspace()
    workspace.scope {
      let layer = TrainableConvolution(
        inputs: inputs, kernel: kernel, stride: stride,
        weight: parameter(workspace, rows: outputs, columns: window, w, before: wBefore),
        bias: parameter(workspace, rows: 1, columns: outputs, b, before: bBefore))
      let reference = Convolution(
        outputs: outputs, inputs: inputs, kernel: kernel, stride: stride, weights: w, bias: Vector(b))
      let count = layer.outputFrames(for: frames)
      #expect(count == reference.outputFrames(for: frames))
      let input = matrix(workspace, rows: frames, columns: inputs, x)
      let y = workspace.matrix(rows: count, columns: outputs)
      layer.prepare(on: compute)
      layer.forward(input, into: y, on: compute)
      if count > 0 {
        let expected = workspace.matrix(rows: count, columns: outputs)
        reference.forward(input, into: expected, workspace: workspace, on: compute)
        // Sharing frames adds at most four times the magnitudes, which are at most window + 1.
        let bound = 10 * Float(rounding) * Float((window + 4) * (window + 1))
        for (found, expected) in zip(y.elements(), expected.elements()) {
          #expect(abs(found - expected) <= bound)
        }
      }
      let dy = random(count * outputs, 6)
      let dx = matrix(workspace, rows: frames, columns: inputs, [Float](repeating: 7, count: frames * inputs))
      let gradient = layer.gradientRoom(frames: count, workspace)
      for frame in 0..<count {
        for output in 0..<outputs { gradient.row(frame)[output] = dy[frame * outputs + output] }
      }
      layer.backward(gradient, input: input, into: dx, on: compute)
      layer.finishGradients(on: compute)
      var dinput = [ProductSum](repeating: ProductSum(), count: frames * inputs)
      var dweight = wBefore.map { ProductSum(Double($0)) }
      var dbias = bBefore.map { ProductSum(Double($0)) }
      for t in 0..<count {
        for output in 0..<outputs {
          let gradient = dy[t * outputs + output]
          dbias[output].add(gradient, 1)
          for input in 0..<inputs {
            for tap in 0..<kernel {
              let place = (t * stride + tap) * inputs + input
              let weight = output * window + input * kernel + tap
              dinput[place].add(gradient, w[weight])
              dweight[weight].add(gradient, x[place])
            }
          }
        }
      }
      func check(_ found: Matrix, _ expected: [ProductSum], terms: Int, _ name: String) {
        for (found, expected) in zip(found.elements(), expected) {
          let bound = 2 * Double(terms + 2) * rounding * expected.magnitude
          #expect(abs(Double(found) - expected.value) <= bound, "\(name), \(shape)")
        }
      }
      check(dx, dinput, terms: outputs * kernel, "dx")
      check(layer.weight.gradient, dweight, terms: count, "dW")
      check(layer.bias!.gradient, dbias, terms: count, "db")
    }
  }
}
