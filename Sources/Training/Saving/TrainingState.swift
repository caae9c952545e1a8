public import AcousticModel
public import JSON

#if canImport(Glibc)
import Glibc
#endif

/// What resuming needs beside the model: `state.json`, and `state.safetensors` with an optimizer's moments
/// and averages, bit for bit.
///
/// `state.json` is written last and holds the check sum of every tensor: a directory that has it is whole,
/// and bits that were lost since are noticed.
public struct TrainingState: Sendable, Equatable {
  /// Updates made.
  public var step: Int
  public var seed: Int
  public var best: BestEvaluation
  /// ``FinetuneOptions/identity`` of the run.
  public var identity: String
  /// The hash of the data that is trained on, in the caller's notation.
  public var data: String
  /// What else the trainer wants back, such as its place in the data.
  public var details: JSONObject

  public init(
    step: Int, seed: Int, best: BestEvaluation, identity: String, data: String, details: JSONObject = [:]
  ) {
    self.step = step
    self.seed = seed
    self.best = best
    self.identity = identity
    self.data = data
    self.details = details
  }

  static let version = 1

  var json: JSONObject {
    var object: JSONObject = [
      "version": .integer(Int64(Self.version)), "step": .integer(Int64(step)), "seed": .integer(Int64(seed)),
      "metric": .string(best.metric.rawValue), "patience": .integer(Int64(best.patience)),
      "evaluations_since_best": .integer(Int64(best.evaluationsSince)),
      "best": best.best.map { MetricsRecord.evaluation($0).json } ?? .null,
      "options": .array(identity.split(separator: "\n").map { .string(String($0)) }), "data": .string(data),
    ]
    object["details"] = .object(details)
    return object
  }

  init?(_ json: JSONValue) {
    guard let step = json["step"]?.int, let seed = json["seed"]?.int, let data = json["data"]?.string,
      let metric = json["metric"]?.string.flatMap(BestMetric.init(rawValue:)),
      let patience = json["patience"]?.int, let since = json["evaluations_since_best"]?.int,
      let options = json["options"]?.array?.map(\.string), !options.contains(nil),
      let details = json["details"]?.object, let bestValue = json["best"]
    else { return nil }
    var best: EvaluationRecord?
    if !bestValue.isNull {
      guard case .evaluation(let record) = MetricsRecord(bestValue) else { return nil }
      best = record
    }
    self.init(
      step: step, seed: seed,
      best: BestEvaluation(metric: metric, patience: patience, best: best, evaluationsSince: since),
      identity: options.compactMap { $0 }.joined(separator: "\n"), data: data, details: details)
  }
}

/// Floats that belong to a training's state, where they are: written from there and read back into it.
public struct StateTensor {
  public let name: String
  public let shape: [Int]
  public let floats: UnsafeMutableBufferPointer<Float>

  /// - Precondition: there are as many floats as the shape says.
  public init(_ name: String, shape: [Int], _ floats: UnsafeMutableBufferPointer<Float>) {
    precondition(floats.count == shape.reduce(1, *), "\(name): \(floats.count) floats for the shape \(shape)")
    self.name = name
    self.shape = shape
    self.floats = floats
  }

  /// All floats of a layout.
  public init(_ name: String, _ storage: ParameterStorage) {
    self.init(
      name, shape: [storage.layout.count],
      UnsafeMutableBufferPointer(start: storage.pointer, count: storage.layout.count))
  }

  /// Of the bytes, in hexadecimal.
  var checkSum: String {
    var crc = CRC32C()
    crc.add(UnsafeRawBufferPointer(floats))
    return String(crc.value, radix: 16)
  }
}
