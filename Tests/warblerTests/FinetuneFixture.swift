import Glibc
import JSON
import TestSupport
import Training

/// A folder with a corpus of noise, the configuration of a tiny model, and runs of `warbler finetune` on
/// them.
struct FinetuneFixture {
  let directory = TemporaryDirectory()

  init() {
    let texts = ["ab", "ba", "a b", "bab", "abba", "b", "aa", "b a b", "baa", "a"]
    for (name, count) in [("train", 10), ("dev", 3)] {
      var lines = ""
      for index in 0..<count {
        let seconds = 0.4 + 0.05 * Double(index)
        let seed = UInt64(index + (name == "dev" ? 100 : 1))
        directory.write(wav(noise(Int(16_000 * seconds), seed: seed)), as: "\(name)\(index).wav")
        lines += "{\"audio_filepath\": \"\(name)\(index).wav\", \"text\": \"\(texts[index])\"}\n"
      }
      directory.write(lines, as: "\(name).jsonl")
    }
    directory.write(
      """
      {"architectures": ["HubertForCTC"], "model_type": "hubert", "conv_dim": [16, 16], "conv_stride": [10, 32],
       "conv_kernel": [40, 64], "num_feat_extract_layers": 2, "hidden_size": 32, "num_hidden_layers": 2,
       "num_attention_heads": 4, "intermediate_size": 48, "num_conv_pos_embeddings": 16,
       "num_conv_pos_embedding_groups": 8, "do_stable_layer_norm": true, "pad_token_id": 0}
      """, as: "config.json")
  }

  /// Random weights and the characters of the texts.
  static let fresh = ["--init", "config.json", "--vocab-from-data"]
  static let data = ["--train", "train.jsonl", "--dev", "dev.jsonl", "--batch-size", "3", "--threads", "1"]

  func start(_ arguments: [String], fileBytes: Int? = nil) -> Subprocess {
    Subprocess(["finetune"] + arguments, in: directory.path, fileBytes: fileBytes)
  }

  func run(_ arguments: [String], fileBytes: Int? = nil) -> Subprocess.Result {
    start(arguments, fileBytes: fileBytes).finish()
  }

  /// The path of a file of a run.
  func file(_ name: String) -> String { directory.file(name) }

  func isThere(_ name: String) -> Bool { access(file(name), F_OK) == 0 }

  /// The step that a link leads to.
  func link(_ name: String) -> String? {
    var buffer = [CChar](repeating: 0, count: 256)
    let count = readlink(file(name), &buffer, buffer.count)
    return count < 0 ? nil : String(decoding: buffer[..<count].map { UInt8(bitPattern: $0) }, as: UTF8.self)
  }

  /// Every file of all checkpoints.
  func checkpoints(of out: String) -> [String: [UInt8]] {
    files(in: file("\(out)/checkpoints"))
  }

  private func files(in directory: String) -> [String: [UInt8]] {
    var files: [String: [UInt8]] = [:]
    for name in names(in: directory) {
      var status = stat()
      guard lstat("\(directory)/\(name)", &status) == 0 else { continue }
      if status.st_mode & S_IFMT == S_IFDIR {
        for (inner, bytes) in self.files(in: "\(directory)/\(name)") { files["\(name)/\(inner)"] = bytes }
      } else {
        files[name] = contents(of: "\(directory)/\(name)")
      }
    }
    return files
  }

  /// The lines of `metrics.jsonl`, without the seconds that steps took.
  func metrics(of out: String) throws -> [MetricsRecord] {
    try MetricsLog.records(at: file("\(out)/metrics.jsonl")).map { record in
      guard case .step(var step) = record else { return record }
      step.seconds = 0
      return .step(step)
    }
  }

  /// Steps that a run has made so far.
  func steps(of out: String) -> Int {
    let records = (try? MetricsLog.records(at: file("\(out)/metrics.jsonl"))) ?? []
    return records.count { if case .step = $0 { true } else { false } }
  }
}
