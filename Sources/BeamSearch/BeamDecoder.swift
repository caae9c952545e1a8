public import CTC
import Vocabulary

#if canImport(Glibc)
import Glibc
#endif

/// CTC prefix beam search (Graves and Jaitly 2014; Hannun et al. 2014), fed with frames as they come.
///
/// The beam holds prefixes of labels. Of each it knows, in linear space and relative to a scale common to
/// all,
///
///     blank_t(l) = P(paths of the first t frames that collapse to l and end in a blank) x e^terms(l)
///     label_t(l) = the same of those that end in l's last label
///
/// with all terms of the objective (``DecodingGraph``) but the acoustic one in e^terms. A frame with
/// posteriors y takes them on by, with r(l) = e^(terms(l) - terms(parent of l)) and l = k + c, k the parent,
/// c the last label,
///
///     blank_t(l) = (blank + label)_{t-1}(l) y(blank)
///     label_t(l) = label_{t-1}(l) y(c) + r(l) y(c) x (blank + label)_{t-1}(k), or blank_{t-1}(k) if k ends
///     in c
///
/// Paths with the same prefix are thereby summed, exactly; only prefixes that the beam has dropped lose their
/// mass. No logarithm is taken on the way: what a prefix has against another is the plain product, and the
/// scale is set anew each frame.
///
/// The search is the same sequence of operations however the frames are cut into blocks, so a stream gives
/// exactly what the whole gives.
public struct BeamDecoder: Sendable {
  public let graph: DecodingGraph
  /// Frames taken in since the beginning of the utterance.
  public private(set) var frames = 0

  private var steps: PrefixSteps
  private var tree: PrefixTree
  private var frame: FrameTokens
  private var beam: [BeamEntry] = []
  private var next: [BeamEntry] = []
  private var candidates: BestCandidates
  /// What the entries become if they stay.
  private var stays: [(blank: Double, label: Double)] = []
  /// Natural log of what the beam's numbers are relative to, and what the next frame is to multiply them by.
  private var logScale = 0.0
  private var scale = 1.0
  private let beamFactor: Double
  private let blank: Int
  /// Nodes of the tree at which it is cleared of what the beam has left behind.
  private var compactionCount = compactionStep

  private static let compactionStep = 1 << 16
  /// The least posterior, relative to the frame's best, that a token is taken to have where nothing else goes
  /// on.
  private static let rescueFloor = 1e-250

  public init(_ graph: DecodingGraph) {
    self.graph = graph
    steps = PrefixSteps(graph)
    tree = PrefixTree(root: steps.root)
    blank = graph.vocabulary.blank
    frame = FrameTokens(
      blank: blank, isSeparator: graph.isSeparator, threshold: graph.options.tokenThreshold,
      limit: graph.options.tokensPerFrame)
    candidates = BestCandidates(capacity: graph.options.width)
    beamFactor = exp(-graph.options.beamThreshold)
    reset()
  }

  /// Begins a new utterance.
  public mutating func reset() {
    frames = 0
    logScale = 0
    scale = 1
    compactionCount = Self.compactionStep
    tree = PrefixTree(root: steps.root)
    beam.removeAll(keepingCapacity: true)
    beam.append(BeamEntry(node: 0, blank: 1, label: 0))
    link()
  }

  /// The hypotheses of one utterance, the best first, with distinct texts. None if no text is possible.
  /// - Parameter limit: how many at most; nil for the options' `nbest`.
  public mutating func decode(_ emissions: Emissions, limit: Int? = nil) -> [BeamHypothesis] {
    reset()
    accept(emissions)
    return hypotheses(limit: limit)
  }

  /// Takes in the next frames. They must be ``Emissions/isValid``.
  /// - Complexity: O(T (V + width log width)), if few tokens of a frame are likely; at most a factor V more.
  public mutating func accept(_ emissions: Emissions) {
    precondition(
      (blank + 1...graph.isSeparator.count).contains(emissions.vocabularySize),
      "emissions of \(emissions.vocabularySize) tokens, a vocabulary of \(graph.isSeparator.count)")
    emissions.logPosteriors.withUnsafeBufferPointer { values in
      for start in stride(from: 0, to: values.count, by: emissions.vocabularySize) {
        accept(UnsafeBufferPointer(rebasing: values[start..<start + emissions.vocabularySize]))
      }
    }
    frames += emissions.frames
  }

