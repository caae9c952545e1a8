import AcousticModel
public import Checkpoints
import Tensors

/// Recordings in, a model's features out, in the order of the inputs and each as soon as it is ready
/// (`RecordingPipeline`). Neither batch mates nor threads change a result.
///
/// It works on the caller's thread. A recording over 120 s, or over `chunkSeconds`, is computed in windows,
/// as decoding does.
public final class FeaturePipeline {
  public enum Event {
    /// (T, D).
    case features(Utterance, FrameRows, durationSeconds: Double)
    case failure(InputFailure)
    /// So much of the next result is computed: a part in 0...1, and what that is in seconds of sound.
    case underway(part: Double, audioSeconds: Double)
  }

  public let layer: FeatureLayer
  private let recordings: RecordingPipeline
  private let type: DataType

  /// - Parameters:
  ///   - modelDirectory: of a model with a head or without, in Hugging Face's layout.
  ///   - type: what the features are to be kept as: a value that does not fit is its recording's failure.
  ///   - threads: that compute; reading has one of its own.
  /// - Throws: an error whose description is one line that names what is wrong and what to do.
  public init(
    modelDirectory: String, layer: FeatureLayer, type: DataType, threads: Int,
    options: RecordingOptions = RecordingOptions()
  ) throws {
    try LoadedModel.checkDirectory(modelDirectory)
    let configuration = try ModelConfiguration(
      contentsOf: "\(modelDirectory)/config.json", acceptsPretrained: true)
    if case .hidden(let index) = layer, index > configuration.layers {
      throw InputFailure(
        "\(modelDirectory)/config.json",
        "num_hidden_layers: a model of \(configuration.layers) layers has hidden states 0 to "
          + "\(configuration.layers), found --layer \(index); choose one of these, or last")
    }
    let compute = Compute(threads: threads, level: try KernelLevel.chosen())
    let states = try HiddenStates(directory: modelDirectory, on: compute)
    self.layer = layer
    self.type = type
    let input = ModelInput(configuration, states.preprocessing, isAdapted: layer == .last)
    recordings = RecordingPipeline(input: input, options: options) { waveforms in
      switch layer {
      case .hidden(let index): states.states(of: waveforms, layer: index).map { FrameRows($0) }
      case .last: states.lastStates(of: waveforms).map { FrameRows($0) }
      }
    }
  }

  /// Computes all `entries`.
  /// - Parameters:
  ///   - shouldStop: asked often. After the batch in hand the run ends early; a chunked recording is then
  ///     given up between two windows.
  ///   - deliver: gets the features or a failure of each entry, in their order. What it throws ends the run.
  public func run(
    _ entries: [InputEntry], shouldStop: () -> Bool, deliver: (Event) throws -> Void
  ) throws {
    try recordings.run(entries, shouldStop: shouldStop) { event in
      switch event {
      case .rows(let loaded, let rows, _):
        if let failure = unfit(rows, of: loaded.utterance) {
          try deliver(.failure(failure))
        } else {
          try deliver(.features(loaded.utterance, rows, durationSeconds: loaded.durationSeconds))
        }
      case .failure(let failure): try deliver(.failure(failure))
      case .underway(let part, let seconds): try deliver(.underway(part: part, audioSeconds: seconds))
      }
    }
  }

  /// Why these cannot be kept; nil if they can.
  private func unfit(_ rows: FrameRows, of utterance: Utterance) -> InputFailure? {
    // From here on the nearest float16 is infinite.
    let limit: Float = type == .float16 ? 65_520 : .infinity
    guard let index = rows.values.firstIndex(where: { !(abs($0) < limit) }) else { return nil }
    let value = rows.values[index]
    let place = "at frame \(index / rows.width)"
    return InputFailure(
      utterance.audioPath,
      value.isFinite
        ? "its hidden state is \(value) \(place), more than fp16 holds; use --dtype fp32"
        : "its hidden state is NaN or infinite \(place); the model's weights are damaged, or the sound is far "
          + "from what it can take")
  }
}
