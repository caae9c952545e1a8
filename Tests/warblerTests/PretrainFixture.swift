import Glibc
import TestSupport
import Training

/// A folder with speech that is noise, the configuration of a tiny model, and runs of `warbler pretrain` on
/// them.
struct PretrainFixture {
  let directory = TemporaryDirectory()

  init() {
    for (name, count) in [("train", 12), ("dev", 3)] {
      var lines = ""
      for index in 0..<count {
        let seconds = 0.4 + 0.07 * Double(index)
        directory.write(
          wav(noise(Int(16_000 * seconds), seed: UInt64(index + (name == "dev" ? 100 : 1)))),
          as: "\(name)\(index).wav")
        lines += "{\"audio_filepath\": \"\(name)\(index).wav\"}\n"
      }
      directory.write(lines, as: "\(name).jsonl")
    }
    directory.write(
      """
      {"model_type": "hubert", "conv_dim": [16, 16], "conv_stride": [10, 32], "conv_kernel": [40, 64],
       "num_feat_extract_layers": 2, "feat_extract_norm": "layer", "conv_bias": true, "hidden_size": 32,
       "num_hidden_layers": 2, "num_attention_heads": 4, "intermediate_size": 48, "num_conv_pos_embeddings": 16,
       "num_conv_pos_embedding_groups": 8, "do_stable_layer_norm": true}
      """, as: "config.json")
  }

  /// Two rounds of few steps.
  static let short = [
    "--init", "config.json", "--train", "train.jsonl", "--clusters", "6,9", "--steps", "8,6",
    "--batch-seconds",
    "2.5", "--crop-seconds", "0.7", "--learning-rate", "2e-3", "--projection-width", "16", "--eval-steps",
    "4",
    "--threads", "1", "--no-store",
  ]

  func start(_ arguments: [String]) -> Subprocess {
    Subprocess(["pretrain"] + arguments, in: directory.path)
  }

  func run(_ arguments: [String]) -> Subprocess.Result { start(arguments).finish() }

  func file(_ name: String) -> String { directory.file(name) }

  func isThere(_ name: String) -> Bool { access(file(name), F_OK) == 0 }

  /// What a link leads to.
  func link(_ name: String) -> String? {
    var buffer = [CChar](repeating: 0, count: 256)
    let count = readlink(file(name), &buffer, buffer.count)
    return count < 0 ? nil : String(decoding: buffer[..<count].map { UInt8(bitPattern: $0) }, as: UTF8.self)
  }

  /// Every file of all rounds whose bytes the run settles: clusters and checkpoints.
  func results(of out: String) -> [String: [UInt8]] {
    var files: [String: [UInt8]] = [:]
    func add(_ folder: String) {
      for name in names(in: file(folder)) {
        let path = "\(folder)/\(name)"
        var status = stat()
        guard lstat(file(path), &status) == 0 else { continue }
        switch status.st_mode & S_IFMT {
        case S_IFDIR: if name != "tensorboard" { add(path) }
        case S_IFREG where path.contains("/clusters/") || path.contains("/checkpoints/"):
          files[String(path.dropFirst(out.count))] = contents(of: file(path))
        default: break
        }
      }
    }
    add(out)
    return files
  }

  /// The lines of a round's `metrics.jsonl`, without the seconds that steps took.
  func metrics(of out: String, round: Int) throws -> [MetricsRecord] {
    try MetricsLog.records(at: file("\(out)/round-\(round)/metrics.jsonl")).map { record in
      guard case .step(var step) = record else { return record }
      step.seconds = 0
      return .step(step)
    }
  }

  /// Steps that a round has made so far.
  func steps(of out: String, round: Int) -> Int {
    let records = (try? MetricsLog.records(at: file("\(out)/round-\(round)/metrics.jsonl"))) ?? []
    return records.count { if case .step = $0 { true } else { false } }
  }
}
