import Layers
import Tensors
import TestSupport
import Testing

@Suite("Convolution over time")
struct ConvolutionTests {
  struct Shape {
    var frames: Int
    var inputs: Int
    var outputs: Int
    var kernel: Int
    var stride: Int
  }

  static let shapes: [Shape] = [
    Shape(frames: 10, inputs: 1, outputs: 5, kernel: 10, stride: 5),
    Shape(frames: 103, inputs: 1, outputs: 17, kernel: 10, stride: 5),
    Shape(frames: 3, inputs: 16, outputs: 16, kernel: 3, stride: 2),
    Shape(frames: 4, inputs: 16, outputs: 8, kernel: 3, stride: 2),
    Shape(frames: 5, inputs: 40, outputs: 50, kernel: 3, stride: 2),
    Shape(frames: 211, inputs: 48, outputs: 64, kernel: 3, stride: 2),
    Shape(frames: 212, inputs: 33, outputs: 20, kernel: 3, stride: 2),
    Shape(frames: 50, inputs: 64, outputs: 48, kernel: 2, stride: 2),
    Shape(frames: 20, inputs: 7, outputs: 9, kernel: 1, stride: 3),
    Shape(frames: 31, inputs: 32, outputs: 16, kernel: 4, stride: 1),
  ]

  /// What PyTorch's conv1d computes, channel-last and in double precision, and the sum of magnitudes of what
  /// it adds.
  private func plain(_ shape: Shape, _ x: [Float], _ w: [Float], _ b: [Float]) -> [(
    value: Double, magnitude: Double
  )] {
    let frames = (shape.frames - shape.kernel) / shape.stride + 1
    var result: [(Double, Double)] = []
    for t in 0..<frames {
      for output in 0..<shape.outputs {
        var (sum, magnitude) = (Double(b[output]), abs(Double(b[output])))
        for tap in 0..<shape.kernel {
          for input in 0..<shape.inputs {
            let product =
              Double(x[(t * shape.stride + tap) * shape.inputs + input])
              * Double(w[(output * shape.inputs + input) * shape.kernel + tap])
            sum += product
            magnitude += abs(product)
          }
        }
        result.append((sum, magnitude))
      }
    }
    return result
  }

  @Test("equals the plain loops at every level", arguments: shapes)
  func equalsPlainLoops(_ shape: Shape) {
    let x = random(shape.frames * shape.inputs, 1)
    let w = random(shape.outputs * shape.inputs * shape.kernel, 2)
    let b = random(shape.outputs, 3)
    let expected = plain(shape, x, w, b)
    for level in KernelLevel.supported {
      let compute = Compute(threads: 2, level: level)
      let workspace = Workspace()
      let convolution = Convolution(
        outputs: shape.outputs, inputs: shape.inputs, kernel: shape.kernel, stride: shape.stride, weights: w,
        bias: Vector(b))
      for packed in [false, true] {
        workspace.scope {
          let y = workspace.matrix(rows: convolution.outputFrames(for: shape.frames), columns: shape.outputs)
          convolution.forward(
            matrix(workspace, rows: shape.frames, columns: shape.inputs, x, packed: packed), into: y,
            workspace: workspace, on: compute)
          for (found, expected) in zip(y.elements(), expected) {
            // Sharing frames adds differences and sums of two operands: at most four times the magnitudes.
            let bound = 8 * Double(shape.kernel * shape.inputs + 4) * rounding * (expected.magnitude + 1)
            #expect(abs(Double(found) - expected.value) <= bound, "\(level), \(shape)")
          }
        }
      }
    }
  }

  @Test("a worked case: two channels, three taps, stride 2")
  func workedByHand() {
    // x[t] = (t, 1); W[tap] = (tap + 1, 10): y[t] = 1 x[2t] + 2 x[2t+1] + 3 x[2t+2] + 30 = 12 t + 8 + 30
    let workspace = Workspace()
    let compute = Compute(threads: 1)
    let convolution = Convolution(
      outputs: 1, inputs: 2, kernel: 3, stride: 2, weights: [1, 2, 3, 10, 10, 10], bias: nil)
    workspace.scope {
      let x = matrix(workspace, rows: 9, columns: 2, (0..<9).flatMap { [Float($0), 1] })
      let y = workspace.matrix(rows: 4, columns: 1)
      convolution.forward(x, into: y, workspace: workspace, on: compute)
      #expect(y.elements() == [38, 50, 62, 74])
    }
  }

