/// The frames that a request asks for, at the recording's own rate: `start..<end`, `end` being `Int.max` for
/// the rest.
struct FrameInterval {
  let start: Int
  let end: Int

  /// How far a requested end may lie behind the recording's, in seconds.
  static let overshootSeconds = 0.5

  /// - Throws: `intervalOutOfRange` for a negative or non-finite offset, and for a duration that is less than
  ///   half a sample or non-finite. Manifests hold such numbers.
  init(_ request: ReadRequest, sampleRate: Int) throws(AudioError) {
    // 1e15 frames: 2,000 years at 16 kHz, and exact in Double.
    func frames(_ seconds: Double) -> Int? {
      let frames = (seconds * Double(sampleRate)).rounded()
      return frames >= 0 && frames < 1e15 ? Int(frames) : nil
    }
    guard let start = frames(request.offsetSeconds ?? 0), request.offsetSeconds ?? 0 >= 0 else {
      throw request.intervalOutOfRange(availableSeconds: nil)
    }
    self.start = start
    guard let duration = request.durationSeconds else {
      end = Int.max
      return
    }
    guard let count = frames(duration), count > 0 else {
      throw request.intervalOutOfRange(availableSeconds: nil)
    }
    end = start + count
  }

  /// Whether a recording that ends at frame `count` has enough of the interval.
  func accepts(recordingOf count: Int, sampleRate: Int) -> Bool {
    if count <= start { return false }
    return end == Int.max || Double(end - count) <= FrameInterval.overshootSeconds * Double(sampleRate)
  }
}

extension ReadRequest {
  func intervalOutOfRange(availableSeconds: Double?) -> AudioError {
    .intervalOutOfRange(
      name: name, offsetSeconds: offsetSeconds ?? 0, durationSeconds: durationSeconds,
      availableSeconds: availableSeconds)
  }
}
