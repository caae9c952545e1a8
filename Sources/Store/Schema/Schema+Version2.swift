extension Schema {
  /// Comparisons: `document` is what `compare --json` prints, without the scores of each utterance.
  static let version2 = """
    CREATE TABLE comparison (
      id INTEGER PRIMARY KEY AUTOINCREMENT,
      made_at TEXT NOT NULL,
      title TEXT NOT NULL,
      document TEXT NOT NULL,
      version TEXT NOT NULL
    );
    """
}
