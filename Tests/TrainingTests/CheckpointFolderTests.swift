import Checkpoints
import Glibc
import TestSupport
import Testing

@testable import Training

/// The bytes that a file of the checkpoint of a step holds.
private func payload(_ step: Int, _ file: Int, count: Int = 50_000) -> [UInt8] {
  (0..<count).map { UInt8(truncatingIfNeeded: $0 &* 31 &+ step &* 7 &+ file) }
}

/// Writes a checkpoint of three files, one in a folder.
private func write(_ step: Int, into directory: String) throws {
  try AtomicFile.write(payload(step, 1), to: directory + "/model.safetensors")
  guard mkdir(directory + "/inner", 0o700) == 0 else { throw Full() }
  try AtomicFile.write(payload(step, 2), to: directory + "/inner/a")
  try AtomicFile.write(Array("\(step)".utf8), to: directory + "/state.json")
}

private func isWhole(_ step: Int, at directory: String) -> Bool {
  contents(of: directory + "/model.safetensors") == payload(step, 1)
    && contents(of: directory + "/inner/a") == payload(step, 2)
    && contents(of: directory + "/state.json") == Array("\(step)".utf8)
}

private func link(_ path: String) -> String? {
  var buffer = [CChar](repeating: 0, count: 256)
  let count = readlink(path, &buffer, buffer.count)
  return count < 0 ? nil : String(decoding: buffer[..<count].map { UInt8(bitPattern: $0) }, as: UTF8.self)
}

private struct Full: Error, CustomStringConvertible { let description = "no room" }

@Suite struct `The folder of checkpoints` {
  let directory = TemporaryDirectory()
  var out: String { directory.file("a/run") }

  @discardableResult
  func save(_ folder: CheckpointFolder, _ step: Int, best: Bool = false, protecting: Set<Int> = []) throws
    -> String
  {
    try folder.save(step: step, isBest: best, protecting: protecting) { try write(step, into: $0) }
  }

