import AcousticModel
import Checkpoints
import JSON
import Vocabulary

/// What a checkpoint is, and what would keep it from being used: decoded with, or, for one of pre-training,
/// which has no CTC head, fine-tuned and looked into.
///
/// Only `config.json`, the tokenizer's and preprocessor's files and the headers of the weights are read: it
/// takes milliseconds, however large the checkpoint.
public struct CheckpointReport: Sendable {
  /// Tensors of one storage type.
  struct Storage: Sendable {
    let dataType: DataType
    var tensors = 0
    var elements = 0
    var bytes = 0
  }

  let directory: String
  let configuration: ModelConfiguration
  /// Whether its class has a CTC head.
  let hasHead: Bool
  /// nil, with a line among ``problems``, if it cannot be read; so for the vocabulary, which a checkpoint
  /// without a head does without.
  let preprocessing: Preprocessing?
  let vocabulary: CTCVocabulary?
  let parameters: ParameterList
  let faults: [ParameterList.Fault]
  let unused: [TensorDescription]
  /// Most bytes first.
  let storage: [Storage]
  /// The names of the files that hold weights.
  let files: [String]

  /// Why the checkpoint cannot be used, a line each; empty if it can.
  public let problems: [String]

  /// - Parameter directory: in Hugging Face's layout.
  /// - Throws: an error of one line if there is no configuration or there are no weights to report on.
  public init(directory: String) throws {
    let path = "\(directory)/config.json"
    let withHead = try? ModelConfiguration(contentsOf: path)
    let hasHead = withHead != nil
    let configuration = try withHead ?? ModelConfiguration(contentsOf: path, acceptsPretrained: true)
    let weights = try TensorArchive(path: directory)
    let parameters = ParameterList(configuration, for: weights, hasHead: hasHead)
    var problems: [String] = []
    func attempt<Value>(_ read: () throws -> Value) -> Value? {
      do { return try read() } catch {
        problems.append("\(error)")
        return nil
      }
    }
    let vocabulary =
      hasHead ? attempt { try CTCVocabulary(directory: directory, blank: configuration.blank) } : nil
    if let vocabulary { _ = attempt { try vocabulary.checkFits(classes: configuration.vocabularySize) } }
    preprocessing =
      hasHead || Preprocessing.isStated(in: directory)
      ? attempt { try Preprocessing(directory: directory) } : Preprocessing()
    faults = parameters.faults(in: weights)
    problems += faults.map { "\(directory): \($0.line)" }

    self.directory = directory
    self.configuration = configuration
    self.hasHead = hasHead
    self.vocabulary = vocabulary
    self.parameters = parameters
    unused = parameters.unused(in: weights).compactMap { weights[$0] }
    storage = Self.storage(of: weights)
    files = weights.files.map { String($0.path.split(separator: "/").last ?? "") }
    self.problems = problems
  }

  private static func storage(of weights: TensorArchive) -> [Storage] {
    var totals: [DataType: Storage] = [:]
    for tensor in weights.files.flatMap(\.tensors) {
      var total = totals[tensor.dataType] ?? Storage(dataType: tensor.dataType)
      total.tensors += 1
      total.elements += tensor.elementCount
      total.bytes += tensor.byteRange.count
      totals[tensor.dataType] = total
    }
    return totals.values.sorted { ($0.bytes, $0.dataType.rawValue) > ($1.bytes, $1.dataType.rawValue) }
  }
}

extension CheckpointReport {
  /// Elements of the tensors that the forward pass reads, in one part of the model or in all.
  /// A configuration may ask for more than 63 bits count; that stays the highest number.
  func parameterCount(of part: ParameterList.Part? = nil) -> Int {
    parameters.parameters.reduce(0) { count, parameter in
      guard part == nil || parameter.part == part else { return count }
      let (sum, overflows) = count.addingReportingOverflow(parameter.elementCount)
      return overflows ? .max : sum
    }
  }

  var sampleRate: Int { (preprocessing ?? Preprocessing()).sampleRate }

  func milliseconds(samples: Int) -> Double { 1000 * Double(samples) / Double(sampleRate) }

  /// Bytes of the weights in memory in float32, within the few percent that a packed layout adds.
  var float32Bytes: Int {
    let (bytes, overflows) = parameterCount().multipliedReportingOverflow(by: 4)
    return overflows ? .max : bytes
  }

  /// 10^9 operations (two for a multiply-add) for a second of audio, in a recording of `seconds`: attention's
  /// share grows with the length.
  func gigaflopPerSecond(ofRecordingOf seconds: Int) -> Double {
    Arithmetic(configuration, samples: seconds * sampleRate).total / Double(seconds) * 1e-9
  }
}

extension ParameterList.Fault {
  /// One line that names the tensor, what is expected and what is found.
  var line: String {
    switch self {
    case .missing(let parameter): "\(parameter.name): expected shape \(parameter.shape), found no such tensor"
    case .misshapen(let parameter, let found):
      "\(parameter.name): expected shape \(parameter.shape), found \(found)"
    case .unreadable(let parameter, let found):
      "\(parameter.name): expected F32, F16, BF16 or F64, found \(found.rawValue)"
    }
  }
}
