#if canImport(Glibc)
import Glibc
#endif

/// The path from the root on, as it is written: links are not followed, and it need not exist.
package func absolutePath(_ path: String) -> String {
  var path = path
  while path.count > 1 && path.hasSuffix("/") { path.removeLast() }
  while path.hasPrefix("./") { path.removeFirst(2) }
  if path.hasPrefix("/") { return path }
  guard let directory = getcwd(nil, 0) else { return path }
  defer { free(directory) }
  let base = String(cString: directory)
  return path == "." ? base : base + (base == "/" ? "" : "/") + path
}

package func fileExists(_ path: String) -> Bool { access(path, F_OK) == 0 }