  @Test func `best and last are links, and the newest are kept beside them`() throws {
    let folder = try CheckpointFolder(out: out, keep: 2, resumes: false)
    #expect(folder.newest == nil && folder.best == nil)
    #expect(try save(folder, 10, best: true) == out + "/checkpoints/step-10")
    for step in [20, 30, 40, 50] { try save(folder, step) }
    #expect(names(in: out + "/checkpoints") == ["step-10", "step-30", "step-40", "step-50"])
    #expect(link(out + "/best") == "checkpoints/step-10" && link(out + "/last") == "checkpoints/step-50")
    try save(folder, 60, best: true)
    #expect(names(in: out + "/checkpoints") == ["step-40", "step-50", "step-60"])
    #expect(link(out + "/best") == "checkpoints/step-60")
    for step in folder.steps { #expect(isWhole(step, at: folder.path(ofStep: step))) }
    #expect(names(in: out) == [".lock", "best", "checkpoints", "last"])
  }

  @Test func `those that will be averaged stay, and none need be kept`() throws {
    let folder = try CheckpointFolder(out: out, keep: 0, resumes: false)
    for step in 1...5 { try save(folder, step, best: step == 2, protecting: [1]) }
    #expect(folder.steps == [1, 2, 5])
  }

  @Test func `a checkpoint that is there is not written again, but its links move`() throws {
    let folder = try CheckpointFolder(out: out, keep: 1, resumes: false)
    try save(folder, 1)
    try folder.save(step: 1, isBest: true) { _ in Issue.record("written again") }
    #expect(folder.best == 1)
  }

  @Test func `a run is not written over, and two do not share a directory`() throws {
    do {
      let folder = try CheckpointFolder(out: out, keep: 1, resumes: false)
      try save(folder, 7)
      _ = withExtendedLifetime(folder) {
        #expect { try CheckpointFolder(out: out, keep: 1, resumes: true) } throws: {
          "\($0)".contains("another training that is writing to it")
        }
      }
    }
    #expect { try CheckpointFolder(out: out, keep: 1, resumes: false) } throws: {
      "\($0)"
        == "\(out): expected a directory without a run, found checkpoints up to step-7; go on with --resume, "
        + "or choose another --out"
    }
    #expect(try CheckpointFolder(out: out, keep: 1, resumes: true).newest == out + "/checkpoints/step-7")
  }

  @Test func `what killed runs left is removed, and nothing else`() throws {
    try save(CheckpointFolder(out: out, keep: 1, resumes: false), 7, best: true)
    for name in ["checkpoints/.step-8.x", "checkpoints/.removed-6.x"] {
      directory.folder("a/run/" + name)
      directory.write("half", as: "a/run/\(name)/model.safetensors")
    }
    for name in [".last.k3", ".metrics.jsonl.q", "notes.txt", ".hidden", "checkpoints/readme"] {
      directory.write("x", as: "a/run/" + name)
    }
    let folder = try CheckpointFolder(out: out, keep: 1, resumes: true)
    #expect(folder.steps == [7])
    #expect(names(in: out) == [".hidden", ".lock", "best", "checkpoints", "last", "notes.txt"])
    #expect(names(in: out + "/checkpoints") == ["readme", "step-7"])
  }

  @Test func `a kill between the renaming and the links costs nothing`() throws {
    var folder: CheckpointFolder? = try CheckpointFolder(out: out, keep: 1, resumes: false)
    if let folder { try save(folder, 1, best: true) }
    folder?.reached = { point in if point == .renamed { throw Full() } }
    #expect(throws: SaveError.self) { if let folder { try save(folder, 2, best: true) } }
    #expect(link(out + "/last") == "checkpoints/step-1")
    folder = nil
    let again = try CheckpointFolder(out: out, keep: 1, resumes: true)
    #expect(link(out + "/last") == "checkpoints/step-2" && again.best == 1)
    try again.markBest(2)
    #expect(link(out + "/best") == "checkpoints/step-2")
    try again.markBest(3)
    #expect(again.best == 2)
  }

  @Test(arguments: SavePoint.allCases)
  func `a failure anywhere in a save is one line, leaves what there was, and the next save succeeds`(
    point: SavePoint
  ) throws {
    let folder = try CheckpointFolder(out: out, keep: 0, resumes: false)
    try save(folder, 1, best: true)
    try save(folder, 2)
    folder.reached = { if $0 == point { throw writeFailure("x", ENOSPC) } }
    let isSaved = ![.made, .written, .flushedFile, .flushed].contains(point)
    do {
      try save(folder, 3)
      Issue.record("nothing failed")
    } catch let error as SaveError {
      let good = "\(out)/checkpoints/step-\(isSaved ? 3 : 2)"
      #expect(
        error.description
          == "\(out)/checkpoints/step-3: cannot be saved: No space left on device; make room on the disk; the last good "
          + "checkpoint is \(good): go on with --resume --out \(out)")
      #expect(error.lastGood == good)
    }
    #expect(names(in: out + "/checkpoints").allSatisfy { !$0.hasPrefix(".step") })
    for step in folder.steps { #expect(isWhole(step, at: folder.path(ofStep: step))) }
    folder.reached = nil
    try save(folder, 4)
    #expect(folder.steps.contains(4) && folder.best == 1 && link(out + "/last") == "checkpoints/step-4")
  }

  @Test func `the first save that fails has nothing to go back to, and says so`() throws {
    let folder = try CheckpointFolder(out: out, keep: 0, resumes: false)
    #expect {
      try folder.save(step: 1, isBest: true) { _ in throw Full() }
    } throws: {
      "\($0)" == "\(out)/checkpoints/step-1: cannot be saved: no room; there is no earlier checkpoint"
    }
    #expect(names(in: out + "/checkpoints").isEmpty && folder.steps.isEmpty)
  }

  @Test func `a file that may not grow is a failed save, not the end of the process`() async throws {
    let out = out
    _ = try CheckpointFolder(out: out, keep: 1, resumes: false)
    await #expect(processExitsWith: .success) { [out = out as String] in
      signal(SIGXFSZ, SIG_IGN)
      let folder = try CheckpointFolder(out: out, keep: 1, resumes: true)
      try folder.save(step: 1, isBest: true) { try AtomicFile.write([1], to: $0 + "/small") }
      var limit = rlimit(rlim_cur: 20_000, rlim_max: 20_000)
      setrlimit(__rlimit_resource_t(RLIMIT_FSIZE.rawValue), &limit)
      do {
        try folder.save(step: 2, isBest: true) { try write(2, into: $0) }
        Issue.record("nothing failed")
      } catch let error as SaveError {
        #expect(error.description.contains("cannot be saved: File too large; "))
        #expect(error.lastGood == out + "/checkpoints/step-1")
      }
      #expect(names(in: out + "/checkpoints") == ["step-1"])
    }
  }

  /// `WARBLER_SMALL_DISK` names a directory on a file system of some 300 kB, such as
  /// `mount -t tmpfs -o size=300k tmpfs DIR`.
  @Test(.enabled(if: getenv("WARBLER_SMALL_DISK") != nil, "WARBLER_SMALL_DISK names no small disk"))
  func `a full disk ends in one line that names the last good checkpoint, which is whole`() throws {
    guard let disk = getenv("WARBLER_SMALL_DISK") else { return }
    let out = String(cString: disk) + "/run"
    let folder = try CheckpointFolder(out: out, keep: 100, resumes: false)
    var failure: SaveError?
    for step in 1...20 where failure == nil {
      do { try save(folder, step, best: true) } catch let error as SaveError { failure = error }
    }
    let last = try #require(folder.steps.last)
    #expect(
      failure?.description
        == "\(out)/checkpoints/step-\(last + 1): cannot be saved: No space left on device; make room on the disk; the "
        + "last good checkpoint is \(out)/checkpoints/step-\(last): go on with --resume --out \(out)")
    for step in folder.steps { #expect(isWhole(step, at: folder.path(ofStep: step))) }
    try removeTree(out)
  }
}