  /// Labels that all prefixes of the beam share. Later frames only ever add to them.
  public var stableLabels: [Int] { tree.labels(of: tree.commonPrefix(of: beam.map(\.node))).labels }

  /// Prefixes held in memory, those of the beam and all they descend from among them.
  public var prefixCount: Int { tree.count }

  /// The hypotheses if the utterance ended here; the decoder can go on behind it.
  /// - Parameter limit: how many at most; nil for the options' `nbest`.
  public mutating func hypotheses(limit: Int? = nil) -> [BeamHypothesis] {
    var collector = HypothesisCollector(graph)
    for slot in beam.indices {
      let prefix = tree[beam[slot].node]
      let (labels, words) = tree.labels(of: beam[slot].node)
      for end in steps.finished(prefix) {
        // Of prefixes that end in a word, the completed word is not on the tree.
        let completed = prefix.isInWord && end.word >= 0 ? words + [(end.word, labels.count)] : words
        collector.add(end, labels: labels, words: completed, acousticScore: acousticScore(slot))
      }
    }
    if collector.isEmpty {
      // No prefix is at the end of a word of the lexicon: what is said of the last word is left off.
      for slot in beam.indices {
        let node = tree.lastWordEnd(before: beam[slot].node)
        let (labels, words) = tree.labels(of: node)
        for end in steps.finished(tree[node]) {
          collector.add(end, labels: labels, words: words, acousticScore: acousticScore(slot))
        }
      }
    }
    return collector.best(limit ?? graph.options.nbest)
  }

  /// Natural log of the probability of the paths found for an entry.
  private func acousticScore(_ slot: Int) -> Double {
    log(beam[slot].total) + logScale - tree[beam[slot].node].terms
  }

  // MARK: One frame

  private mutating func accept(_ row: UnsafeBufferPointer<Float>) {
    guard frame.choose(row, scale: scale) else {
      beam.removeAll(keepingCapacity: true)
      return
    }
    advance()
    if candidates.heap.isEmpty && !beam.isEmpty {
      // All that goes on was pruned from the frame, or is too unlikely for a Double: the best of it will do.
      _ = frame.choose(row, scale: scale, unpruned: true, floor: Self.rescueFloor)
      advance()
    }
    logScale += frame.logScale - log(scale)
    settle()
  }

  /// Finds the best candidates of the frame.
  private mutating func advance() {
    candidates.removeAll()
    stays.removeAll(keepingCapacity: true)
    let blankPosterior = frame.posteriors[blank]
    var best = 0.0
    for (slot, entry) in beam.enumerated() {
      let posterior = entry.lastLabel < 0 ? 0 : frame.posteriors[Int(entry.lastLabel)]
      var stay = (blank: entry.total * blankPosterior, label: entry.label * posterior)
      if entry.parent >= 0 {
        let parent = beam[Int(entry.parent)]
        stay.label +=
          (parent.lastLabel == entry.lastLabel ? parent.blank : parent.total) * posterior * entry.ratio
      }
      stays.append(stay)
      let key = stay.blank + stay.label
      best = max(best, key)
      if key > 0 { candidates.insert(Candidate(key: key, slot: Int32(slot), label: -1, variant: 0)) }
    }
    let floor = best * beamFactor
    guard !graph.isOpen, let lexicon = graph.lexicon else {
      for slot in beam.indices { extendOpen(slot, floor) }
      return
    }
    let (places, ratios, posteriors) = (lexicon.places, graph.lookaheadRatio, frame.spokenPosteriors)
    places.withUnsafeBufferPointer { places in
      ratios.withUnsafeBufferPointer { ratios in
        posteriors.withUnsafeBufferPointer { posteriors in
          let trie = FrameTrie(places: places, ratios: ratios, posteriors: posteriors)
          for slot in beam.indices { extendInLexicon(slot, floor, trie) }
        }
      }
    }
  }

