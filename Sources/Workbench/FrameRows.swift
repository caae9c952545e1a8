public import CTC
import Tensors

/// What a model gives for a recording: a row of numbers for every frame.
public struct FrameRows: Sendable, Equatable {
  /// T.
  public let frames: Int
  /// C.
  public let width: Int
  /// (T, C), row-major.
  public let values: [Float]

  init(frames: Int, width: Int, values: [Float]) {
    precondition(values.count == frames * width, "\(values.count) values for \(frames) x \(width)")
    self.frames = frames
    self.width = width
    self.values = values
  }

  /// Hidden states.
  init(_ states: MatrixBuffer) {
    let values = withExtendedLifetime(states) { $0.matrix.elements() }
    self.init(frames: states.matrix.rows, width: states.matrix.columns, values: values)
  }

  /// Several layers' hidden states, one behind the other in each row; all of one shape.
  init(sideBySide states: [MatrixBuffer]) {
    let (frames, width) = (states[0].matrix.rows, states[0].matrix.columns)
    let values = [Float](unsafeUninitializedCapacity: states.count * frames * width) { buffer, count in
      for (place, state) in states.enumerated() {
        for frame in 0..<frames {
          let target = buffer.baseAddress! + (frame * states.count + place) * width
          target.update(from: state.matrix.row(frame), count: width)
        }
      }
      count = states.count * frames * width
    }
    self.init(frames: frames, width: states.count * width, values: values)
  }

  /// Log-posteriors.
  public init(_ emissions: Emissions) {
    self.init(
      frames: emissions.frames, width: emissions.vocabularySize, values: emissions.logPosteriors)
  }
}
