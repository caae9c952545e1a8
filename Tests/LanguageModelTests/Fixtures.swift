import CZlib
import Glibc
import LanguageModel
import TestSupport

/// A small trigram model.
let small = """
  \\data\\
  ngram 1=5
  ngram 2=4
  ngram 3=1

  \\1-grams:
  -1\t<unk>
  -99\t<s>\t-0.3
  -0.5\t</s>
  -0.6\ta\t-0.2
  -0.7\tb\t-0.25

  \\2-grams:
  -0.1\t<s> a\t-0.05
  -0.2\ta b
  -0.3\tb </s>
  -0.4\tb a

  \\3-grams:
  -0.01\t<s> a b

  \\end\\

  """

extension NgramModel {
  /// log10 of P of each word and, at last, of the sentence's end; `states` are those behind the words.
  func scores(
    _ words: [Substring], bos: Bool = true, eos: Bool = true
  ) -> (log10: [Float], states: [LanguageState]) {
    var state = bos ? start : emptyContext
    var (scores, states): ([Float], [LanguageState]) = ([], [])
    for word in words {
      let step = log10Score(id(of: String(word)), after: state)
      scores.append(step.log10Probability)
      states.append(step.next)
      state = step.next
    }
    if eos { scores.append(log10Score(sentenceEnd, after: state).log10Probability) }
    return (scores, states)
  }

  func scores(_ sentence: String) -> [Float] { scores(sentence.split(separator: " ")).log10 }
}

/// A gzip file of one member.
func gzip(_ bytes: some Sequence<UInt8>) -> [UInt8] {
  var input = Array(bytes)
  var output = [UInt8](repeating: 0, count: input.count + input.count / 2 + 1000)
  var stream = z_stream()
  precondition(
    deflateInit2_(
      &stream, 6, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY, ZLIB_VERSION,
      Int32(MemoryLayout<z_stream>.size)) == Z_OK)
  defer { deflateEnd(&stream) }
  input.withUnsafeMutableBufferPointer { input in
    output.withUnsafeMutableBufferPointer { output in
      stream.next_in = input.baseAddress
      stream.avail_in = UInt32(input.count)
      stream.next_out = output.baseAddress
      stream.avail_out = UInt32(output.count)
      precondition(deflate(&stream, Z_FINISH) == Z_STREAM_END)
    }
  }
  return Array(output[..<Int(stream.total_out)])
}

/// What opening a file of these bytes throws; nil if it can be read.
func failure(_ bytes: some Sequence<UInt8>, in directory: TemporaryDirectory) -> LanguageModelError? {
  let path = directory.write(bytes, as: "model")
  do throws(LanguageModelError) {
    _ = try openLanguageModel(path)
    return nil
  } catch {
    return error
  }
}

/// Runs `body` with the path of a pipe that gives `bytes` and ends.
func withPipe<Result>(holding bytes: [UInt8], _ body: (String) -> Result) -> Result {
  var ends: [Int32] = [0, 0]
  precondition(pipe(&ends) == 0)
  defer { close(ends[0]) }
  precondition(write(ends[1], bytes, bytes.count) == bytes.count)
  close(ends[1])
  return body("/proc/self/fd/\(ends[0])")
}
