import Checkpoints

/// A directory that keeps a text file for each utterance: `DIR/ID.EXTENSION`. `/` in an id makes folders.
public struct DocumentFolder {
  public let directory: String
  private let pathExtension: String

  /// Makes the directory if it is not there.
  public init(directory: String, extension: String) throws(InputFailure) {
    self.directory = directory
    pathExtension = `extension`
    try makeFolders([], in: directory)
  }

  /// Writes one utterance's text; the file appears complete or not at all.
  public func write(_ text: String, id: String) throws(InputFailure) {
    let path = try outputPath(id: id, extension: pathExtension, in: directory)
    do throws(CheckpointError) {
      try AtomicFile.write(Array(text.utf8), to: path)
    } catch { throw InputFailure(error.description) }
  }
}
