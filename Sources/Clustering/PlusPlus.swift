import CKernels
import Tensors

#if canImport(Glibc)
import Glibc
#endif

/// Starting centroids by greedy k-means++ (Arthur and Vassilvitskii 2007).
///
/// The first is a frame drawn uniformly. Each further one is drawn with probability
///
///     p(x) = D(x)^2 / sum over frames of D^2,  D(x): the distance to the nearest centroid so far;
///
/// of 2 + ln K such draws the one that leaves the least sum is taken, as scikit-learn does. Where all frames
/// lie on centroids already, draws are uniform, and centroids coincide.
final class PlusPlus {
  private let sample: FrameSample
  private let compute: Compute
  private let random: RandomSource
  private let trials: Int
  /// `trials`, padded.
  private let width: Int
  /// Candidates as a packed panel, (dimensions, width).
  private let panel: AlignedBuffer
  private let candidateNorms: AlignedBuffer
  /// The frames less their mean, against cancellation.
  private let moved: FrameSample
  private let norms: AlignedBuffer
  /// The squared distance of each frame to the nearest centroid so far.
  private let closest: AlignedBuffer
  /// What it would be with each candidate, (frames, width).
  private let nearer: AlignedBuffer
  /// Sums of `closest` over the frames of each task.
  private var blockPotentials: [Double]
  /// Sums of `nearer` over the frames of each task, (tasks, width).
  private var candidatePotentials: [Double]

  private static let rowsPerTask = 512

  /// - Parameter start: which of the starts this is: each draws other numbers.
  init(_ sample: FrameSample, clusters: Int, start: Int, seed: UInt64, on compute: Compute) {
    self.sample = sample
    self.compute = compute
    random = RandomSource(seed: seed, step: start, site: FrameDraws.Purpose.plusPlus.rawValue)
    trials = Self.trials(clusters: clusters)
    width = (trials + PackedMatrix.step - 1) / PackedMatrix.step * PackedMatrix.step
    let tasks = (sample.count + Self.rowsPerTask - 1) / Self.rowsPerTask
    panel = AlignedBuffer(count: sample.dimensions * width)
    candidateNorms = AlignedBuffer(count: width)
    moved = FrameSample(count: sample.count, dimensions: sample.dimensions)
    norms = AlignedBuffer(count: sample.count)
    closest = AlignedBuffer(count: sample.count)
    nearer = AlignedBuffer(count: sample.count * width)
    blockPotentials = Array(repeating: 0, count: tasks)
    candidatePotentials = Array(repeating: 0, count: tasks * width)
    compute.reserveScratch(Self.rowsPerTask * width)
    centre()
  }

  static func trials(clusters: Int) -> Int { 2 + Int(log(Double(clusters))) }

  private var tasks: Int { blockPotentials.count }
  private func rows(ofTask task: Int) -> Range<Int> {
    task * Self.rowsPerTask..<min(sample.count, (task + 1) * Self.rowsPerTask)
  }

  private func centre() {
    let dimensions = sample.dimensions
    var sums = [Double](repeating: 0, count: dimensions)
    for row in 0..<sample.count {
      compute.kernels.add_to_doubles(&sums, sample.pointer + row * dimensions, dimensions)
    }
    let mean = Vector(sums.map { Float($0 / Double(sample.count)) })
    compute.run(tasks: tasks) { task, _ in
      let rows = rows(ofTask: task)
      let first = moved.pointer + rows.lowerBound * dimensions
      compute.kernels.subtract(
        first, dimensions, sample.pointer + rows.lowerBound * dimensions, dimensions, mean.pointer, 0,
        dimensions, rows.count)
      for row in rows {
        let frame = moved.pointer + row * dimensions
        norms.pointer[row] = compute.kernels.dot(frame, frame, dimensions)
        closest.pointer[row] = .infinity
      }
    }
  }

  /// (clusters, dimensions), each a frame of the sample.
  func centroids(_ clusters: Int) -> [Float] {
    var chosen = [random.index(0, below: sample.count)]
    consider(chosen)
    take(0)
    while chosen.count < clusters {
      let candidates = (0..<trials).map { trial in draw(trial, of: UInt32(chosen.count)) }
      consider(candidates)
      let sums = (0..<trials).map { trial in
        (0..<tasks).reduce(0) { $0 + candidatePotentials[$1 * width + trial] }
      }
      var best = 0
      for trial in 1..<trials where sums[trial] < sums[best] { best = trial }
      chosen.append(candidates[best])
      take(best)
    }
    return chosen.flatMap { row in
      Array(UnsafeBufferPointer(start: sample.pointer + row * sample.dimensions, count: sample.dimensions))
    }
  }

  /// A frame drawn with probability proportional to `closest`.
  private func draw(_ trial: Int, of centroid: UInt32) -> Int {
    let total = blockPotentials.reduce(0, +)
    guard total > 0, total.isFinite else {
      return random.index(trial, below: sample.count, of: centroid)
    }
    var left = random.uniform(trial, utterance: centroid) * total
    var task = 0
    while task < tasks - 1 && left >= blockPotentials[task] {
      left -= blockPotentials[task]
      task += 1
    }
    var last: Int?
    for row in rows(ofTask: task) where closest.pointer[row] > 0 {
      last = row
      left -= Double(closest.pointer[row])
      if left < 0 { return row }
    }
    // Rounding may leave a trifle at the end of the sum.
    return last ?? rows(ofTask: task).lowerBound
  }

  /// Computes what the potential would be with each of the candidates.
  private func consider(_ candidates: [Int]) {
    let dimensions = sample.dimensions
    for column in 0..<width {
      let row = column < candidates.count ? candidates[column] : nil
      candidateNorms.pointer[column] = row.map { norms.pointer[$0] } ?? 0
      for d in 0..<dimensions {
        panel.pointer[d * width + column] = row.map { moved.pointer[$0 * dimensions + d] } ?? 0
      }
    }
    candidatePotentials.withUnsafeMutableBufferPointer { buffer in
      let potentials = Potentials(pointer: buffer.baseAddress!)
      compute.run(tasks: tasks) { task, worker in
        let rows = rows(ofTask: task)
        let products = compute.scratch(ofWorker: worker)
        let sums = potentials.pointer + task * width
        sums.update(repeating: 0, count: width)
        compute.kernels.multiply(
          products, width, moved.pointer + rows.lowerBound * dimensions, dimensions, panel.pointer, width,
          width,
          dimensions, rows.count, false, nil, nil)
        compute.kernels.nearer(
          nearer.pointer + rows.lowerBound * width, sums, products, norms.pointer + rows.lowerBound,
          candidateNorms.pointer, closest.pointer + rows.lowerBound, width, rows.count)
      }
    }
  }

  /// Makes a candidate a centroid.
  private func take(_ candidate: Int) {
    blockPotentials.withUnsafeMutableBufferPointer { buffer in
      let potentials = Potentials(pointer: buffer.baseAddress!)
      compute.run(tasks: tasks) { task, _ in
        var sum = 0.0
        for row in rows(ofTask: task) {
          closest.pointer[row] = nearer.pointer[row * width + candidate]
          sum += Double(closest.pointer[row])
        }
        potentials.pointer[task] = sum
      }
    }
  }
}

/// Where tasks write, each to its own part.
private struct Potentials: @unchecked Sendable {
  let pointer: UnsafeMutablePointer<Double>
}
