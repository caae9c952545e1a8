public import Checkpoints

#if canImport(Glibc)
import Glibc
#endif

/// Event files that TensorBoard shows: `tensorboard --logdir OUT`.
public final class TensorBoardWriter {
  public let path: String
  private let file: Int32

  /// Begins a file in the directory, which is made where it is missing.
  ///
  /// - Parameter step: the step that the run goes on from: what earlier files hold of later steps is no
  ///   longer shown.
  public init(directory: String, resumingAt step: Int?) throws(CheckpointError) {
    guard mkdir(directory, 0o777) == 0 || errno == EEXIST else { throw writeFailure(directory, errno) }
    var name = [CChar](repeating: 0, count: 256)
    gethostname(&name, name.count - 1)
    let host = String(decoding: name.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
    // TensorBoard reads files in the order of their names.
    path = "\(directory)/events.out.tfevents.\(Int(Self.now())).\(host).\(getpid())"
    file = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0o666)
    guard file >= 0 else { throw writeFailure(path, errno) }
    try append(TensorBoardEvent(wallTime: Self.now(), step: 0, content: .version))
    if let step { try append(TensorBoardEvent(wallTime: Self.now(), step: step + 1, content: .start)) }
  }

  deinit { close(file) }

  public func append(_ record: MetricsRecord) throws(CheckpointError) {
    let scalars: [(String, Double)] =
      switch record {
      case .step(let record):
        [
          ("train/loss", record.loss), ("train/learning_rate", record.learningRate),
          ("train/gradient_norm", record.gradientNorm), ("train/epoch", record.epoch),
          ("train/audio_seconds_per_second", record.audioSeconds / record.seconds),
        ] + (record.prediction?.named ?? []).map { ("train/\($0.name)", $0.value) }
      case .evaluation(let record):
        [("eval/loss", record.loss), ("eval/wer", record.wer), ("eval/cer", record.cer)]
      case .prediction(let record):
        [
          ("eval/loss", record.loss), ("eval/masked_accuracy", record.maskedAccuracy),
          ("eval/unmasked_accuracy", record.unmaskedAccuracy), ("eval/code_usage", record.codeUsage),
        ]
      }
    try append(
      TensorBoardEvent(
        wallTime: Self.now(), step: record.step, content: .scalars(scalars.map { ($0.0, Float($0.1)) })))
  }

  private func append(_ event: TensorBoardEvent) throws(CheckpointError) {
    try writeWhole(event.record, to: file, path)
  }

  private static func now() -> Double {
    var time = timespec()
    clock_gettime(CLOCK_REALTIME, &time)
    return Double(time.tv_sec) + 1e-9 * Double(time.tv_nsec)
  }
}
