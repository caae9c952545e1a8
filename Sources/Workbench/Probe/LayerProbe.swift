import AcousticModel
import Audio
import CTC
import Clustering
import Tensors
import Training
import Vocabulary

/// Which layer knows most of letters: k-means on each layer of a model, and how well its clusters go with the
/// letters that are said, as HuBERT's layers were compared (Hsu et al. 2021, section V-C).
///
/// Letters take the place of phones, for which no labels are at hand: they come from the forced alignment of
/// each transcript with a model that is fine-tuned, frame by frame. The word delimiter counts as a letter.
public final class LayerProbe {
  public struct Options: Sendable {
    /// 1 to 65,536.
    public var clusters = 100
    /// nil for MFCC and all hidden states.
    public var layers: [ProbeLayer]?
    public var seed: UInt64 = 0
    public var threads = 1

    public init() {}
  }

  public enum Event {
    case failure(InputFailure)
    /// What is being done, and which part of it is done, in 0...1; nil where that is not known.
    case underway(String, part: Double?)
  }

  private let states: HiddenStates
  private let aligner: LoadedModel
  private let encoder: TranscriptEncoder
  private let options: Options
  private let layers: [ProbeLayer]
  private let compute: Compute

  /// - Parameters:
  ///   - model: the directory of the model whose layers are probed; it needs no head.
  ///   - aligner: the directory of a CTC model that knows the transcripts' letters.
  /// - Throws: an error whose description is one line that names what is wrong and what to do.
  public init(model: String, aligner: String, options: Options) throws {
    try LoadedModel.checkDirectory(model)
    compute = Compute(threads: options.threads, level: try KernelLevel.chosen())
    self.aligner = try LoadedModel(directory: aligner, on: compute)
    guard self.aligner.vocabulary.count <= 1 << 16 else {
      throw InputFailure("\(aligner)/vocab.json", "\(self.aligner.vocabulary.count) classes; at most 65536")
    }
    encoder = TranscriptEncoder(vocabulary: self.aligner.vocabulary)
    let states = try HiddenStates(directory: model, on: compute)
    let all = 0...states.configuration.layers
    layers = options.layers ?? [.mfcc] + all.map { .hidden($0) }
    for case .hidden(let index) in layers where !all.contains(index) {
      throw InputFailure(
        "\(model)/config.json",
        "num_hidden_layers: a model of \(all.upperBound) layers has hidden states 0 to \(all.upperBound), "
          + "found --layers \(index); choose among these")
    }
    self.states = states
    self.options = options
  }

  /// Probes with the utterances of a manifest.
  /// - Parameters:
  ///   - shouldStop: asked often.
  ///   - tell: gets failures of single rows, and how far it is.
  /// - Returns: nil if it was stopped.
  /// - Throws: one line, for a manifest that cannot be used at all.
  public func run(
    manifest: String, shouldStop: () -> Bool, tell: (Event) -> Void
  ) throws -> ProbeReport? {
    let listing = try CorpusListing(manifest: manifest)
    let tracks = try align(listing, shouldStop, tell)
    let entries = listing.entries.compactMap { $0.utterance }.filter { tracks[$0.id] != nil }
    guard !shouldStop() else { return nil }
    guard !entries.isEmpty else {
      throw InputFailure(
        manifest, "no row with a recording and a text that can be aligned; correct those above")
    }
    var kmeans = KMeansOptions(clusters: options.clusters)
    kmeans.seed = options.seed
    var found: [ProbeLayer: ProbeReport.Layer] = [:]
    var utterances = 0
    let hidden = layers.filter { $0 != .mfcc }
    for group in [layers.filter { $0 == .mfcc }, hidden] where !group.isEmpty {
      let folder = try ScratchFolder()
      guard let features = try features(group, entries, tracks, folder, shouldStop, tell),
        let report = try features.report(
          kmeans, classes: aligner.vocabulary.count, blank: aligner.vocabulary.blank, on: compute,
          shouldStop: shouldStop, progress: { tell(.underway("clusters of \($0.name)", part: nil)) })
      else { return nil }
      for layer in report { found[layer.layer] = layer }
      utterances = features.utterances
    }
    var report = ProbeReport(clusters: options.clusters, utterances: utterances)
    report.layers = layers.compactMap { found[$0] }
    return report
  }

