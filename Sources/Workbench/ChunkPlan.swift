/// How a long recording is cut into windows that the model sees one by one, and whose frames are joined.
///
/// Frames, not seconds, are shared out, so that the joined emissions have as many frames as the recording as
/// a whole would have and frame t is at the same time. The T frames are divided into equal stretches; the
/// window of a stretch reaches further by a context on either side (except at the recording's ends), and the
/// context's frames are dropped:
///
///     stretch        |-------|-------|-------|
///     windows        |---------|
///                          |-----------|
///                                  |---------|
///
/// A window with its contexts lasts at most the chunk's seconds. A context is a sixth of them, 5 s at most.
/// What the model sees differs from the whole recording by what attention would have found further off, and,
/// in group-norm models, by the norm's statistics, which are the window's.
struct ChunkPlan: Equatable {
  struct Window: Equatable {
    /// Of the recording.
    var samples: Range<Int>
    /// Of the window's own frames: those to keep.
    var kept: Range<Int>
  }

  let windows: [Window]

  /// Recordings up to this are never chunked unless chunks were asked for.
  static let automaticLimitSeconds = 120.0
  static let automaticSeconds = 60.0

  /// Seconds of a chunk for a recording; nil if it stays whole.
  /// - Parameter requested: `--chunk-seconds`: recordings longer than that are chunked.
  static func seconds(forRecordingOf durationSeconds: Double, requested: Double?) -> Double? {
    if let requested { return durationSeconds > requested ? requested : nil }
    return durationSeconds > automaticLimitSeconds ? automaticSeconds : nil
  }

  /// - Parameters:
  ///   - samples: of the recording.
  ///   - chunkSamples: at most as many for a window, unless a frame needs more.
  ///   - contextSamples: on either side of a window.
  ///   - samplesPerFrame: from a frame to the next.
  ///   - receptiveField: samples that a frame needs.
  ///   - frames: frames that so many samples give.
  init(
    samples: Int, chunkSamples: Int, contextSamples: Int, samplesPerFrame: Int, receptiveField: Int,
    frames: (Int) -> Int
  ) {
    let total = frames(samples)
    let context = (contextSamples + samplesPerFrame - 1) / samplesPerFrame
    let stretch = max(1, (chunkSamples - receptiveField) / samplesPerFrame + 1 - 2 * context)
    let count = (total + stretch - 1) / stretch
    windows = (0..<count).map { index in
      let core = total * index / count..<total * (index + 1) / count
      let first = max(0, core.lowerBound - context)
      let last = min(total, core.upperBound + context)
      let start = first * samplesPerFrame
      var end =
        last == total ? samples : min(samples, start + (last - first - 1) * samplesPerFrame + receptiveField)
      while end < samples, frames(end - start) < last - first { end = min(samples, end + samplesPerFrame) }
      return Window(samples: start..<end, kept: core.lowerBound - first..<core.upperBound - first)
    }
  }

  init(samples: Int, seconds: Double, _ input: ModelInput) {
    let rate = Double(input.timing.sampleRate)
    self.init(
      samples: samples, chunkSamples: Int(seconds * rate), contextSamples: Int(min(seconds / 6, 5) * rate),
      samplesPerFrame: input.timing.samplesPerFrame,
      receptiveField: input.receptiveField,
      frames: input.frames)
  }
}