  /// Steps of an open vocabulary: to every token that the frame has.
  private mutating func extendOpen(_ slot: Int, _ floor: Double) {
    let total = beam[slot].total
    let last = beam[slot].lastLabel
    let largest = total * beam[slot].largestRatio
    let largestLookahead = beam[slot].largestLookahead
    let hotword = beam[slot].hotword
    let isPlain = beam[slot].isPlain
    for (label, posterior) in frame.tokens {
      guard largest * posterior > max(candidates.bound, floor) else { break }
      let base = label == last ? beam[slot].blank : total
      var key = base * posterior
      if hotword >= 0 {
        key *= graph.hotwordRatio(hotword, label)
        guard key * largestLookahead > max(candidates.bound, floor) else { continue }
      }
      if !isPlain {
        let prefix = tree[beam[slot].node]
        var place = DecodingGraph.outside
        if let lexicon = graph.lexicon, prefix.place >= 0 {
          place = lexicon.child(of: prefix.place, token: label) ?? DecodingGraph.outside
        }
        key *= steps.ratio(from: prefix, label: label, place: place)
      }
      insert(key, slot, label, 0, floor)
    }
    for (label, posterior) in frame.separators {
      let base = label == last ? beam[slot].blank : total
      guard base * posterior > 0 else { continue }
      insert(base * posterior * endRatio(slot, label), slot, label, 0, floor)
    }
  }

  /// e^(what a step to a separator adds to the terms).
  private mutating func endRatio(_ slot: Int, _ label: Int32) -> Double {
    let node = beam[slot].node
    let known = tree[node].endRatio
    // Over tokens, each separator has a probability of its own.
    if graph.unit == .word && !known.isNaN { return known }
    let ratio = steps.step(from: node, tree[node], label: label, variant: 0).ratio
    tree[node].endRatio = ratio
    return ratio
  }

  /// The lexicon, and what a frame has of its tokens.
  private struct FrameTrie {
    let places: UnsafeBufferPointer<Lexicon.Place>
    /// By place: e^(look-ahead - the parent's).
    let ratios: UnsafeBufferPointer<Double>
    /// By token; 0 for those between words.
    let posteriors: UnsafeBufferPointer<Double>
  }

  /// Steps that the lexicon allows.
  private mutating func extendInLexicon(_ slot: Int, _ floor: Double, _ trie: FrameTrie) {
    let entry = beam[slot]
    let place = Int(entry.place)
    let children = trie.places[place].firstChild..<trie.places[place + 1].firstChild
    let largest = entry.total * entry.largestRatio
    if children.count < frame.tokens.count {
      for child in children {
        let label = trie.places[Int(child)].token
        let posterior = trie.posteriors[Int(label)]
        guard largest * posterior > max(candidates.bound, floor) else { continue }
        extend(slot, entry, to: child, label, posterior, floor, trie)
      }
    } else {
      for (label, posterior) in frame.tokens {
        guard largest * posterior > max(candidates.bound, floor) else { break }
        if let child = trie.places.child(of: entry.place, token: label) {
          extend(slot, entry, to: child, label, posterior, floor, trie)
        }
      }
    }
    for (label, posterior) in frame.separators {
      if let child = trie.places.child(of: entry.place, token: label) {
        extend(slot, entry, to: child, label, posterior, floor, trie)
      } else if entry.place == Lexicon.root {
        // Between words, as often as the sound has it.
        let base = label == entry.lastLabel ? entry.blank : entry.total
        guard base * posterior > 0 else { continue }
        insert(base * posterior * endRatio(slot, label), slot, label, 0, floor)
      }
    }
  }

  private mutating func extend(
    _ slot: Int, _ entry: BeamEntry, to child: Int32, _ label: Int32, _ posterior: Double, _ floor: Double,
    _ trie: FrameTrie
  ) {
    let probability = (label == entry.lastLabel ? entry.blank : entry.total) * posterior
    guard probability > 0 else { return }
    var hotwords = 1.0
    if entry.hotword >= 0 {
      hotwords = graph.hotwordRatio(entry.hotword, label)
      if !graph.isSeparator[Int(label)] {
        guard probability * hotwords * entry.largestLookahead > max(candidates.bound, floor) else { return }
      }
    }
    let (here, next) = (trie.places[Int(child)], trie.places[Int(child) + 1])
    if here.firstChild < next.firstChild {
      let ratio =
        entry.isPlain
        ? trie.ratios[Int(child)] : steps.ratio(from: tree[entry.node], label: label, place: child)
      insert(probability * ratio * hotwords, slot, label, 0, floor)
    }
    let ends = next.firstWord - here.firstWord
    for variant in 0..<ends {
      var ratio = ends == 1 ? tree[entry.node].endRatio : .nan
      // Over tokens, or where a word ends at another token than a separator, it is not one of the prefix alone.
      if ratio.isNaN || graph.unit == .token || !graph.isSeparator[Int(label)] {
        ratio = steps.step(from: entry.node, tree[entry.node], label: label, variant: variant + 1).ratio
        if ends == 1 && graph.isSeparator[Int(label)] { tree[entry.node].endRatio = ratio }
      }
      insert(probability * ratio, slot, label, variant + 1, floor)
    }
  }

