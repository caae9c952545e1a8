import CTC
import Checkpoints
import TestSupport
import Testing
import Workbench

@Suite struct `A folder of frames` {
  let directory = TemporaryDirectory()
  let rows = FrameRows(Emissions(frames: 2, vocabularySize: 3, logPosteriors: [-1, -2, -3, -4, -5, -6]))

  @Test func `an id's slashes make folders`() throws {
    let folder = try FrameFolder(directory: "\(directory.path)/out")
    try folder.write(rows, as: .float32, id: "a/b/c.x")
    try folder.write(rows, as: .float32, id: "/abs/./d")
    let file = try NumPyFile(path: "\(directory.path)/out/a/b/c.x.npy")
    #expect(file.shape == [2, 3])
    #expect(file.floats == rows.values)
    #expect(names(in: "\(directory.path)/out/abs") == ["d.npy"])
    try folder.write(rows, as: .float16, id: "half")
    let half = try NumPyFile(path: "\(directory.path)/out/half.npy")
    #expect(half.shape == [2, 3] && half.floats == rows.values)
  }

  @Test(arguments: ["../x", "a/../../x", "..", ".", "a/..", "x\0y"])
  func `an id that would leave the folder is refused`(id: String) throws {
    let folder = try FrameFolder(directory: "\(directory.path)/out")
    #expect(throws: InputFailure.self) { try folder.write(rows, as: .float32, id: id) }
    let entries = folder.refusing([
      .utterance(Utterance(id: id, sound: .file(path: "x.wav"))),
      .utterance(Utterance(id: "good", sound: .file(path: "y.wav"))),
    ])
    guard case .failure(let failure) = entries[0], case .utterance = entries[1] else {
      Issue.record("\(entries)")
      return
    }
    #expect(failure.description.contains("would lead out of"))
    #expect(names(in: directory.path) == ["out"])
  }

  @Test func `a file in the way is named`() throws {
    let path = directory.write("x", as: "file")
    #expect(
      throws: InputFailure(
        "\(path): cannot be made a directory: Not a directory; check the path and its permissions")
    ) {
      try FrameFolder(directory: path)
    }
  }
}
