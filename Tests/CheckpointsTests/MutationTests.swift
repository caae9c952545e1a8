import TestSupport
import Testing

@testable import Checkpoints

/// Damaged files are read or refused with an error: no crash, no read beyond the file, no memory of a size it
/// merely claims.
@Suite("Mutated files", .serialized)
struct MutationTests {
  private func mutated(_ seed: [UInt8], _ random: inout Seeded) -> [UInt8] {
    var bytes = seed
    for _ in 0..<Int.random(in: 1...3, using: &random) {
      guard !bytes.isEmpty else { return bytes }
      let place = Int.random(in: 0..<bytes.count, using: &random)
      switch Int.random(in: 0..<6, using: &random) {
      case 0: bytes[place] ^= 1 << UInt8.random(in: 0..<8, using: &random)
      case 1: bytes[place] = UInt8.random(in: 0...255, using: &random)
      case 2: bytes.remove(at: place)
      case 3: bytes.insert(Array("0129{}[](),:'\"".utf8).randomElement(using: &random)!, at: place)
      case 4: bytes = Array(bytes.prefix(place))
      default: bytes[min(place % 12, bytes.count - 1)] = UInt8.random(in: 0...255, using: &random)
      }
    }
    return bytes
  }

  /// - Parameter tensors: what a file of these bytes holds; every float of it is then read.
  private func read(
    _ seeds: [String], seed: UInt64, tensors: (UnsafeRawBufferPointer) throws -> [TensorDescription]
  ) {
    let seeds = seeds.map { contents(of: golden($0)) }
    var random = Seeded(seed)
    let before = memory("VmHWM")
    var opened = 0
    for round in 0..<40_000 {
      mutated(seeds[round % seeds.count], &random).withUnsafeBytes { buffer in
        guard let tensors = try? tensors(buffer) else { return }
        opened += 1
        for tensor in tensors where tensor.dataType.isReadableAsFloat {
          let source = UnsafeRawBufferPointer(rebasing: buffer[tensor.byteRange])
          var floats = [Float](repeating: 0, count: tensor.elementCount)
          floats.withUnsafeMutableBufferPointer { widen(tensor.dataType, source, into: $0) }
        }
      }
    }
    #expect(opened > 1000)
    #expect(memory("VmHWM") - before < 512 << 20)
  }

  @Test("Safetensors")
  func safetensorsFiles() {
    read(["mixed.safetensors", "sharded/model-00001-of-00002.safetensors"], seed: 11) {
      try SafetensorsHeader(parsing: $0, path: "x").tensors
    }
  }

  @Test("PyTorch's pickles")
  func pickles() {
    read(["mixed.bin", "mixed-legacy.bin", "views.bin", "mixed-protocol-4.bin"], seed: 17) {
      try PyTorchTensors($0, path: "x").tensors
    }
  }

  @Test("NumPy")
  func numPyFiles() throws {
    let seeds = ["single", "double", "half", "vector", "version-2", "version-3"].map {
      contents(of: golden("\($0).npy"))
    }
    var random = Seeded(13)
    var opened = 0
    for round in 0..<40_000 {
      mutated(seeds[round % seeds.count], &random).withUnsafeBytes { buffer in
        guard let header = try? NumPyHeader(parsing: buffer, path: "x") else { return }
        opened += 1
        #expect(
          header.shape.reduce(1, *) * header.dataType.bitsPerElement / 8 == buffer.count - header.dataBegin)
      }
    }
    #expect(opened > 1000)
  }

  @Test("Shard indices")
  func indices() {
    let directory = TemporaryDirectory()
    let seed = contents(of: golden("sharded/model.safetensors.index.json"))
    var random = Seeded(17)
    for _ in 0..<2000 {
      directory.write(mutated(seed, &random), as: "model.safetensors.index.json")
      _ = try? TensorArchive(path: directory.path)
    }
  }
}
