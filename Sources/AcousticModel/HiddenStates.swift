public import Checkpoints
public import Tensors

/// A model without its head, for its features: what pre-training clusters, what probes look at, and what
/// voice conversion and text to speech are made of.
///
/// Hidden states are numbered as transformers' `output_hidden_states` numbers them, with L layers:
///
///     0        the input of the first layer: behind the positional convolution, and in a post-norm model
///              behind the norm that follows it
///     k        the output of layer k, counted from 1: what fairseq calls "layer k"
///     L        the output of the last layer; in a stable (pre-norm) model before the final norm
///
/// The last hidden state (`last_hidden_state`) is another thing: it is behind the final norm of a stable
/// model, and behind the adapter of a model that has one. Only in a post-norm model without an adapter is it
/// hidden state L.
///
/// Utterances of a call lie end to end, without padding: an utterance's states are, to the bit, what it gets
/// alone, on any number of threads. Not for two callers at a time.
public final class HiddenStates {
  public let configuration: ModelConfiguration
  public let preprocessing: Preprocessing
  private let encoder: SpeechEncoder
  private let compute: Compute
  private let workspace = Workspace()

  /// Loads a directory in Hugging Face's layout, of `HubertModel`, `Wav2Vec2Model`, their pre-training
  /// classes, or, for all but its head, of `HubertForCTC` or `Wav2Vec2ForCTC`.
  ///
  /// A checkpoint without a head may come without a preprocessor's file: its waveforms are then taken at
  /// 16 kHz and normalised.
  /// - Parameter compute: packs the weights and does the work.
  /// - Throws: ``ConfigurationError`` or `CheckpointError`, naming file and field or tensor.
  public convenience init(directory: String, on compute: Compute) throws {
    let configuration = try ModelConfiguration(
      contentsOf: "\(directory)/config.json", acceptsPretrained: true)
    let weights = try TensorArchive(path: directory)
    let isStated = weights["lm_head.weight"] != nil || Preprocessing.isStated(in: directory)
    try self.init(
      configuration: configuration,
      preprocessing: isStated ? Preprocessing(directory: directory) : Preprocessing(), weights: weights,
      on: compute)
  }

  /// - Parameter weights: by transformers' names, with the architecture's prefix or without.
  public init(
    configuration: ModelConfiguration, preprocessing: Preprocessing, weights: TensorArchive,
    on compute: Compute
  ) throws(CheckpointError) {
    self.configuration = configuration
    self.preprocessing = preprocessing
    self.compute = compute
    encoder = try SpeechEncoder(
      configuration, WeightReader(weights, on: compute), prefix: weights.prefix(of: configuration))
  }

  /// Hidden state `layer` of each waveform, (T, D) with T = `featureFrames(for:).last` of the configuration.
  ///
  /// Layers behind it are not computed.
  /// - Parameters:
  ///   - waveforms: at the model's sample rate, normalised if its preprocessing says so; each long enough for
  ///     a frame.
  ///   - layer: 0 to the number of layers.
  public func states(of waveforms: [[Float]], layer: Int) -> [MatrixBuffer] {
    states(of: waveforms, layers: [layer]).map { $0[0] }
  }

  /// Several hidden states of each waveform in one pass: for each waveform one (T, D) for each of `layers`,
  /// in their order.
  public func states(of waveforms: [[Float]], layers: [Int]) -> [[MatrixBuffer]] {
    precondition(
      layers.allSatisfy { (0...configuration.layers).contains($0) },
      "hidden states \(layers) of a model of \(configuration.layers) layers")
    guard let depth = layers.max() else { return waveforms.map { _ in [] } }
    let utterances = encoder.rows(of: waveforms)
    let states = utterances.map { rows in
      layers.map { _ in MatrixBuffer(rows: rows.count, columns: configuration.width) }
    }
    let visit = { (index: Int, state: Matrix) in
      for (position, layer) in layers.enumerated() where layer == index {
        for (rows, states) in zip(utterances, states) { copy(state.rows(rows), into: states[position]) }
      }
    }
    forward(waveforms, utterances, depth: depth, visit: visit, finish: { _ in })
    return states
  }

  /// The last hidden state of each waveform, (T', D') with T' = `frames(for:)` and D' = `headInputs` of the
  /// configuration; T' is 0 for less than an adapter needs for a frame.
  /// - Parameter waveforms: as for ``states(of:layer:)``.
  public func lastStates(of waveforms: [[Float]]) -> [MatrixBuffer] {
    let utterances = encoder.rows(of: waveforms)
    var states: [MatrixBuffer] = []
    let finish = { [self] (hidden: Matrix) in
      for rows in utterances {
        workspace.scope {
          let adapted = encoder.adapted(hidden.rows(rows), workspace: workspace, on: compute)
          let state = MatrixBuffer(rows: adapted.rows, columns: adapted.columns)
          copy(adapted, into: state)
          states.append(state)
        }
      }
    }
    forward(waveforms, utterances, depth: configuration.layers, visit: { _, _ in }, finish: finish)
    return states
  }

  /// Runs `depth` layers, shows every state on the way to `visit`, and what they end in to `finish`.
  private func forward(
    _ waveforms: [[Float]], _ utterances: [Range<Int>], depth: Int,
    visit: (Int, Matrix) -> Void, finish: (Matrix) -> Void
  ) {
    guard let frames = utterances.last?.upperBound else { return }
    workspace.scope {
      let hidden = workspace.matrix(rows: frames, columns: configuration.width)
      encoder.forward(
        waveforms, utterances: utterances, into: hidden, depth: depth, workspace: workspace, on: compute,
        times: nil, visit: visit)
      finish(hidden)
    }
  }
}

private func copy(_ source: Matrix, into target: MatrixBuffer) {
  for row in 0..<source.rows {
    target.matrix.row(row).update(from: source.row(row), count: source.columns)
  }
}
