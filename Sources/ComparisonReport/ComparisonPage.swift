/// Systems compared on the same utterances, as one page of HTML that needs nothing beside itself.
///
/// It holds what the page shows, already computed: the page sorts and filters, and counts nothing but what it
/// lists. Every text may hold anything; it is shown as text.
///
///     var page = ComparisonPage(title: "test.jsonl", systems: systems, utterances: utterances)
///     page.pairs = pairs
///     try page.write(sound: { try sound(of: utterances[$0]) }, to: { try file.write($0) })
public struct ComparisonPage: Sendable {
  /// The heading, and the name of the window.
  public var title: String
  /// Paragraphs below it: what was compared on what, and how the figures were made.
  public var notes: [String] = []
  /// In the order shown. The page calls them A, B, C, ... too; other parts name them by their place.
  public var systems: [System]
  /// All systems combined by vote; nil where that was not done.
  public var combination: Combination?
  /// In the order shown. A pair that is missing leaves its cells of the matrix empty.
  public var pairs: [Pair] = []
  /// Errors against what may explain them, a chart each.
  public var trends: [Trend] = []
  /// What the emissions of sounds are over; a sound names them by their place.
  public var vocabularies: [Vocabulary] = []
  public var utterances: [Utterance]

  public init(title: String, systems: [System], utterances: [Utterance]) {
    self.title = title
    self.systems = systems
    self.utterances = utterances
  }
}

extension ComparisonPage {
  /// A way to transcribe.
  public struct System: Sendable, Equatable {
    /// Short: it stands in tables and beside lines.
    public var name: String
    /// Its model and how it decodes, in full; empty if the name says it.
    public var detail = ""
    /// Summed over utterances.
    public var words: ErrorCounts
    public var characters: ErrorCounts
    /// 95 % interval of the word error rate; 1 is 100 %.
    public var interval: ClosedRange<Double>?
    /// Utterances with an error.
    public var wrongUtterances: Int?
    /// Word error rate of the best of each n-best list; 1 is 100 %.
    public var oracleRate: Double?
    /// Spent on all utterances.
    public var seconds: Double?
    /// `seconds` over those of the audio.
    public var realTimeFactor: Double?

    public init(name: String, words: ErrorCounts, characters: ErrorCounts) {
      self.name = name
      self.words = words
      self.characters = characters
    }
  }

  /// The errors of an alignment, as `EditCounts` has them.
  public struct ErrorCounts: Sendable, Equatable {
    public var substitutions: Int
    public var deletions: Int
    public var insertions: Int
    /// Tokens of the reference.
    public var reference: Int

    public init(substitutions: Int = 0, deletions: Int = 0, insertions: Int = 0, reference: Int = 0) {
      self.substitutions = substitutions
      self.deletions = deletions
      self.insertions = insertions
      self.reference = reference
    }

    public var errors: Int { substitutions + deletions + insertions }

    /// 1 is 100 %; nil without reference tokens.
    public var rate: Double? { reference > 0 ? Double(errors) / Double(reference) : nil }
  }

  /// What the systems say together (ROVER).
  public struct Combination: Sendable, Equatable {
    public var name: String
    public var words: ErrorCounts
    /// 95 % interval of the word error rate.
    public var interval: ClosedRange<Double>?

    public init(name: String, words: ErrorCounts, interval: ClosedRange<Double>? = nil) {
      self.name = name
      self.words = words
      self.interval = interval
    }
  }

  /// The tokens of a model's outputs, in the order of the outputs.
  public struct Vocabulary: Sendable, Equatable {
    public var tokens: [String]
    public var blank: Int

    public init(tokens: [String], blank: Int) {
      precondition(tokens.indices.contains(blank), "blank is \(blank) of \(tokens.count) tokens")
      self.tokens = tokens
      self.blank = blank
    }
  }

  /// Word error rates over ranges of one quantity: confidence, duration, signal level, speaking rate.
  public struct Trend: Sendable, Equatable {
    public struct Bin: Sendable, Equatable {
      public var range: ClosedRange<Double>
      /// A system each: its word error rate over the utterances in the range, nil without reference words.
      public var rates: [Double?]
      /// A system each: the utterances in the range, which differ where the quantity is the system's own.
      public var utterances: [Int]

      public init(range: ClosedRange<Double>, rates: [Double?], utterances: [Int]) {
        self.range = range
        self.rates = rates
        self.utterances = utterances
      }
    }

    public var quantity: String
    /// Empty for a pure number.
    public var unit: String
    /// Ascending.
    public var bins: [Bin]

    public init(quantity: String, unit: String = "", bins: [Bin]) {
      self.quantity = quantity
      self.unit = unit
      self.bins = bins
    }
  }
}
