import CTC
import Checkpoints
import TestSupport
import Testing

/// torchaudio's paths, which `scripts/goldens/alignment.py` wrote.
struct AlignmentGoldenTests {
  @Test(arguments: ["one", "tight", "repeats", "loose", "peaky", "last-blank", "flat"])
  func isTorchaudiosPathFrameByFrame(name: String) throws {
    let file = try TensorFile(path: golden("alignment.safetensors"))
    func integers(_ part: String) throws -> [Int] { try file.floats("\(name).\(part)").map { Int($0) } }
    let shape = try #require(file["\(name).log_posteriors"]?.shape)
    let emissions = Emissions(
      frames: shape[0], vocabularySize: shape[1], logPosteriors: try file.floats("\(name).log_posteriors"))
    let blank = try integers("blank")[0]
    let alignment = try #require(
      ForcedAlignment(emissions, labels: try integers("labels"), blank: blank))
    #expect(alignment.path == (try integers("path")))
    #expect(alignment.score == emissions.logProbability(ofPath: alignment.path))
  }
}
