extension Schema {
  /// Times are UTC text, `2026-01-31T12:00:00.000Z`, which sorts and which SQLite's date functions read.
  /// Hashes are SHA-256 in lower-case hexadecimal. `json` columns hold JSON text.
  static let version1 = """
    CREATE TABLE training_run (
      id INTEGER PRIMARY KEY AUTOINCREMENT,
      started_at TEXT NOT NULL,
      updated_at TEXT NOT NULL,
      status TEXT NOT NULL CHECK (status IN ('running', 'finished', 'interrupted', 'failed')),
      message TEXT,
      directory TEXT NOT NULL,
      initial_checkpoint_id INTEGER REFERENCES checkpoint ON DELETE SET NULL,
      settings TEXT NOT NULL,
      data TEXT NOT NULL,
      version TEXT NOT NULL,
      host TEXT NOT NULL,
      process TEXT NOT NULL
    );
    CREATE INDEX training_run_directory ON training_run (directory);
    CREATE INDEX training_run_initial_checkpoint ON training_run (initial_checkpoint_id);

    CREATE TABLE training_metric (
      run_id INTEGER NOT NULL REFERENCES training_run ON DELETE CASCADE,
      kind TEXT NOT NULL CHECK (kind IN ('step', 'evaluation')),
      step INTEGER NOT NULL,
      metrics TEXT NOT NULL,
      PRIMARY KEY (run_id, kind, step)
    ) WITHOUT ROWID;

    CREATE TABLE checkpoint (
      id INTEGER PRIMARY KEY AUTOINCREMENT,
      hash TEXT NOT NULL UNIQUE,
      path TEXT NOT NULL,
      architecture TEXT NOT NULL,
      parameters INTEGER NOT NULL,
      parent_id INTEGER REFERENCES checkpoint ON DELETE SET NULL,
      training_run_id INTEGER REFERENCES training_run ON DELETE SET NULL,
      step INTEGER,
      metrics TEXT,
      registered_at TEXT NOT NULL
    );
    CREATE INDEX checkpoint_parent ON checkpoint (parent_id);
    CREATE INDEX checkpoint_training_run ON checkpoint (training_run_id);

    CREATE TABLE decode_run (
      id INTEGER PRIMARY KEY AUTOINCREMENT,
      started_at TEXT NOT NULL,
      updated_at TEXT NOT NULL,
      status TEXT NOT NULL CHECK (status IN ('running', 'finished', 'interrupted', 'failed')),
      message TEXT,
      checkpoint_id INTEGER REFERENCES checkpoint,
      decoder TEXT NOT NULL,
      precision TEXT NOT NULL,
      settings TEXT NOT NULL,
      inputs INTEGER NOT NULL,
      decoded INTEGER NOT NULL DEFAULT 0,
      failed INTEGER NOT NULL DEFAULT 0,
      audio_seconds REAL NOT NULL DEFAULT 0,
      version TEXT NOT NULL,
      host TEXT NOT NULL,
      process TEXT NOT NULL
    );
    CREATE INDEX decode_run_checkpoint ON decode_run (checkpoint_id);

    CREATE TABLE utterance (
      id INTEGER PRIMARY KEY AUTOINCREMENT,
      hash TEXT NOT NULL UNIQUE,
      audio_hash TEXT NOT NULL,
      offset_seconds REAL,
      length_seconds REAL,
      duration REAL NOT NULL,
      path TEXT NOT NULL
    );
    CREATE INDEX utterance_audio ON utterance (audio_hash);

    CREATE TABLE transcript (
      id INTEGER PRIMARY KEY AUTOINCREMENT,
      run_id INTEGER NOT NULL REFERENCES decode_run ON DELETE CASCADE,
      utterance_id INTEGER NOT NULL REFERENCES utterance,
      name TEXT NOT NULL,
      path TEXT NOT NULL,
      text TEXT NOT NULL,
      score REAL,
      acoustic_score REAL,
      lm_score REAL,
      confidence REAL,
      words TEXT NOT NULL,
      nbest TEXT NOT NULL,
      seconds TEXT NOT NULL,
      UNIQUE (run_id, name)
    );
    CREATE INDEX transcript_utterance ON transcript (utterance_id);

    CREATE VIRTUAL TABLE transcript_search USING fts5 (
      text, content = 'transcript', content_rowid = 'id', tokenize = 'unicode61 remove_diacritics 2'
    );
    CREATE TRIGGER transcript_inserted AFTER INSERT ON transcript BEGIN
      INSERT INTO transcript_search (rowid, text) VALUES (new.id, new.text);
    END;
    CREATE TRIGGER transcript_deleted AFTER DELETE ON transcript BEGIN
      INSERT INTO transcript_search (transcript_search, rowid, text) VALUES ('delete', old.id, old.text);
    END;
    CREATE TRIGGER transcript_updated AFTER UPDATE ON transcript BEGIN
      INSERT INTO transcript_search (transcript_search, rowid, text) VALUES ('delete', old.id, old.text);
      INSERT INTO transcript_search (rowid, text) VALUES (new.id, new.text);
    END;

    CREATE TABLE file_hash (
      path TEXT PRIMARY KEY,
      size INTEGER NOT NULL,
      modified_ns INTEGER NOT NULL,
      inode INTEGER NOT NULL,
      hash TEXT NOT NULL
    ) WITHOUT ROWID;

    CREATE VIEW history AS
      SELECT
        utterance.id AS utterance_id, utterance.hash AS utterance_hash, utterance.audio_hash,
        utterance.offset_seconds, utterance.length_seconds, utterance.duration,
        transcript.id AS transcript_id, transcript.name, transcript.path, transcript.text, transcript.score,
        transcript.acoustic_score, transcript.lm_score, transcript.confidence, transcript.words,
        transcript.nbest, transcript.seconds,
        decode_run.id AS run_id, decode_run.started_at, decode_run.decoder, decode_run.precision,
        checkpoint.id AS checkpoint_id, checkpoint.hash AS checkpoint_hash, checkpoint.path AS checkpoint_path
      FROM transcript
      JOIN utterance ON utterance.id = transcript.utterance_id
      JOIN decode_run ON decode_run.id = transcript.run_id
      LEFT JOIN checkpoint ON checkpoint.id = decode_run.checkpoint_id;
    """
}
