/// What JSON lines and tables call what they tell of an utterance. Of several the first that is there counts.
enum ManifestFields {
  static let audio: Set<String> = [audioPath, fileName, path]
  /// NeMo's.
  static let audioPath = "audio_filepath"
  /// Hugging Face's.
  static let fileName = "file_name"
  /// Common Voice's, of tables alone: below `clips`.
  static let path = "path"
  static let text = ["text", "transcription", "transcript", "sentence"]
  static let speaker = ["speaker", "speaker_id", "client_id"]
}
