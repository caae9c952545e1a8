/// What help says a manifest is, for all commands that take one; Docs/file-formats.md has the rest.
enum ManifestHelp {
  static let inputs = """
    Audio files, directories (of recordings, Kaldi's, LibriSpeech's), manifests (JSON lines with audio_filepath, \
    metadata.csv, Common Voice's or fairseq's .tsv)
    """
  static let withTexts = """
    Speech with texts: JSON lines with audio_filepath and text, metadata.csv, Common Voice's or fairseq's .tsv, Kaldi's \
    or LibriSpeech's directory.
    """
}
