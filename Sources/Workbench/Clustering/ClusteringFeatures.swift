import AcousticModel
import Audio
import Checkpoints
import Clustering
import Hashing
import Tensors

/// The features that recordings are clustered by, frame by frame.
struct ClusteringFeatures {
  let recordings: RecordingPipeline
  /// D.
  let width: Int
  /// Of all frames.
  private(set) var origin: FeatureOrigin

  init(
    _ features: ClusteringOptions.Features, _ standardization: Standardization, on compute: Compute
  ) throws {
    switch features {
    case .mfcc: self.init(mfccOn: compute)
    case .hiddenStates(let model, let layer): try self.init(model: model, layer: layer, on: compute)
    }
    origin.standardization = standardization
  }

  private init(mfccOn compute: Compute) {
    let mfcc = MFCC()
    // MFCC's 25 ms are the 400 samples that the standard feature encoder needs.
    var preprocessing = Preprocessing()
    preprocessing.normalises = false
    var options = RecordingOptions()
    // Frames far from one another have nothing to do with each other: nothing is gained by windows.
    options.chunkSeconds = .infinity
    recordings = RecordingPipeline(
      input: ModelInput(ModelConfiguration(), preprocessing, isAdapted: false), options: options
    ) { waveforms in
      let rows = RowsOfTasks(count: waveforms.count)
      compute.run(tasks: waveforms.count) { task, _ in
        let values = mfcc.features(of: waveforms[task])
        rows.set(task, FrameRows(frames: values.count / mfcc.width, width: mfcc.width, values: values))
      }
      return rows.all
    }
    width = mfcc.width
    origin = FeatureOrigin(
      kind: .mfcc, framesPerSecond: 1000 / mfcc.options.mel.frames.shiftMilliseconds)
  }

  private init(model: String, layer: Int, on compute: Compute) throws {
    try LoadedModel.checkDirectory(model)
    let states = try HiddenStates(directory: model, on: compute)
    guard (0...states.configuration.layers).contains(layer) else {
      throw InputFailure(
        "\(model)/config.json",
        "num_hidden_layers: a model of \(states.configuration.layers) layers has hidden states 0 to "
          + "\(states.configuration.layers), found --layer \(layer); choose one of these")
    }
    let input = ModelInput(states.configuration, states.preprocessing, isAdapted: false)
    recordings = RecordingPipeline(input: input, options: RecordingOptions()) { waveforms in
      states.states(of: waveforms, layer: layer).map { FrameRows($0) }
    }
    width = states.configuration.width
    origin = FeatureOrigin(
      kind: .hiddenStates(model: try Self.hash(of: model), layer: layer),
      framesPerSecond: Double(input.timing.sampleRate) / Double(input.timing.samplesPerFrame))
  }

  /// Of everything that hidden states depend on: configuration, weights, preprocessing.
  private static func hash(of model: String) throws -> String {
    var hash = SHA256()
    let preprocessing = ["preprocessor_config.json", "processor_config.json"].map { "\(model)/\($0)" }
    let weights = try TensorArchive(path: model).files.map(\.path)
    for path in ["\(model)/config.json"] + preprocessing + weights {
      guard let digits = try? SHA256.hex(ofFile: path) else { continue }
      hash.update("\(path.dropFirst(model.count)) \(digits)\n")
    }
    return hash.finalizeHex()
  }
}

/// Rows that tasks compute, each its own.
private final class RowsOfTasks: @unchecked Sendable {
  // Sendable: a task writes its own place alone.
  private let places: UnsafeMutableBufferPointer<FrameRows?>

  init(count: Int) {
    places = .allocate(capacity: count)
    places.initialize(repeating: nil)
  }

  deinit { places.deinitialize().deallocate() }

  func set(_ task: Int, _ rows: FrameRows) { places[task] = rows }
  var all: [FrameRows] { places.compactMap(\.self) }
}
