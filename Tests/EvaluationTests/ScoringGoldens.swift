import TestSupport

/// The lines of a golden table, split at tabs.
func goldenRows(_ name: String, file: String = #filePath) -> [[String]] {
  String(decoding: contents(of: golden(name, file: file)), as: UTF8.self).split(separator: "\n").map {
    $0.split(separator: "\t", omittingEmptySubsequences: false).map(String.init)
  }
}

func words(_ text: String) -> [String] { text.split(separator: " ").map(String.init) }
