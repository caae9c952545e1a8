import Audio

#if canImport(Glibc)
import Glibc
#endif

/// What the arguments of a command come to, in their order: files, the rows of manifests, which directories are
/// too, `-` for standard input.
///
/// Everything that cannot be listed is an entry too, so that it is
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
    do throws(InputFailure) {
      for entry in try Manifest(path: directory).entries { builder.add(entry) }
    } catch { builder.add(error) }
  }

  private static func listFile(_ path: String, into builder: inout IDAssignment) {
    let beginning: [UInt8]
    do { beginning = try readBeginning(path: path, count: ManifestForm.beginning) } catch {
      return builder.add(
        InputFailure(AudioError.unreadable(name: path, errorNumber: error.number).description))
    }
    if let form = ManifestForm(beginning: beginning) {
      do throws(InputFailure) {
        for entry in try Manifest(path: path, form: form).entries { builder.add(entry) }
      } catch { builder.add(error) }
    } else if let refusal = refusal(path, beginning) {
      builder.add(refusal)
    } else {
      builder.add(path: path)
    }
  }

  /// What is neither audio nor a manifest, told by its name.
  private static func refusal(_ path: String, _ beginning: [UInt8]) -> InputFailure? {
    if beginning.starts(with: [0x93] + Array("NUMPY".utf8)) || lowercasedExtension(of: path) == "safetensors"
    {
      return InputFailure(
        path, "holds emissions or other numbers, no sound; decode emissions with --vocab instead of --model")
    }
    if ["csv", "tsv", "scp"].contains(lowercasedExtension(of: path)) {
      return ManifestForm.failure(path)
    }
    return nil
  }
}
