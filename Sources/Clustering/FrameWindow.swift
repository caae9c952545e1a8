import Checkpoints
import Tensors

/// Frames that are drawn from for a while, in memory: (count, dimensions) without gaps.
final class FrameWindow: @unchecked Sendable {
  // Sendable: nothing is written once it is made.
  let count: Int
  /// Alive as long as the window is.
  let frames: UnsafePointer<Float>
  private let owner: AnyObject

  /// Reads the ranges of a source, one behind the other; all of what is in memory is taken as it lies.
  init(_ ranges: [Range<Int>], of source: any FrameSource, on compute: Compute) throws(ClusteringError) {
    if ranges == [0..<source.count], let memory = source.memory {
      count = source.count
      frames = memory
      owner = source
      return
    }
    let starts = ranges.reduce(into: [0]) { $0.append($0.last! + $1.count) }
    count = starts.last!
    let buffer = AlignedBuffer(count: count * source.dimensions + PackedMatrix.step)
    let failures = Failures(count: ranges.count)
    compute.run(tasks: ranges.count) { task, _ in
      do throws(CheckpointError) {
        try source.read(ranges[task], into: buffer.pointer + starts[task] * source.dimensions)
      } catch {
        failures.set(task, error)
      }
    }
    if let error = failures.first { throw ClusteringError(error.description) }
    frames = UnsafePointer(buffer.pointer)
    owner = buffer
  }
}

/// What went wrong in each task.
private final class Failures: @unchecked Sendable {
  // Sendable: a task writes its own place alone.
  private let places: UnsafeMutableBufferPointer<CheckpointError?>

  init(count: Int) {
    places = .allocate(capacity: count)
    places.initialize(repeating: nil)
  }

  deinit { places.deinitialize().deallocate() }

  func set(_ task: Int, _ error: CheckpointError) { places[task] = error }
  var first: CheckpointError? { places.lazy.compactMap(\.self).first }
}
