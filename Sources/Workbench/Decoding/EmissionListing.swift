import Checkpoints

#if canImport(Glibc)
import Glibc
#endif

/// Emissions that are there already, as the arguments of a command name them: `.npy` files, the tensors of
/// `.safetensors` files, and both in directories. Everything that cannot be listed is an entry, too.
struct EmissionListing {
  let entries: [InputEntry]

  init(_ arguments: [String]) {
    var builder = IDAssignment()
    for argument in arguments {
      var status = stat()
      if stat(argument, &status) != 0 {
        builder.add(InputFailure(argument, "cannot be read: \(SystemError(number: errno)); check the path"))
      } else if status.st_mode & S_IFMT == S_IFDIR {
        let walk = DirectoryWalk(argument, extensions: ["npy", "safetensors"])
        for path in walk.files { Self.add(path, to: &builder) }
        for failure in walk.failures { builder.add(failure) }
        if walk.files.isEmpty && walk.failures.isEmpty {
          builder.add(
            InputFailure(argument, "holds no emissions (.npy or .safetensors); name a directory that does"))
        }
      } else {
        Self.add(argument, to: &builder)
      }
    }
    entries = builder.entries()
  }

  private static func add(_ path: String, to builder: inout IDAssignment) {
    guard lowercasedExtension(of: path) == "safetensors" else { return builder.add(path: path) }
    do throws(CheckpointError) {
      let names = try TensorFile(path: path).tensors.map(\.name).sorted()
      for name in names { builder.add(tensor: name, of: path) }
      if names.isEmpty { builder.add(InputFailure(path, "holds no tensor; write one for each utterance")) }
    } catch { builder.add(InputFailure(error.description)) }
  }
}
