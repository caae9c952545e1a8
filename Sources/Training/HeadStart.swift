/// What the weights of a new class begin with; its bias is 0 either way.
public enum HeadStart: String, Sendable, CaseIterable {
  /// Every class is as probable as any other in every frame, whatever is heard: a flat start, from which CTC's
  /// first gradients are those of all alignments alike.
  case zeros
  /// normal(0, `initializer_range`), as in transformers.
  case normal
}
