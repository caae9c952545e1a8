import Clustering

/// Standardizes the features of an utterance by itself or by its speaker.
struct FrameStandardizer {
  private let standardization: Standardization
  private let speakers: [String: FrameScale]

  /// - Precondition: not by speaker.
  init(_ standardization: Standardization) {
    precondition(!standardization.isBySpeaker, "speakers need scales")
    self.standardization = standardization
    speakers = [:]
  }

  init(_ speakers: SpeakerScales) {
    standardization = speakers.origin.standardization
    self.speakers = speakers.scales
  }

  /// Rows that are not finite stay so; those of an unknown speaker, of whom no frame was finite, are given back.
  func standardized(_ rows: FrameRows, of utterance: Utterance) -> FrameRows {
    guard rows.frames > 0, let scale = scale(rows, utterance) else { return rows }
    return FrameRows(frames: rows.frames, width: rows.width, values: scale.standardized(rows.values))
  }

  private func scale(_ rows: FrameRows, _ utterance: Utterance) -> FrameScale? {
    if standardization.isBySpeaker { return utterance.speaker.flatMap { speakers[$0] } }
    guard standardization.isByUtterance else { return nil }
    var moments = FrameMoments(dimensions: rows.width)
    return moments.add(rows.values) ? moments.scale(unitVariance: standardization.scales) : nil
  }
}
