internal import CSndFile
internal import Glibc

/// A decoder for one audio file: libsndfile's handle, read forward in blocks with the channels averaged.
final class SoundFile: BlockDecoder {
  private let handle: OpaquePointer
  private let stored: StoredBytes
  private let original: StoredBytes
  private let format: Int
  private var interleaved: [Float] = []

  /// Hz, as the header says.
  let sampleRate: Int
  let channels: Int
  /// Frames that the file should have: what the header says, or in Ogg the last page. nil if neither says,
  /// and for MP3, where libsndfile passes on an estimate.
  private let promisedFrames: Int?
  /// How many of them may be missing: none of a count in a header, 0.1 s of Ogg, whose pages are less exact.
  private let toleratedFrames: Int

  /// - Returns: nil if libsndfile makes nothing of the content. It is not asked for a reason: that reason is
  ///   a variable of the whole process and may come from another thread's file.
  ///
  /// - Parameter original: What `stored` is a repaired copy of, so that the copy's headers vouch for nothing.
  init?(_ stored: StoredBytes, original: StoredBytes) {
    var info = SF_INFO()
    let opened =
      switch stored.storage {
      // Opened by descriptor, so that a file's name never decides its format: by name, "notes.gsm" would be
      // audio. It gets a duplicate, because it closes what it cannot open, even when told not to.
      case .descriptor(let descriptor):
        sf_open_fd(fcntl(descriptor, F_DUPFD_CLOEXEC, 3), Int32(SFM_READ), &info, Int32(SF_TRUE))
      case .memory(let file): file.open(&info)
      }
    guard let opened else { return nil }
    handle = opened
    self.stored = stored
    self.original = original
    format = Int(info.format)
    sampleRate = Int(info.samplerate)
    channels = Int(info.channels)
    let container = format & Int(SF_FORMAT_TYPEMASK)
    let isCounted = container != Int(SF_FORMAT_MPEG) && info.frames != sf_count_t.max
    promisedFrames = isCounted ? Int(info.frames) : nil
    toleratedFrames = container == Int(SF_FORMAT_OGG) ? sampleRate / 10 : 0
  }

  deinit { sf_close(handle) }

  /// Moves to `frame`, counted from the beginning, if that yields the same samples as decoding up to it.
  ///
  /// So it is with PCM and FLAC. MP3, and Vorbis near its end, decode differently after a seek (by up to 0.3
  /// of full scale where it was measured), so they are never seeked.
  ///
  /// - Returns: whether it moved; if not, it is at the beginning and the caller reads its way there.
  func seek(toFrame frame: Int) -> Bool {
    let exact = [
      SF_FORMAT_PCM_S8, SF_FORMAT_PCM_U8, SF_FORMAT_PCM_16, SF_FORMAT_PCM_24, SF_FORMAT_PCM_32,
      SF_FORMAT_FLOAT,
      SF_FORMAT_DOUBLE, SF_FORMAT_ULAW, SF_FORMAT_ALAW,
    ].map { Int($0) }
    guard exact.contains(format & Int(SF_FORMAT_SUBMASK)), let promisedFrames, frame <= promisedFrames else {
      return false
    }
    if sf_seek(handle, sf_count_t(frame), SEEK_SET) == sf_count_t(frame) { return true }
    // The header promised more than there is.
    sf_seek(handle, 0, SEEK_SET)
    return false
  }

  /// Decodes up to `count` frames into `mono`, each the mean of its channels.
  ///
  /// - Returns: the number of frames; 0 at the end, or where decoding cannot go on (`failure` tells them
  ///   apart).
  func readBlock(into mono: inout [Float], count: Int) -> Int {
    precondition(count <= mono.count, "\(count) frames into a block of \(mono.count)")
    if channels == 1 { return Int(sf_readf_float(handle, &mono, sf_count_t(count))) }
    if interleaved.count < count * channels {
      interleaved = [Float](repeating: 0, count: count * channels)
    }
    let frames = Int(sf_readf_float(handle, &interleaved, sf_count_t(count)))
    // Double, so that the sum neither overflows nor loses a channel.
    let scale = 1 / Double(channels)
    for frame in 0..<max(0, frames) {
      var sum = 0.0
      for channel in 0..<channels { sum += Double(interleaved[frame * channels + channel]) }
      mono[frame] = Float(sum * scale)
    }
    return frames
  }

  func missingEnd(after frame: Int) -> AudioError.Shortfall? {
    if let promisedFrames, frame + toleratedFrames < promisedFrames {
      return .frames(expected: promisedFrames, found: frame)
    }
    return shortfall(of: original, decodedFrames: frame)
  }

  /// The decoder's complaint about the last read, if it has one.
  var failure: String? {
    sf_error(handle) == 0 ? nil : String(cString: sf_strerror(handle))
  }
}
