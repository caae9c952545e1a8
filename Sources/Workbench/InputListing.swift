import Audio

#if canImport(Glibc)
import Glibc
#endif

/// What the arguments of a command come to, in their order: files, the audio files of directories, the rows
/// of manifests, `-` for standard input.
///
/// A manifest is known by its content. Everything that cannot be listed is an entry too, so that it is
/// reported in its place and the rest is decoded.
public struct InputListing: Sendable {
  public let entries: [InputEntry]

  public init(_ arguments: [String]) {
    var builder = IDAssignment()
    for argument in arguments { Self.list(argument, into: &builder) }
    entries = builder.entries()
  }

  /// The utterances alone.
  public var utterances: [Utterance] {
    entries.compactMap { if case .utterance(let utterance) = $0 { utterance } else { nil } }
  }

  private static func list(_ argument: String, into builder: inout IDAssignment) {
    if argument == "-" { return builder.addStandardInput() }
    var status = stat()
    guard stat(argument, &status) == 0 else {
      return builder.add(InputFailure(AudioError.unreadable(name: argument, errorNumber: errno).description))
    }
    switch status.st_mode & S_IFMT {
    case S_IFDIR: listDirectory(argument, into: &builder)
    case S_IFREG: listFile(argument, into: &builder)
    default: builder.add(path: argument)
    }
  }

  private static func listDirectory(_ directory: String, into builder: inout IDAssignment) {
    let walk = DirectoryWalk(directory)
    for path in walk.files { builder.add(path: path) }
    for failure in walk.failures { builder.add(failure) }
    guard walk.files.isEmpty, walk.failures.isEmpty else { return }
    let prefix = directory.hasSuffix("/") ? directory : directory + "/"
    builder.add(
      InputFailure(
        directory,
        access(prefix + "wav.scp", F_OK) == 0
          ? "Kaldi directories are not read yet; write a manifest of JSON lines with audio_filepath"
          : "holds no audio files; name a directory with recordings (WAV, FLAC, OGG, Opus, MP3, AIFF)"))
  }

  private static func listFile(_ path: String, into builder: inout IDAssignment) {
    let beginning: [UInt8]
    do { beginning = try readBeginning(path: path, count: 4096) } catch {
      return builder.add(
        InputFailure(AudioError.unreadable(name: path, errorNumber: error.number).description))
    }
    if Manifest.isManifest(beginning: beginning) {
      do throws(InputFailure) {
        let manifest = try Manifest(path: path)
        for row in manifest.rows { builder.add(row, of: path) }
      } catch { builder.add(error) }
    } else if let refusal = refusal(path, beginning) {
      builder.add(refusal)
    } else {
      builder.add(path: path)
    }
  }

  /// Files that the command line promises to read and this version does not.
  private static func refusal(_ path: String, _ beginning: [UInt8]) -> InputFailure? {
    if beginning.starts(with: [0x93] + Array("NUMPY".utf8)) || lowercasedExtension(of: path) == "safetensors"
    {
      return InputFailure(
        path, "holds emissions or other numbers, no sound; decode emissions with --vocab instead of --model")
    }
    if ["csv", "tsv", "scp"].contains(lowercasedExtension(of: path)) {
      return InputFailure(
        path, "manifests of this form are not read yet; write JSON lines with audio_filepath")
    }
    return nil
  }
}
