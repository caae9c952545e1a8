extension ModelConfiguration {
  /// Frames that each convolution of the feature encoder gives for `samples` of waveform; 0 from the first on
  /// that has too few for one window.
  public func featureFrames(for samples: Int) -> [Int] {
    var frames = samples
    return zip(convolutionKernels, convolutionStrides).map { kernel, stride in
      frames = frames < kernel ? 0 : (frames - kernel) / stride + 1
      return frames
    }
  }

  /// Frames that each convolution of the adapter gives for `frames` of the transformer, each padded by one at
  /// both ends; empty where there is no adapter.
  func adapterFrames(for frames: Int) -> [Int] {
    guard let adapter else { return [] }
    var frames = frames
    return (0..<adapter.layers).map { _ in
      frames =
        frames == 0 || frames + 2 < adapter.kernel ? 0 : (frames + 2 - adapter.kernel) / adapter.stride + 1
      return frames
    }
  }

  /// Frames of emissions for `samples` of waveform; 0 where the model cannot give any.
  public func frames(for samples: Int) -> Int {
    let features = featureFrames(for: samples).last ?? 0
    return adapterFrames(for: features).last ?? features
  }
}
