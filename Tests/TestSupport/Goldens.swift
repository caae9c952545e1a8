/// A golden file or directory of the calling suite: `name` in the folder `Goldens` beside its tests.
public func golden(_ name: String, file: String = #filePath) -> String {
  "\(folder(of: file))/Goldens/\(name)"
}

/// The directory of the tiny seeded models that `scripts/goldens/forward.py` wrote.
public let goldenModels = "\(folder(of: folder(of: #filePath)))/AcousticModelTests/Goldens"

/// The directory of one of them.
public func goldenModel(_ variant: String = "hubert-base") -> String { "\(goldenModels)/\(variant)" }

/// The directory of the random n-gram models that `scripts/goldens/language_model.py` wrote.
public let goldenLanguageModels = "\(folder(of: folder(of: #filePath)))/LanguageModelTests/Goldens"

private func folder(of path: String) -> String {
  path.split(separator: "/").dropLast().map { "/" + $0 }.joined()
}