@Suite(.timeLimit(.minutes(3))) struct `Killed while saving` {
  let directory = TemporaryDirectory()

  /// All that is there is whole; returns the newest step.
  func check(_ out: String, _ comment: String) throws -> Int {
    // As any reader finds it, before anything is tidied up.
    for name in ["best", "last"] {
      guard let target = link("\(out)/\(name)"), let step = Int(target.dropFirst("checkpoints/step-".count))
      else {
        continue
      }
      #expect(isWhole(step, at: "\(out)/\(name)"), "\(comment): \(name)")
    }
    let folder = try CheckpointFolder(out: out, keep: 1, resumes: true)
    for step in folder.steps { #expect(isWhole(step, at: folder.path(ofStep: step)), "\(comment): \(step)") }
    let hidden = names(in: out + "/checkpoints").filter { $0.hasPrefix(".") }
    #expect(hidden.isEmpty, "\(comment): \(hidden)")
    #expect(folder.steps.last.map { "checkpoints/step-\($0)" } == link(out + "/last"), "\(comment)")
    return folder.steps.last ?? 0
  }

  @Test func `at random moments, again and again, the previous checkpoint is good`() async throws {
    let out = directory.file("run")
    var newest = 0
    var random = Seeded(7)
    for round in 0..<25 {
      // Around and within the first saves of a process.
      let delay = Int.random(in: 500...40_000, using: &random)
      await #expect(processExitsWith: .signal(SIGALRM)) { [out = out as String, delay = delay as Int] in
        unblockAlarm()
        let folder = try CheckpointFolder(out: out, keep: 1, resumes: true)
        var step = folder.steps.last ?? 0
        // Its default action ends the process at once, as SIGKILL does.
        var timer = itimerval(it_interval: timeval(), it_value: timeval(tv_sec: 0, tv_usec: delay))
        setitimer(__itimer_which_t(ITIMER_REAL.rawValue), &timer, nil)
        while true {
          step += 1
          try folder.save(step: step, isBest: step % 3 == 0) { try write(step, into: $0) }
        }
      }
      let step = try check(out, "round \(round), \(delay) us")
      #expect(step >= newest, "round \(round)")
      newest = step
    }
    #expect(newest > 0)
  }

  @Test(arguments: SavePoint.allCases) func `at every place of a save, the previous checkpoint is good`(
    point: SavePoint
  ) async throws {
    let out = directory.file("run")
    let name = point.rawValue
    await #expect(processExitsWith: .signal(SIGKILL)) { [out = out as String, name = name as String] in
      let folder = try CheckpointFolder(out: out, keep: 0, resumes: true)
      for step in 1...2 { try folder.save(step: step, isBest: step == 1) { try write(step, into: $0) } }
      folder.reached = { if $0.rawValue == name { kill(getpid(), SIGKILL) } }
      try folder.save(step: 3, isBest: false) { try write(3, into: $0) }
    }
    let isSaved = ![.made, .written, .flushedFile, .flushed].contains(point)
    #expect(try check(out, name) == (isSaved ? 3 : 2))
    #expect(link(out + "/best") == "checkpoints/step-1")
  }
}

/// Test runners may block signals, and children inherit that.
private func unblockAlarm() {
  var signals = sigset_t()
  sigemptyset(&signals)
  sigaddset(&signals, SIGALRM)
  pthread_sigmask(SIG_UNBLOCK, &signals, nil)
}
