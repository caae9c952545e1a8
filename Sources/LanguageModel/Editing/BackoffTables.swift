#if canImport(Glibc)
import Glibc
#endif

/// A back-off model as tables that can be changed: n-grams of an order stand by their contexts, and below a
/// context by their words.
///
///     P(w | h) = p(h w) if h w is there and kept, else backoff(h) P(w | h without its first word)
///
/// with back-off 1 for a context that is not there. Logarithms are natural here.
struct BackoffTables {
  /// n-grams of one order.
  struct Order {
    /// The last word of each.
    var words: [UInt32] = []
    /// The first n - 1 words: their place in the order below; 0 for a word.
    var contexts: [UInt32] = []
    /// The last n - 1 words: their place in the order below; 0 for a word.
    var suffixes: [UInt32] = []
    var logProbabilities: [Double] = []
    /// 0 where it is no context.
    var logBackoffs: [Double] = []
    /// Whether it is to be written; what is not kept is as if it were not there.
    var isKept: [Bool] = []
    /// Where the n-grams of the order above begin that it is the context of, and at last where they end;
    /// empty in the highest order.
    var children: [Int] = []

    var count: Int { words.count }
  }

  /// What was said last, as far as the model knows it: a place among the n-grams of `length` words.
  struct Context: Hashable {
    var length: Int
    var place: Int

    static let empty = Context(length: 0, place: 0)
  }

  var words: TextVocabulary
  /// By order, from words on, which stand at their numbers.
  var orders: [Order] = []

  var order: Int { orders.count }

  /// How many n-grams of each order are kept.
  var counts: [Int] { orders.map { $0.isKept.count { $0 } } }

  /// The n-grams behind a context that is not the empty one.
  func children(_ context: Context) -> Range<Int> {
    guard context.length < order else { return 0..<0 }
    let starts = orders[context.length - 1].children
    return starts[context.place]..<starts[context.place + 1]
  }

  /// The place of context and word among the n-grams, if it is there and kept.
  func place(_ context: Context, _ word: UInt32) -> Int? {
    if context.length == 0 { return Int(word) }
    let range = children(context)
    var (low, high) = (range.lowerBound, range.upperBound)
    while low < high {
      let middle = (low + high) / 2
      if orders[context.length].words[middle] < word { low = middle + 1 } else { high = middle }
    }
    guard low < range.upperBound, orders[context.length].words[low] == word,
      orders[context.length].isKept[low]
    else { return nil }
    return low
  }

  /// The context without its first word.
  func suffix(_ context: Context) -> Context {
    context.length < 2
      ? .empty
      : Context(length: context.length - 1, place: Int(orders[context.length - 1].suffixes[context.place]))
  }

  /// ln P(word | context).
  func logProbability(_ word: UInt32, after context: Context) -> Double {
    var context = context
    var sum = 0.0
    while true {
      if let place = place(context, word) { return sum + orders[context.length].logProbabilities[place] }
      if orders[context.length - 1].isKept[context.place] {
        sum += orders[context.length - 1].logBackoffs[context.place]
      }
      context = suffix(context)
    }
  }

  /// The longest context of the model that `context` and a word behind it end with.
  func context(after context: Context, _ word: UInt32) -> Context {
    var context = context
    while true {
      if context.length + 1 < order, let place = place(context, word) {
        return Context(length: context.length + 1, place: place)
      }
      if context.length == 0 { return .empty }
      context = suffix(context)
    }
  }

  /// What the sentence begins with.
  var start: Context { context(after: .empty, TextVocabulary.beginning) }

  /// Gives every context the back-off with which the probabilities behind it sum to 1:
  ///
  ///     backoff(h) = (1 - sum of p(w | h)) / (1 - sum of P(w | h')),   w in the n-grams h w
  ///
  /// with h' = h without its first word. Shorter contexts come first: P(w | h') rests on their back-offs.
  /// Where all words are there, nothing is left to back off to, and it is the least that can be written.
  mutating func normalise(_ watch: EstimationWatch) throws(LanguageModelError) {
    for length in 1..<max(1, order) {
      for place in 0..<orders[length - 1].count {
        try watch.tick()
        let sums = sums(Context(length: length, place: place))
        let logBackoff: Double
        if sums.count == 0 {
          logBackoff = 0
        } else if sums.rest <= Self.leastRest {
          logBackoff = Self.logOfNothing
        } else {
          logBackoff = log(sums.rest / max(Self.leastRest, sums.lowerRest))
        }
        orders[length - 1].logBackoffs[place] = logBackoff
      }
    }
  }

  /// What is left behind a context to words that are not among its n-grams.
  struct Rest {
    /// n-grams that are kept.
    var count = 0
    /// 1 - sum of p(w | h).
    var rest = 1.0
    /// 1 - sum of P(w | h').
    var lowerRest = 1.0
  }

  func sums(_ context: Context) -> Rest {
    var sums = Rest()
    let lower = suffix(context)
    for child in children(context) where orders[context.length].isKept[child] {
      sums.count += 1
      sums.rest -= exp(orders[context.length].logProbabilities[child])
      sums.lowerRest -= exp(logProbability(orders[context.length].words[child], after: lower))
    }
    return sums
  }

  /// Less than this is what rounding leaves of 0: a sum of many numbers of seven digits.
  static let leastRest = 1e-9
  static let logOfNothing = ARPAWriter.nothing * log(10)
}
