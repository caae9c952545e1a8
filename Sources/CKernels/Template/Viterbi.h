// Forced alignment.

// Every state takes the best of those that lead to it: comparisons and one addition, the same at every level.
static void KERNEL(viterbi)(double *restrict blanks, double *restrict labels, uint8_t *restrict steps,
                            const double *restrict old_blanks, const double *restrict old_labels,
                            const double *restrict row, const int32_t *restrict blank_tokens,
                            const int32_t *restrict label_tokens, const double *restrict skips, ptrdiff_t first,
                            ptrdiff_t end) {
  for (ptrdiff_t u = first; u < end; u++) {
    const double label_before = old_labels[u], blank = old_blanks[u + 1], label = old_labels[u + 1];
    const int entered = label_before > blank;
    blanks[u + 1] = (entered ? label_before : blank) + row[blank_tokens[u]];
    const int begun = blank > label;
    const double best = begun ? blank : label;
    const double skipped = label_before + skips[u];
    const int skips_blank = skipped > best;
    labels[u + 1] = (skips_blank ? skipped : best) + row[label_tokens[u]];
    steps[u] = (uint8_t)(entered | (skips_blank ? CK_VITERBI_SKIP : begun ? CK_VITERBI_BEGIN : 0));
  }
}