  @Test("frames out follow floor((n - kernel) / stride) + 1, and 0 below one window")
  func frames() {
    let convolution = Convolution(
      outputs: 1, inputs: 1, kernel: 10, stride: 5, weights: random(10, 1), bias: nil)
    #expect([0, 9, 10, 14, 15, 400, 16000].map(convolution.outputFrames) == [0, 0, 1, 1, 2, 79, 3199])
    #expect(convolution.inputRange(for: 3..<5) == 15..<30)
  }

  @Test(
    "part of an utterance from an even frame on gives the bits of the whole",
    arguments: shapes.filter { $0.frames > 40 })
  func partsGiveTheSameBits(_ shape: Shape) {
    let x = random(shape.frames * shape.inputs, 4)
    let convolution = Convolution(
      outputs: shape.outputs, inputs: shape.inputs, kernel: shape.kernel, stride: shape.stride,
      weights: random(shape.outputs * shape.inputs * shape.kernel, 5), bias: nil)
    let workspace = Workspace()
    workspace.scope {
      let input = matrix(workspace, rows: shape.frames, columns: shape.inputs, x)
      let whole = workspace.matrix(rows: convolution.outputFrames(for: shape.frames), columns: shape.outputs)
      convolution.forward(
        input, into: whole, activation: .gelu, workspace: workspace, on: Compute(threads: 1))
      for range in [2..<whole.rows, 6..<9, 8..<whole.rows - 1] where range.upperBound <= whole.rows {
        let part = workspace.matrix(rows: range.count, columns: shape.outputs)
        convolution.forward(
          input.rows(convolution.inputRange(for: range)), into: part, activation: .gelu, workspace: workspace,
          on: Compute(threads: 3))
        #expect(part.elements() == whole.rows(range).elements(), "\(range)")
      }
    }
  }
}

@Suite("Positional convolution")
struct PositionalConvolutionTests {
  @Test(
    "equals the plain loops, zeros beyond the ends, an even kernel's last frame dropped",
    arguments: [(8, 2, 4), (8, 1, 5), (96, 2, 128), (6, 6, 3), (20, 4, 1), (128, 2, 16)])
  func equalsPlainLoops(channels: Int, groups: Int, kernel: Int) {
    let width = channels / groups
    let w = random(channels * width * kernel, 1)
    let b = random(channels, 2)
    for frames in [1, 2, 3, 7, 30, 131] {
      let x = random(frames * channels, 3)
      let h = random(frames * channels, 4)
      for level in KernelLevel.supported {
        let compute = Compute(threads: 2, level: level)
        let workspace = Workspace()
        let layer = PositionalConvolution(
          channels: channels, groups: groups, kernel: kernel, weights: w, bias: b, activation: .relu)
        workspace.scope {
          let y = workspace.matrix(rows: frames, columns: channels)
          layer.forward(
            matrix(workspace, rows: frames, columns: channels, x), into: y,
            addingTo: matrix(workspace, rows: frames, columns: channels, h), workspace: workspace, on: compute
          )
          for t in 0..<frames {
            for channel in 0..<channels {
              let group = channel / width
              var (sum, magnitude) = (Double(b[channel]), abs(Double(b[channel])) + 1)
              for tap in 0..<kernel where (0..<frames).contains(t + tap - kernel / 2) {
                for input in 0..<width {
                  let product =
                    Double(w[(channel * width + input) * kernel + tap])
                    * Double(x[(t + tap - kernel / 2) * channels + group * width + input])
                  sum += product
                  magnitude += abs(product)
                }
              }
              let expected = Double(h[t * channels + channel]) + max(sum, 0)
              let bound = 16 * Double(kernel * width) * rounding * magnitude
              #expect(
                abs(Double(y.row(t)[channel]) - expected) <= bound,
                "\(level), \(frames) frames, \(t), \(channel)")
            }
          }
        }
      }
    }
  }
}
