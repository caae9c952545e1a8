import Checkpoints
import Layers
import Tensors

/// A model without its head, waveforms to hidden states: transformers' `HubertModel` and `Wav2Vec2Model`.
///
/// Feature encoder, feature projection and transformer; and, where the configuration has one, the adapter
/// behind them.
final class SpeechEncoder: Sendable {
  private let configuration: ModelConfiguration
  private let featureEncoder: FeatureEncoder
  private let featureNorm: LayerNorm?
  private let featureProjection: Linear
  private let transformer: Transformer
  private let adapter: ConvolutionalAdapter?

  /// - Parameter prefix: before the names of all its tensors: `hubert.`, `wav2vec2.`, or nothing.
  init(_ configuration: ModelConfiguration, _ reader: WeightReader, prefix: String) throws(CheckpointError) {
    self.configuration = configuration
    featureEncoder = try FeatureEncoder(configuration, reader, prefix: "\(prefix)feature_extractor")
    let features = featureEncoder.outputs
    featureNorm =
      configuration.normalisesFeatures
      ? try reader.layerNorm(
        "\(prefix)feature_projection.layer_norm", features, epsilon: configuration.layerNormEpsilon) : nil
    featureProjection = try reader.linear(
      "\(prefix)feature_projection.projection", inputs: features, outputs: configuration.width)
    transformer = try Transformer(configuration, reader, prefix: "\(prefix)encoder")
    adapter = try configuration.adapter.map { adapter throws(CheckpointError) in
      try ConvolutionalAdapter(adapter, inputs: configuration.width, reader, prefix: "\(prefix)adapter")
    }
  }

  /// Where each waveform's frames stand when all lie end to end: their rows of (N, D).
  func rows(of waveforms: [[Float]]) -> [Range<Int>] {
    var utterances: [Range<Int>] = []
    for waveform in waveforms {
      let frames = configuration.featureFrames(for: waveform.count).last!
      precondition(frames > 0, "\(waveform.count) samples are fewer than the model's receptive field")
      let start = utterances.last?.upperBound ?? 0
      utterances.append(start..<start + frames)
    }
    return utterances
  }

  /// Waveforms to hidden states.
  /// - Parameters:
  ///   - waveforms: at the model's sample rate, normalised if its preprocessing says so.
  ///   - utterances: their ``rows(of:)``.
  ///   - hidden: (N, D), the result: what stands behind `depth` layers, and after all of them behind the
  ///     final norm of a stable transformer, too.
  ///   - depth: how many of the transformer's layers to run.
  ///   - visit: is shown hidden state k, (N, D), for k in 0...depth. See ``HiddenStates`` for the numbers.
  func forward(
    _ waveforms: [[Float]], utterances: [Range<Int>], into hidden: Matrix, depth: Int, workspace: Workspace,
    on compute: Compute, times: StageTimes?, visit: (Int, Matrix) -> Void
  ) {
    workspace.scope {
      let projected = workspace.matrix(rows: hidden.rows, columns: hidden.columns)
      project(waveforms, utterances, into: projected, workspace, compute, times)
      transformer.forward(
        projected, utterances: utterances, into: hidden, depth: depth, workspace: workspace, on: compute,
        times: times, visit: visit)
    }
  }

  /// Waveforms to projected features, (N, D).
  private func project(
    _ waveforms: [[Float]], _ utterances: [Range<Int>], into projected: Matrix, _ workspace: Workspace,
    _ compute: Compute, _ times: StageTimes?
  ) {
    workspace.scope {
      let features = workspace.matrix(rows: projected.rows, columns: featureEncoder.outputs)
      times.measure(.featureEncoder) {
        for (waveform, rows) in zip(waveforms, utterances) {
          featureEncoder.forward(waveform, into: features.rows(rows), workspace: workspace, on: compute)
        }
      }
      times.measure(.featureProjection) {
        featureNorm?.forward(features, into: features, on: compute)
        featureProjection.forward(features, into: projected, on: compute)
      }
    }
  }

  /// What a head sees of one utterance's final hidden states, (T, D): those themselves, or, in the caller's
  /// scope of `workspace`, what the adapter makes of them, (T', D').
  func adapted(_ hidden: Matrix, workspace: Workspace, on compute: Compute) -> Matrix {
    guard let adapter else { return hidden }
    let adapted = workspace.matrix(
      rows: configuration.adapterFrames(for: hidden.rows).last ?? hidden.rows,
      columns: configuration.headInputs)
    adapter.forward(hidden, into: adapted, workspace: workspace, on: compute)
    return adapted
  }
}
