import Checkpoints
import TestSupport
import Testing

/// A .npy file with this dictionary, padded as NumPy pads.
private func npy(_ header: String, data: Int = 0, version: UInt8 = 1, claiming length: UInt32? = nil)
  -> [UInt8]
{
  let text = Array(header.utf8)
  let count = length ?? UInt32(text.count)
  let width = version == 1 ? 2 : 4
  return [0x93] + Array("NUMPY".utf8) + [version, 0]
    + withUnsafeBytes(of: count.littleEndian) { Array($0.prefix(width)) }
    + text + [UInt8](repeating: 0, count: data)
}

@Suite("NumPy files")
struct NumPyFileTests {
  @Test("Files written by NumPy are read: three types, three versions, no, one and two dimensions")
  func readsReference() throws {
    let ramp = (0..<15).map { Float($0) / 4 - 2 }
    for name in ["single", "double", "half", "version-2", "version-3"] {
      let file = try NumPyFile(path: golden("\(name).npy"))
      #expect(file.shape == [5, 3], "\(name)")
      #expect(file.floats == ramp, "\(name)")
    }
    #expect(try NumPyFile(path: golden("vector.npy")).shape == [15])
    #expect(try NumPyFile(path: golden("scalar.npy")).floats == [0.5])
    #expect(try NumPyFile(path: golden("none.npy")).shape == [0, 3])
    let (rows, columns) = try NumPyFile(path: golden("single.npy")).matrixShape(path: "x")
    #expect(rows == 5 && columns == 3)
    #expect(throws: CheckpointError.self) { try NumPyFile(path: golden("vector.npy")).matrixShape(path: "x") }
  }

  @Test("What is written is, byte for byte, what NumPy writes")
  func writesReference() throws {
    let directory = TemporaryDirectory()
    let path = directory.path + "/x.npy"
    let ramp = (0..<15).map { Float($0) / 4 - 2 }
    for (name, shape) in [("single", [5, 3]), ("vector", [15])] {
      try NumPyFile.write(ramp, shape: shape, to: path)
      #expect(contents(of: path) == contents(of: golden("\(name).npy")), "\(name)")
    }
    try NumPyFile.write(ramp, shape: [5, 3], as: .float16, to: path)
    #expect(contents(of: path) == contents(of: golden("half.npy")))
    try NumPyFile.write([0.5], shape: [], to: path)
    #expect(contents(of: path) == contents(of: golden("scalar.npy")))
    try NumPyFile.write([], shape: [0, 3], to: path)
    #expect(contents(of: path) == contents(of: golden("none.npy")))
    #expect(directory.names == ["x.npy"])
  }

  @Test(
    "Arrays of other kinds are refused by what they are",
    arguments: [
      ("fortran", "fortran_order: expected False, found True"), ("big-endian", "found >f4"),
      ("integer", "found <i8"),
      ("structured", "found a structured type"),
    ])
  func otherKinds(_ name: String, _ text: String) {
    #expect { try NumPyFile(path: golden("\(name).npy")) } throws: { "\($0)".contains(text) }
  }

  static let good = "{'descr': '<f4', 'fortran_order': False, 'shape': (2, 1), }"

  @Test(
    "Any spelling of the dictionary is read",
    arguments: [
      good, "{'shape':(2,1),'descr':\"<f4\",'fortran_order':False}",
      "{'descr': '<f4', 'fortran_order': False, 'shape': (2, 1,)}  \n",
    ])
  func spellings(_ header: String) throws {
    let directory = TemporaryDirectory()
    for version in [UInt8(1), 2, 3] {
      let file = try NumPyFile(path: directory.write(npy(header, data: 8, version: version), as: "x.npy"))
      #expect(file.shape == [2, 1])
    }
  }

  static let hostile: [(String, [UInt8])] =
    [
      ("empty", []), ("magic alone", [0x93] + Array("NUMPY".utf8)),
      ("other magic", Array("\u{93}NUMPY".utf8) + [1, 0, 0, 0]),
      ("version 4", npy(good, data: 8, version: 4)), ("version 0", npy(good, data: 8, version: 0)),
      ("a header beyond the file", npy(good, claiming: 60000)),
      ("a header of 4 GB", npy(good, version: 2, claiming: .max)),
      ("an empty header", npy("")), ("data cut short", npy(good, data: 7)),
      ("data left over", npy(good, data: 9)),
    ]
    + [
      "{}", "{", "{'descr': '<f4'}",
      "{'descr': '<f4', 'descr': '<f4', 'fortran_order': False, 'shape': (2, 1)}",
      "{'descr': '<f4', 'fortran_order': False, 'shape': (2, 1), 'x': 1}",
      "{'descr': '<f4', 'fortran_order': 0, 'shape': (2, 1)}",
      "{'descr': '<f4', 'fortran_order': False, 'shape': [2, 1]}",
      "{'descr': '<f4', 'fortran_order': False, 'shape': (2)}",
      "{'descr': '<f4', 'fortran_order': False, 'shape': (-2, 1)}",
      "{'descr': '<f4', 'fortran_order': False, 'shape': (2, 1)} or x",
      "{'descr': '<f4', 'fortran_order': False, 'shape': (99999999999999999999,)}",
      "{'descr': '<f4', 'fortran_order': False, 'shape': (4294967296, 4294967296)}",
      "{'descr': '<f4', 'fortran_order': False, 'shape': (4611686018427387906,)}",
      "{'descr': '<f4', 'fortran_order': False, 'shape': (1000000000000,)}",
      "{'descr': '|O', 'fortran_order': False, 'shape': (1,)}",
      "{'descr': '<f4\\n', 'fortran_order': False, 'shape': (2,)}",
      "{'descr': __import__('os').system('x'), 'fortran_order': False, 'shape': (2,)}", "{'descr': '<f4",
      "{'descr': '<f4', 'fortran_order': False, 'shape': (2L, 1)}",
      "{'descr': '<f4' 'fortran_order': False, 'shape': (2, 1)}",
      "{'descr': '<f4', 'fortran_order': False, 'shape': (" + String(repeating: "1,", count: 100) + ")}",
    ].map { ($0, npy($0, data: 8)) }

  @Test("A hostile file is refused in one line", arguments: hostile)
  func refuses(_ name: String, _ bytes: [UInt8]) {
    let directory = TemporaryDirectory()
    let path = directory.write(bytes, as: "x.npy")
    do throws(CheckpointError) {
      _ = try NumPyFile(path: path)
      Issue.record("read")
    } catch {
      #expect(error.description.hasPrefix(path) && !error.description.contains("\n"))
    }
  }
}
