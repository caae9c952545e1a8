public import Checkpoints

#if canImport(Glibc)
import Glibc
#endif

/// The checkpoints of a run: `OUT/checkpoints/step-N`, and the links `OUT/best` and `OUT/last` to two of
/// them.
///
/// A checkpoint is written into a directory beside its place, flushed to the disk file by file, and renamed.
/// So what is called `step-N` is complete, and a process killed at any moment leaves the checkpoints it had,
/// and at most leftovers whose names begin with a dot; the next run removes those. One process at a time
/// holds the folder: `OUT/.lock`, which the system releases however that process ends.
public final class CheckpointFolder {
  public let out: String
  /// Checkpoints kept beside best and last, the newest.
  public let keep: Int
  /// The steps of the complete checkpoints, ascending.
  public private(set) var steps: [Int]
  private let lock: DirectoryLock
  /// What `--resume` is to be given, for messages.
  private let run: String
  /// Called on the way through a save, in order; an error is as if the disk had failed there.
  var reached: ((SavePoint) throws -> Void)?

  /// Opens the folder, makes it where it is missing, and removes what killed runs left behind.
  ///
  /// - Parameters:
  ///   - resumes: whether checkpoints that are there belong to this run. Without, they are refused: a run is
  ///     not written over.
  ///   - run: the directory of the whole run, where `out` is that of a part of it.
  public init(out: String, run: String? = nil, keep: Int, resumes: Bool) throws(CheckpointError) {
    self.out = out
    self.run = run ?? out
    self.keep = keep
    try makeDirectoryTree(out + "/checkpoints")
    lock = try DirectoryLock(out)
    steps = Self.steps(in: out)
    if !resumes, let last = steps.last {
      throw CheckpointError(
        .unwritable, path: out, expected: "a directory without a run",
        found: "checkpoints up to step-\(last)", remedy: "go on with --resume, or choose another --out")
    }
    try removeLeftovers()
    // A run that was killed between the two moved no link yet.
    if let last = steps.last { try link("last", to: last) }
    if let best = linkedStep("best"), !steps.contains(best) { unlink(out + "/best") }
  }

  /// Where the checkpoint of a step is, complete or not there.
  public func path(ofStep step: Int) -> String { "\(out)/checkpoints/step-\(step)" }

  /// The newest checkpoint: what `--resume` goes on from.
  public var newest: String? { steps.last.map(path(ofStep:)) }

  /// The step that `OUT/best` leads to.
  public var best: Int? { linkedStep("best") }

  /// Saves a checkpoint, moves the links to it, and removes those that are no longer kept.
  ///
  /// A checkpoint of this step that is there already is the same, and is not written again.
  ///
  /// - Parameters:
  ///   - protected: steps that must not be removed, such as those that will be averaged.
  ///   - write: writes the files into the directory that it is given.
  /// - Returns: the checkpoint's directory.
  /// - Throws: ``SaveError``: one line that names the last good checkpoint.
  @discardableResult
  public func save(
    step: Int, isBest: Bool, protecting protected: Set<Int> = [], _ write: (String) throws -> Void
  ) throws(SaveError) -> String {
    let place = path(ofStep: step)
    do {
      if !steps.contains(step) { try writeNew(step, at: place, write) }
      try reached?(.renamed)
      if isBest { try link("best", to: step) }
      try reached?(.linkedBest)
      try link("last", to: steps.last ?? step)
      try reached?(.linkedLast)
      try prune(protecting: protected)
      try reached?(.pruned)
    } catch {
      throw SaveError(place, error, lastGood: newest, out: run)
    }
    return place
  }

  /// Leads `OUT/best` to a checkpoint that is there: after a kill between its renaming and the link's.
  public func markBest(_ step: Int) throws(CheckpointError) {
    if steps.contains(step) && best != step { try link("best", to: step) }
  }

  private func writeNew(_ step: Int, at place: String, _ write: (String) throws -> Void) throws {
    let temporary = "\(out)/checkpoints/.step-\(step).\(unique())"
    do {
      guard mkdir(temporary, 0o777) == 0 else { throw writeFailure(temporary, errno) }
      try reached?(.made)
      try write(temporary)
      try reached?(.written)
      try flushTree(temporary)
      try reached?(.flushed)
      guard rename(temporary, place) == 0 else { throw writeFailure(place, errno) }
    } catch {
      // The room is needed by whoever reads the message.
      try? removeTree(temporary)
      throw error
    }
    steps = (steps + [step]).sorted()
    try flush(out + "/checkpoints")
  }

  /// Every file, and every directory after what is in it.
  private func flushTree(_ path: String) throws {
    for name in namesInDirectory(path) {
      let inner = "\(path)/\(name)"
      if isDirectory(inner) { try flushTree(inner) } else { try flush(inner) }
      try reached?(.flushedFile)
    }
    try flush(path)
  }

  /// Replaces a link in one step: whoever follows it finds the old or the new checkpoint.
  private func link(_ name: String, to step: Int) throws(CheckpointError) {
    if linkedStep(name) == step { return }
    try replaceLink(name, in: out, leadingTo: "checkpoints/step-\(step)")
  }

  private func linkedStep(_ name: String) -> Int? {
    var buffer = [CChar](repeating: 0, count: 256)
    let count = readlink("\(out)/\(name)", &buffer, buffer.count)
    guard count > 0 else { return nil }
    let target = String(decoding: buffer[..<count].map { UInt8(bitPattern: $0) }, as: UTF8.self)
    guard target.hasPrefix("checkpoints/") else { return nil }
    return Self.step(ofName: String(target.dropFirst("checkpoints/".count)))
  }

  private func prune(protecting protected: Set<Int>) throws {
    let fixed = protected.union([best, steps.last].compactMap { $0 })
    for step in steps.filter({ !fixed.contains($0) }).dropLast(keep) {
      // Renamed first, so that nothing half removed is called a checkpoint.
      let doomed = "\(out)/checkpoints/.removed-\(step).\(unique())"
      guard rename(path(ofStep: step), doomed) == 0 else { throw writeFailure(path(ofStep: step), errno) }
      steps.removeAll { $0 == step }
      try reached?(.doomed)
      try removeTree(doomed)
    }
  }

  private func removeLeftovers() throws(CheckpointError) {
    for name in namesInDirectory(out + "/checkpoints")
    where name.hasPrefix(".step-") || name.hasPrefix(".removed-") {
      try removeTree("\(out)/checkpoints/\(name)")
    }
    let written = ["best", "last", "config.yaml", "metrics.jsonl", "report.html", "report.svg"]
    for name in namesInDirectory(out) where written.contains(where: { name.hasPrefix(".\($0).") }) {
      try removeTree("\(out)/\(name)")
    }
  }

  private static func steps(in out: String) -> [Int] {
    namesInDirectory(out + "/checkpoints").compactMap(step(ofName:)).sorted()
  }

  private static func step(ofName name: String) -> Int? {
    guard name.hasPrefix("step-"), let step = Int(name.dropFirst(5)), step >= 0, "step-\(step)" == name else {
      return nil
    }
    return step
  }
}

/// Places in a save where it can fail or be killed, in order.
enum SavePoint: String, CaseIterable {
  case made, written, flushedFile, flushed, renamed, linkedBest, linkedLast, doomed, pruned
}
