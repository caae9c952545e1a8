import Audio
import CTC
import ComparisonReport
import Vocabulary

/// What a page shows and plays of an utterance: its waveform, its emissions, and each system's way through them.
struct SoundGallery {
  private let input: ComparisonInput
  /// By model and decoder.
  private var decoders: [[SpeechDecoder]]

  /// - Throws: one line for a decoder's file that cannot be used.
  init(_ input: ComparisonInput) throws {
    self.input = input
    decoders = try (input.shelf?.models ?? []).map { model in
      try model.decoders.map {
        try SpeechDecoder($0, vocabulary: model.vocabulary, classes: model.classes)
      }
    }
  }

  /// Nil where the sound is not known, or cannot be read any more.
  mutating func sound(of place: Int) throws -> ComparisonPage.Sound? {
    guard let utterance = input.sounds[place], case .file(let path) = utterance.sound,
      let waveform = try? readWaveform(
        from: .file(path: path), offsetSeconds: utterance.interval?.offsetSeconds,
        durationSeconds: utterance.interval?.durationSeconds)
    else { return nil }
    var sound = ComparisonPage.Sound(
      audio: Self.playable(waveform, of: utterance, path),
      peaks: WaveformPeaks(waveform.samples, sampleRate: waveform.sampleRate))
    let words = input.words.map { words in
      words[place].map {
        ComparisonPage.TimedWord(
          $0.text, startSeconds: $0.startSeconds, endSeconds: $0.endSeconds, confidence: $0.confidence)
      }
    }
    guard let shelf = input.shelf else {
      if words.contains(where: { !$0.isEmpty }) {
        sound.tracks = words.map { ComparisonPage.Track(emissions: nil, words: $0) }
      }
      return sound
    }
    for (number, model) in shelf.models.enumerated() {
      let emissions = try shelf.emissions(of: number, place: place, id: utterance.id)
      var seen: Set<Int> = []
      for decoder in decoders[number].indices {
        let path = decoders[number][decoder].decode(emissions).path(
          in: emissions, blank: model.vocabulary.blank)
        seen.formUnion(path)
        sound.tracks.append(
          ComparisonPage.Track(emissions: number, path: path, words: words[sound.tracks.count]))
      }
      sound.emissions.append(
        EmissionImage(
          name: ComparisonInput.shortName(model.name), vocabulary: number,
          frameSeconds: model.timing.seconds(frame: 1), logPosteriors: emissions.logPosteriors,
          tokens: emissions.vocabularySize, blank: model.vocabulary.blank, paths: seen))
      if number == 0,
        let aligned = try? model.aligner.align(
          utterance, emissions, durationSeconds: waveform.durationSeconds, samples: nil)
      {
        sound.reference = aligned.words.map {
          ComparisonPage.TimedWord(
            $0.timed.text, startSeconds: $0.timed.startSeconds, endSeconds: $0.timed.endSeconds,
            confidence: $0.timed.confidence)
        }
      }
    }
    return sound
  }

  /// A whole FLAC file as it is, which is small; anything else as the samples that the model heard, 8 bits each.
  private static func playable(_ waveform: Waveform, of utterance: Utterance, _ path: String) -> PlayableAudio
  {
    if utterance.interval == nil, let bytes = try? readAll(path: path),
      bytes.starts(with: Array("fLaC".utf8)),
      bytes.count <= waveform.samples.count * 2
    {
      return PlayableAudio(mediaType: "audio/flac", bytes: bytes)
    }
    return PlayableAudio(muLaw: waveform.samples, sampleRate: waveform.sampleRate)
  }
}

extension Reading {
  /// The label of each frame: a token's from its first frame to its last, the blank between; empty where the
  /// text has no path.
  fileprivate func path(in emissions: Emissions, blank: Int) -> [Int] {
    if tokens.isEmpty && !text.isEmpty { return [] }
    var path = [Int](repeating: blank, count: emissions.frames)
    for token in tokens { for frame in token.frames { path[frame] = token.label } }
    return path
  }
}
