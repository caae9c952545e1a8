import CTC
import Checkpoints
import Vocabulary

/// The emissions of several models, kept in files from when they are computed until a page shows them.
final class EmissionShelf {
  /// A model, and the systems that are decoders of its emissions.
  struct Model {
    let name: String
    let vocabulary: CTCVocabulary
    let classes: Int
    let timing: FrameTiming
    let decoders: [DecoderChoice]
    let aligner: UtteranceAligner
  }

  var models: [Model] = []
  /// Of each utterance that is compared, its number when its emissions were kept.
  private var rows: [Int] = []
  /// Where the user wants them; otherwise they go with the shelf.
  private let kept: String?
  private let scratch: ScratchFolder?

  init(keptIn directory: String?) throws(InputFailure) {
    kept = directory
    if let directory { try makeFolders([], in: directory) }
    scratch = directory == nil ? try ScratchFolder() : nil
  }

  /// The folder for a model's emissions that the user wants: its own where there are several.
  func folder(of model: Int, among count: Int) -> String? {
    kept.map { count > 1 ? "\($0)/\(model + 1)" : $0 }
  }

  /// From now on, places are those of the utterances that are compared.
  func places(_ rows: [Int]) -> EmissionShelf {
    self.rows = rows
    return self
  }

  func keep(_ emissions: Emissions, of model: Int, among count: Int, place: Int, id: String)
    throws(InputFailure)
  {
    let path = try path(of: model, among: count, place: place, id: id)
    do throws(CheckpointError) {
      try NumPyFile.write(
        emissions.logPosteriors, shape: [emissions.frames, emissions.vocabularySize], to: path)
    } catch { throw InputFailure(error.description) }
  }

  func emissions(of model: Int, place: Int, id: String) throws(InputFailure) -> Emissions {
    let path = try path(of: model, among: models.count, place: rows[place], id: id)
    do throws(CheckpointError) {
      let file = try NumPyFile(path: path)
      let shape = try file.matrixShape(path: path)
      return Emissions(frames: shape.rows, vocabularySize: shape.columns, logPosteriors: file.floats)
    } catch { throw InputFailure(error.description) }
  }

  private func path(of model: Int, among count: Int, place: Int, id: String) throws(InputFailure) -> String {
    if let folder = folder(of: model, among: count) {
      return try outputPath(id: id, extension: "npy", in: folder)
    }
    return "\(scratch?.path ?? "")/\(model)-\(place).npy"
  }
}
