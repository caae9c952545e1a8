import CZlib
import Glibc
import TestSupport

/// An ARPA file as it stands, read by the plainest means, with probabilities by backing off in double
/// precision.
struct WrittenModel {
  struct Entry: Equatable {
    var log10Probability: Double
    var log10Backoff: Double?
  }

  private(set) var orders: [[[String]: Entry]] = []
  private(set) var header: [Int] = []

  init(path: String) {
    var bytes: [UInt8] = []
    let file = gzopen(path, "rb")
    var block = [UInt8](repeating: 0, count: 1 << 16)
    while true {
      let count = Int(gzread(file, &block, UInt32(block.count)))
      if count <= 0 { break }
      bytes += block[..<count]
    }
    gzclose(file)
    var order = 0
    for line in String(decoding: bytes, as: UTF8.self).split(separator: "\n") {
      if line.hasPrefix("ngram ") {
        header.append(Int(line.split(separator: "=")[1])!)
      } else if line.hasPrefix("\\") {
        if line.hasSuffix("-grams:") {
          order += 1
          orders.append([:])
        }
      } else {
        let fields = line.split(separator: "\t")
        let words = fields[1].split(separator: " ").map(String.init)
        precondition(words.count == order)
        precondition(orders[order - 1][words] == nil, "\(words) twice")
        orders[order - 1][words] = Entry(
          log10Probability: Double(fields[0])!, log10Backoff: fields.count > 2 ? Double(fields[2])! : nil)
      }
    }
  }

  var order: Int { orders.count }

  /// Words that can be predicted.
  var words: [String] { orders[0].keys.map { $0[0] }.filter { $0 != "<s>" }.sorted() }

  /// All n-grams that longer ones extend.
  var contexts: [[String]] {
    [[]]
      + Set(orders.dropFirst().flatMap { $0.keys.map { Array($0.dropLast()) } }).sorted {
        $0.lexicographicallyPrecedes($1)
      }
  }

  /// P(word | context); the context may be of any length.
  func probability(_ word: String, after context: [String]) -> Double {
    var context = Array(context.suffix(order - 1))
    var log10 = 0.0
    while true {
      if let entry = orders[context.count][context + [word]] {
        return pow(10, log10 + entry.log10Probability)
      }
      if context.isEmpty { return word == "<unk>" ? 0 : pow(10, log10) * probability("<unk>", after: []) }
      log10 += orders[context.count - 1][context]?.log10Backoff ?? 0
      context.removeFirst()
    }
  }

  /// The largest distance from 1 of what the probabilities behind a context sum to.
  var normalisationError: Double {
    contexts.map { context in abs(1 - words.map { probability($0, after: context) }.reduce(0, +)) }.max()!
  }

  /// The perplexity of sentences.
  func perplexity(_ sentences: [[String]]) -> Double {
    var (log10P, count) = (0.0, 0)
    for sentence in sentences {
      var context = ["<s>"]
      for word in sentence + ["</s>"] {
        let known = orders[0][[word]] == nil ? "<unk>" : word
        log10P += log10(probability(known, after: context))
        context.append(known)
        count += 1
      }
    }
    return pow(10, -log10P / Double(count))
  }
}
