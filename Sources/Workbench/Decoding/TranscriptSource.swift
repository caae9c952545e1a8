import AcousticModel
public import Vocabulary

/// Where transcripts come from: recordings through a model, or emissions that are there already.
public protocol TranscriptSource: AnyObject {
  /// What the emissions' classes are.
  var vocabulary: CTCVocabulary { get }
  /// V, the classes of the emissions.
  var classes: Int { get }
  /// When their frames are.
  var timing: FrameTiming { get }
  /// The inputs, those that cannot be read among them.
  var entries: [InputEntry] { get }
  /// Gives one transcript or failure for each entry, in their order.
  /// - Parameters:
  ///   - shouldStop: asked often; the run then ends early.
  ///   - deliver: what it throws ends the run.
  func run(shouldStop: () -> Bool, deliver: (DecodePipeline.Event) throws -> Void) throws
}

/// Recordings through a model.
public final class RecordingSource: TranscriptSource {
  public let entries: [InputEntry]
  public let pipeline: DecodePipeline

  public var vocabulary: CTCVocabulary { pipeline.model.vocabulary }
  public var classes: Int { pipeline.model.acoustic.configuration.vocabularySize }
  public var timing: FrameTiming { pipeline.model.timing }

  public init(_ entries: [InputEntry], through pipeline: DecodePipeline) {
    self.entries = entries
    self.pipeline = pipeline
  }

  public func run(shouldStop: () -> Bool, deliver: (DecodePipeline.Event) throws -> Void) throws {
    try pipeline.run(entries, shouldStop: shouldStop, deliver: deliver)
  }
}
