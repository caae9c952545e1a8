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
    let configuration = model.configuration
    let lengths = waveforms.map { configuration.featureFrames(for: $0.count).last! }
    precondition(lengths.allSatisfy { $0 > 0 }, "a waveform is shorter than the model's receptive field")
    var utterances: [Range<Int>] = []
    for length in lengths {
      let start = utterances.last?.upperBound ?? 0
      utterances.append(start..<start + length)
    }
    let frames = utterances.last?.upperBound ?? 0
    guard frames > 0 else { return [] }
    let width = configuration.width
    return workspace.scope {
      let hidden = workspace.matrix(rows: frames, columns: width)
      workspace.scope {
        let projected = workspace.matrix(rows: frames, columns: width)
        encode(waveforms, utterances, into: projected, times)
        model.transformer.forward(
          projected, utterances: utterances, into: hidden, workspace: workspace, on: compute, times: times)
      }
      return times.measure(.head) { utterances.map { decode(hidden.rows($0)) } }
    }
  }

  /// Waveforms to projected features, (N, D).
  private func encode(
    _ waveforms: [[Float]], _ utterances: [Range<Int>], into projected: Matrix, _ times: StageTimes?
  ) {
    workspace.scope {
      let features = workspace.matrix(rows: projected.rows, columns: model.featureEncoder.outputs)
      times.measure(.featureEncoder) {
        for (waveform, rows) in zip(waveforms, utterances) {
          model.featureEncoder.forward(waveform, into: features.rows(rows), workspace: workspace, on: compute)
        }
      }
      times.measure(.featureProjection) {
        model.featureNorm?.forward(features, into: features, on: compute)
        model.featureProjection.forward(features, into: projected, on: compute)
      }
    }
  }

  /// One utterance's hidden states, (T, D), to emissions.
  private func decode(_ hidden: Matrix) -> Emissions {
    workspace.scope {
      var hidden = hidden
      if let adapter = model.adapter {
        let adapted = workspace.matrix(
          rows: model.configuration.adapterFrames(for: hidden.rows).last ?? hidden.rows,
          columns: model.configuration.headInputs)
        adapter.forward(hidden, into: adapted, workspace: workspace, on: compute)
        hidden = adapted
      }
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
