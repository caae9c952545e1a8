/// An entry of the beam: a prefix and how likely it is.
struct BeamEntry {
  /// Of the tree.
  var node: Int32
  var lastLabel: Int32 = -1
  /// Probabilities of paths that end in a blank, in the last label, and their sum.
  var blank: Double
  var label: Double
  var total: Double
  /// e^(terms - the parent's).
  var ratio = 1.0
  /// At least the ratio of any step within a word, and the part of it that is not the hotwords'.
  var largestRatio = 1.0
  var largestLookahead = 1.0
  /// Slot of the parent, if it is in the beam; else -1.
  var parent: Int32 = -1
  /// The children in the beam: the first of a list, and the labels of all, modulo 64.
  var firstChild: Int32 = -1
  var nextSibling: Int32 = -1
  /// Place in the lexicon.
  var place: Int32 = 0
  /// State of the hotwords' automaton; -1 where no step within a word makes a difference to it.
  var hotword: Int32 = -1
  var childMask: UInt64 = 0
  /// Whether no step within a word changes the terms beyond a closed lexicon's look-ahead and the hotwords.
  var isPlain = true

  init(node: Int32, blank: Double, label: Double) {
    self.node = node
    self.blank = blank
    self.label = label
    total = blank + label
  }
}