  @inline(__always)
  private mutating func insert(_ key: Double, _ slot: Int, _ label: Int32, _ variant: Int32, _ floor: Double)
  {
    guard key > candidates.bound && key > floor else { return }
    // A prefix that is in the beam already has taken its share as it stayed.
    if beam[slot].childMask & (1 << UInt64(label & 63)) != 0 && hasChild(slot, label, variant) { return }
    candidates.insert(Candidate(key: key, slot: Int32(slot), label: label, variant: variant))
  }

  private func hasChild(_ slot: Int, _ label: Int32, _ variant: Int32) -> Bool {
    var word: Int32 = -1
    if variant > 0, let lexicon = graph.lexicon,
      let place = lexicon.child(of: beam[slot].place, token: label)
    {
      word = lexicon.completed[Int(lexicon.ends(at: place).lowerBound + variant - 1)]
    }
    var child = beam[slot].firstChild
    while child >= 0 {
      if beam[Int(child)].lastLabel == label && tree[beam[Int(child)].node].word == word { return true }
      child = beam[Int(child)].nextSibling
    }
    return false
  }

  /// Makes the best candidates the beam.
  private mutating func settle() {
    var best = 0.0
    for candidate in candidates.heap { best = max(best, candidate.key) }
    let floor = best * beamFactor
    next.removeAll(keepingCapacity: true)
    for candidate in candidates.heap where candidate.key >= floor {
      let slot = Int(candidate.slot)
      let node = beam[slot].node
      if candidate.label < 0 {
        next.append(BeamEntry(node: node, blank: stays[slot].blank, label: stays[slot].label))
      } else {
        let prefix = steps.step(
          from: node, tree[node], label: candidate.label, variant: candidate.variant)
        let child = tree.child(of: node, label: prefix.label, word: prefix.word) ?? tree.append(prefix)
        next.append(BeamEntry(node: child, blank: 0, label: candidate.key))
      }
    }
    swap(&beam, &next)
    scale = best > 0 ? 1 / best : 1
    if tree.count > compactionCount {
      var nodes = beam.map(\.node)
      tree.compact(keeping: &nodes)
      for slot in beam.indices { beam[slot].node = nodes[slot] }
      compactionCount = 2 * tree.count + Self.compactionStep
    }
    link()
  }

  /// Finds what the next frame needs of each entry.
  private mutating func link() {
    for (slot, entry) in beam.enumerated() { tree[entry.node].slot = Int32(slot) }
    for slot in beam.indices {
      let prefix = tree[beam[slot].node]
      beam[slot].lastLabel = prefix.label
      beam[slot].ratio = prefix.ratio
      beam[slot].place = prefix.place
      var largest =
        prefix.place >= 0 && graph.largestRatio.count > 1 ? graph.largestRatio[Int(prefix.place)] : 1
      beam[slot].largestLookahead = largest
      if let hotwords = graph.hotwords, !hotwords.isNeutral(prefix.hotword) {
        largest *= hotwords.largestRatio(from: prefix.hotword)
        beam[slot].hotword = prefix.hotword
      }
      beam[slot].largestRatio = largest
      beam[slot].isPlain = graph.unit == .word && (graph.lexicon == nil || !graph.isOpen)
      guard prefix.parent >= 0 else { continue }
      let parent = Int(tree[prefix.parent].slot)
      guard beam.indices.contains(parent), beam[parent].node == prefix.parent else { continue }
      beam[slot].parent = Int32(parent)
      beam[slot].nextSibling = beam[parent].firstChild
      beam[parent].firstChild = Int32(slot)
      beam[parent].childMask |= 1 << UInt64(prefix.label & 63)
    }
  }
}
