#if canImport(Glibc)
import Glibc
#endif

/// The components of a path from the root on, without `.`, `..` and empty ones. Links are not followed.
func absoluteComponents(of path: String) -> [String] {
  var components: [String] = []
  let rooted = path.hasPrefix("/") ? path : currentDirectory() + "/" + path
  for component in rooted.split(separator: "/") where component != "." {
    if component == ".." { _ = components.popLast() } else { components.append(String(component)) }
  }
  return components
}

/// The path from the root on: what a record that outlives the working directory calls a file.
func absolutePath(_ path: String) -> String { "/" + absoluteComponents(of: path).joined(separator: "/") }

private func currentDirectory() -> String {
  guard let path = getcwd(nil, 0) else { return "" }
  defer { free(path) }
  return String(cString: path)
}

/// A path without the extension of its last component; a name that begins with its only dot has none.
func withoutExtension(_ path: String) -> String {
  let name = path.utf8.lastIndex(of: UInt8(ascii: "/")).map { path.utf8.index(after: $0) } ?? path.startIndex
  guard let dot = path.utf8[name...].lastIndex(of: UInt8(ascii: ".")), dot > name else { return path }
  return String(path[..<dot])
}

/// The extension of a name in lower case, without its dot; empty if there is none.
func lowercasedExtension(of name: String) -> String {
  let stem = withoutExtension(name)
  return stem.utf8.count == name.utf8.count ? "" : name.dropFirst(stem.count + 1).lowercased()
}

/// A path as it opens from here, when a file in `directory` (empty, or with a slash at its end) wrote it.
func resolved(_ path: String, against directory: String) -> String {
  path.hasPrefix("/") ? path : directory + path
}

/// Everything up to the last slash, the slash too; empty for a mere name.
func directoryPrefix(of path: String) -> String {
  path.utf8.lastIndex(of: UInt8(ascii: "/")).map { String(path[...$0]) } ?? ""
}

/// A directory's path with a slash at its end, to put a name behind.
func asPrefix(_ directory: String) -> String { directory.hasSuffix("/") ? directory : directory + "/" }

/// Where the result called `id` goes below a directory, as relative components.
/// - Returns: nil for an id that would leave the directory, or name nothing in it.
func folderComponents(ofID id: String) -> [String]? {
  var components: [String] = []
  for component in id.split(separator: "/") where component != "." {
    if component == ".." {
      if components.popLast() == nil { return nil }
    } else {
      components.append(String(component))
    }
  }
  return components.isEmpty || id.utf8.contains(0) ? nil : components
}