  /// The letters of each utterance that has some, by its id.
  private func align(
    _ listing: CorpusListing, _ shouldStop: () -> Bool, _ tell: (Event) -> Void
  ) throws -> [String: LetterTrack] {
    var labels: [String: [Int]] = [:]
    var entries: [InputEntry] = []
    for entry in listing.entries {
      do throws(InputFailure) {
        guard let utterance = entry.utterance else {
          if let failure = entry.failure { throw InputFailure(entry.place, failure.reason) }
          continue
        }
        labels[utterance.id] = try self.labels(of: entry)
        entries.append(.utterance(utterance))
      } catch { tell(.failure(error)) }
    }
    let inference = Inference(model: aligner.acoustic, on: compute)
    let recordings = RecordingPipeline(input: aligner.input, options: RecordingOptions()) {
      inference.emissions(for: $0).map { FrameRows($0) }
    }
    var tracks: [String: LetterTrack] = [:]
    var done = 0
    try recordings.run(entries, shouldStop: shouldStop) { event in
      switch event {
      case .underway: return
      case .failure(let failure): tell(.failure(failure))
      case .rows(let loaded, let rows, _):
        let utterance = loaded.utterance
        if let alignment = ForcedAlignment(
          Emissions(rows), labels: labels[utterance.id] ?? [], blank: aligner.vocabulary.blank)
        {
          tracks[utterance.id] = LetterTrack(alignment)
        } else {
          tell(
            .failure(
              InputFailure(
                utterance.audioPath,
                "its \(rows.frames) frames have no path with the text's \(labels[utterance.id]?.count ?? 0) "
                  + "letters; check that the text belongs to the recording")))
        }
      }
      done += 1
      tell(.underway("alignment", part: Double(done) / Double(entries.count)))
    }
    return tracks
  }

  private func labels(of entry: CorpusListing.Entry) throws(InputFailure) -> [Int] {
    let prepared = encoder.prepared(entry.text ?? "")
    do {
      let labels = try encoder.labels(ofPrepared: prepared)
      if labels.isEmpty {
        throw InputFailure(entry.place, "text: none to align; add it, or leave out the row")
      }
      return labels
    } catch let failure as InputFailure {
      throw failure
    } catch {
      throw InputFailure(entry.place, "text: \(error)")
    }
  }

  /// The features of all utterances for layers of one kind; nil if it was stopped.
  private func features(
    _ layers: [ProbeLayer], _ utterances: [Utterance], _ tracks: [String: LetterTrack],
    _ folder: ScratchFolder, _ shouldStop: () -> Bool, _ tell: (Event) -> Void
  ) throws -> ProbeFeatures? {
    let recordings = layers == [.mfcc] ? cepstra() : hiddenStates(layers)
    let width = layers == [.mfcc] ? MFCC().width : states.configuration.width
    var features = try ProbeFeatures(layers, width: width, in: folder)
    var done = 0
    try recordings.run(utterances.map { .utterance($0) }, shouldStop: shouldStop) { event in
      switch event {
      case .underway: return
      case .failure(let failure): tell(.failure(failure))
      case .rows(let loaded, let rows, _):
        let bad = try features.add(
          rows, tracks[loaded.utterance.id]!, timing: recordings.input.timing, trackTiming: aligner.timing)
        if let bad {
          tell(
            .failure(
              InputFailure(loaded.utterance.audioPath, "its features are NaN or infinite at frame \(bad)")))
        }
      }
      done += 1
      let name = layers == [.mfcc] ? "MFCC" : "hidden states"
      tell(.underway(name, part: Double(done) / Double(utterances.count)))
    }
    return done == utterances.count ? features : nil
  }

  private func hiddenStates(_ layers: [ProbeLayer]) -> RecordingPipeline {
    let indices = layers.compactMap { if case .hidden(let index) = $0 { index } else { nil } }
    let input = ModelInput(states.configuration, states.preprocessing, isAdapted: false)
    return RecordingPipeline(input: input, options: RecordingOptions()) { [states] waveforms in
      states.states(of: waveforms, layers: indices).map { FrameRows(sideBySide: $0) }
    }
  }

  /// Of the waveform as it is recorded, at the model's frames.
  private func cepstra() -> RecordingPipeline {
    var preprocessing = states.preprocessing
    preprocessing.normalises = false
    let input = ModelInput(states.configuration, preprocessing, isAdapted: false)
    var options = MFCCOptions()
    options.mel.frames.sampleRate = preprocessing.sampleRate
    let cepstra = MFCC(options)
    return RecordingPipeline(input: input, options: RecordingOptions()) { waveforms in
      waveforms.map { waveform in
        let features = cepstra.features(of: waveform)
        let frames = features.count / cepstra.width
        // 100 a second to the model's 50: every second one.
        // Only a model with a shorter receptive field than MFCC's 25 ms hears less.
        guard frames > 0 else { return FrameRows(frames: 0, width: cepstra.width, values: []) }
        let values = (0..<input.frames(for: waveform.count)).flatMap { frame in
          let index = min(frame * input.timing.samplesPerFrame / options.mel.frames.shift, frames - 1)
          return features[index * cepstra.width..<(index + 1) * cepstra.width]
        }
        return FrameRows(frames: values.count / cepstra.width, width: cepstra.width, values: values)
      }
    }
  }
}
