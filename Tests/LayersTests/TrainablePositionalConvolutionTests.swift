import Layers
import Tensors
import TestSupport
import Testing

#if canImport(Glibc)
import Glibc
#endif

@Suite("Positional convolution in training")
struct TrainablePositionalConvolutionTests {
  struct Shape: CustomStringConvertible, Sendable {
    var channels: Int
    var groups: Int
    var kernel: Int
    var isNormed: Bool
    var description: String { "\(channels) in \(groups), \(kernel) taps, \(isNormed ? "normed" : "plain")" }
  }

  static let shapes: [Shape] = [true, false].flatMap { isNormed in
    [(8, 2, 4), (8, 1, 5), (6, 6, 3), (20, 4, 1), (34, 2, 16), (12, 3, 20)].map {
      Shape(channels: $0.0, groups: $0.1, kernel: $0.2, isNormed: isNormed)
    }
  }

  @Test("is the one of inference, and its gradients the plain loops'", arguments: shapes)
  func equalsPlainLoops(_ shape: Shape) {
    let (channels, groups, kernel) = (shape.channels, shape.groups, shape.kernel)
    let width = channels / groups
    let size = channels * width * kernel
    let (v, g, b) = (random(size, 1), random(kernel, 2), random(channels, 3))
    let (vBefore, gBefore, bBefore) = (random(size, 4), random(kernel, 5), random(channels, 6))
    // What weight norm makes of v, in double precision.
    let norms = (0..<kernel).map { tap in
      stride(from: tap, to: size, by: kernel).reduce(0) { $0 + Double(v[$1]) * Double(v[$1]) }.squareRoot()
    }
    let scales = (0..<kernel).map { shape.isNormed ? Double(g[$0]) / norms[$0] : 1 }
    let w = v.indices.map { Double(v[$0]) * scales[$0 % kernel] }

    // Two utterances; gradients of weights are gathered over both.
    let lengths = [5, 23]
    let workspace = Workspace()
    let compute = Compute(threads: 2)
    workspace.scope {
      let direction = parameter(workspace, rows: channels, columns: width * kernel, v, before: vBefore)
      let gain = parameter(workspace, rows: 1, columns: kernel, g, before: gBefore)
      let bias = parameter(workspace, rows: 1, columns: channels, b, before: bBefore)
      let layer = TrainablePositionalConvolution(
        channels: channels, groups: groups, kernel: kernel, direction: direction,
        gain: shape.isNormed ? gain : nil, bias: bias, activation: .tanh)
      layer.prepare(on: compute)
      let reference = PositionalConvolution(
        channels: channels, groups: groups, kernel: kernel, weights: w.map { Float($0) }, bias: b,
        activation: .tanh)
      var dw = [ProductSum](repeating: ProductSum(), count: size)
      var db = bBefore.map { ProductSum(Double($0)) }
      // dsums is off by what the sum inside the activation is off by, and by the activation's own 1e-6.
      var dsumsError = 0.0
      for (index, frames) in lengths.enumerated() {
        let seed = UInt64(10 + 10 * index)
        let (x, h) = (random(frames * channels, seed), random(frames * channels, seed + 1))
        let (dy, dxBefore) = (random(frames * channels, seed + 2), random(frames * channels, seed + 3))
        func matrix(_ values: [Float]) -> Matrix {
          TestSupport.matrix(workspace, rows: frames, columns: channels, values)
        }
        let (y, sums, expected) = (matrix(h), matrix(h), matrix(h))
        layer.forward(
          matrix(x), addingTo: matrix(h), sums: sums, into: y, workspace: workspace, on: compute)
        reference.forward(matrix(x), into: expected, addingTo: matrix(h), workspace: workspace, on: compute)

        /// Calls `body` with the places of W and x that meet in an output.
        func forEachTap(_ t: Int, _ channel: Int, _ body: (_ weight: Int, _ x: Int) -> Void) {
          for tap in 0..<kernel where (0..<frames).contains(t + tap - kernel / 2) {
            for input in 0..<width {
              body(
                (channel * width + input) * kernel + tap,
                (t + tap - kernel / 2) * channels + channel / width * width + input)
            }
          }
        }
        var dx = dxBefore.map { ProductSum(Double($0)) }
        for t in 0..<frames {
          for channel in 0..<channels {
            let place = t * channels + channel
            var sum = ProductSum(Double(b[channel]))
            forEachTap(t, channel) { sum.add(w[$0], x[$1]) }
            let bound = 16 * Double(kernel * width) * rounding * sum.magnitude
            #expect(abs(Double(sums.row(t)[channel]) - sum.value) <= bound, "sums of \(shape)")
            let result = Double(h[place]) + tanh(sum.value)
            #expect(abs(Double(y.row(t)[channel]) - result) <= bound + 6e-7, "y of \(shape)")
            #expect(abs(Double(expected.row(t)[channel]) - result) <= bound + 6e-7, "inference of \(shape)")
            dsumsError = max(dsumsError, 2 * bound + 1e-6)
            let dsum = Double(dy[place]) * (1 - tanh(sum.value) * tanh(sum.value))
            db[channel].add(dsum, 1)
            forEachTap(t, channel) {
              dx[$1].add(dsum, w[$0])
              dw[$0].add(dsum, x[$1])
            }
          }
        }
        let found = matrix(dxBefore)
        layer.backward(
          matrix(dy), input: matrix(x), sums: sums, addingTo: found, workspace: workspace, on: compute)
        let largest = w.reduce(0) { max($0, abs($1)) }
        for (found, expected) in zip(found.elements(), dx) {
          let terms = Double(kernel * width)
          let bound = 16 * terms * rounding * expected.magnitude + terms * largest * dsumsError
          #expect(abs(Double(found) - expected.value) <= bound, "dx of \(shape)")
        }
      }
      layer.finishGradients(on: compute)

      let frames = Double(lengths.reduce(0, +))
      func bound(_ sum: ProductSum) -> Double {
        2 * (frames + 2) * rounding * sum.magnitude + frames * dsumsError
      }
      for (found, expected) in zip(bias.gradient.elements(), db) {
        #expect(abs(Double(found) - expected.value) <= bound(expected), "db of \(shape)")
      }
      var products = [Double](repeating: 0, count: kernel)
      var productErrors = [Double](repeating: 0, count: kernel)
      for index in 0..<size {
        products[index % kernel] += dw[index].value * Double(v[index])
        productErrors[index % kernel] += bound(dw[index]) * abs(Double(v[index]))
      }
      for tap in 0..<kernel {
        let found = Double(gain.gradient.pointer[tap])
        guard shape.isNormed else {
          #expect(found == Double(gBefore[tap]), "a gain that is not there")
          continue
        }
        let expected = Double(gBefore[tap]) + products[tap] / norms[tap]
        let bound = productErrors[tap] / norms[tap] + 4 * rounding * (abs(expected) + 1)
        #expect(abs(found - expected) <= bound, "dg of \(shape)")
      }
      for (index, found) in direction.gradient.elements().enumerated() {
        let tap = index % kernel
        let (along, error) =
          shape.isNormed
          ? (products[tap] / (norms[tap] * norms[tap]), productErrors[tap] / (norms[tap] * norms[tap]))
          : (0, 0)
        let change = scales[tap] * (dw[index].value - Double(v[index]) * along)
        let bound =
          abs(scales[tap])
          * (bound(dw[index]) + abs(Double(v[index])) * error
            + 8 * rounding * (abs(dw[index].value) + abs(along))) + 2 * rounding * (abs(change) + 1)
        #expect(
          abs(Double(found) - Double(vBefore[index]) - change) <= bound, "dv of \(shape) at \(index)")
      }

      // What was gathered has been handed on: finishing again adds nothing.
      let before = [direction, gain, bias].map { $0.gradient.elements() }
      layer.finishGradients(on: compute)
      #expect([direction, gain, bias].map { $0.gradient.elements() } == before)
    }
  }

  @Test("follows its parameters once it has been prepared again")
  func preparedAgain() {
    let workspace = Workspace()
    let compute = Compute(threads: 1)
    workspace.scope {
      let (channels, kernel, frames) = (8, 4, 9)
      func layer(_ values: [Float]) -> (TrainablePositionalConvolution, Parameter) {
        let zeros = [Float](repeating: 0, count: values.count)
        let direction = parameter(
          workspace, rows: channels, columns: channels * kernel, values, before: zeros)
        let bias = parameter(
          workspace, rows: 1, columns: channels, random(channels, 9), before: random(channels, 9))
        return (
          TrainablePositionalConvolution(
            channels: channels, groups: 1, kernel: kernel, direction: direction, gain: nil, bias: bias,
            activation: .gelu), direction
        )
      }
      let x = matrix(workspace, rows: frames, columns: channels, random(frames * channels, 3))
      func result(_ layer: TrainablePositionalConvolution) -> [Float] {
        let (y, sums) = (
          workspace.matrix(rows: frames, columns: channels), workspace.matrix(rows: frames, columns: channels)
        )
        layer.forward(x, addingTo: x, sums: sums, into: y, workspace: workspace, on: compute)
        return y.elements()
      }
      let (first, second) = (random(channels * channels * kernel, 1), random(channels * channels * kernel, 2))
      let (changed, direction) = layer(first)
      changed.prepare(on: compute)
      _ = result(changed)
      for row in 0..<channels {
        for column in 0..<channels * kernel {
          direction.value.row(row)[column] = second[row * channels * kernel + column]
        }
      }
      changed.prepare(on: compute)
      let (fresh, _) = layer(second)
      fresh.prepare(on: compute)
      #expect(result(changed) == result(fresh))
    }
  }
}
