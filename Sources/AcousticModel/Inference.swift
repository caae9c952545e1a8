public import CTC
import Layers
public import Tensors

/// The forward pass of a model from waveforms to emissions, with memory that is reused from call to call.
///
/// Utterances of a call lie end to end, without padding: an utterance's emissions are, to the bit, what it
/// gets alone, on any number of threads. Not for two callers at a time.
public final class Inference {
  public let model: CTCModel
  public let compute: Compute
  private let workspace = Workspace()

  public init(model: CTCModel, on compute: Compute) {
    self.model = model
    self.compute = compute
  }

  /// Emissions of each waveform.
  /// - Parameters:
  ///   - waveforms: at the model's sample rate, normalised if its preprocessing says so; each long enough
  ///     that `frames(for:)` of its configuration is not 0.
  ///   - times: where the time went is added to this.
  public func emissions(for waveforms: [[Float]], times: StageTimes? = nil) -> [Emissions] {
    let utterances = model.encoder.rows(of: waveforms)
    guard let frames = utterances.last?.upperBound else { return [] }
    return workspace.scope {
      let hidden = workspace.matrix(rows: frames, columns: model.configuration.width)
      model.encoder.forward(
        waveforms, utterances: utterances, into: hidden, depth: model.configuration.layers,
        workspace: workspace, on: compute, times: times, visit: { _, _ in })
      return times.measure(.head) { utterances.map { decode(hidden.rows($0)) } }
    }
  }

  /// One utterance's hidden states, (T, D), to emissions.
  private func decode(_ hidden: Matrix) -> Emissions {
    workspace.scope {
      let hidden = model.encoder.adapted(hidden, workspace: workspace, on: compute)
      let logits = workspace.matrix(rows: hidden.rows, columns: model.head.outputs)
      model.head.forward(hidden, into: logits, on: compute)
      let values = [Float](unsafeUninitializedCapacity: logits.rows * logits.columns) { buffer, count in
        count = logits.rows * logits.columns
        if count > 0 { compute.logSoftmax(logits, into: buffer.baseAddress!) }
      }
      return Emissions(frames: logits.rows, vocabularySize: logits.columns, logPosteriors: values)
    }
  }
}
