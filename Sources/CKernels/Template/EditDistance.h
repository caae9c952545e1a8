// Alignment of sequences.

#define CELLS(chosen)                                              \
  for (ptrdiff_t c = 0; c < count; c++) {                          \
    const bool match = reference[c] == hypothesis[c];              \
    const int64_t diagonal = before_last[c] + (match ? 0 : substitution); \
    const int64_t insertion = last[c] + indel, deletion = last[c + 1] + indel; \
    cells[c] = chosen;                                             \
  }

// A packed cost's upper half is the cost.
static inline int64_t KERNEL(cheaper)(int64_t a, int64_t b) { return (b >> 32) < (a >> 32) ? b : a; }

// Cells of one diagonal do not depend on one another.
static void KERNEL(edit_diagonal)(int64_t *restrict cells, const int64_t *restrict before_last,
                                  const int64_t *restrict last, const uint32_t *restrict reference,
                                  const uint32_t *restrict hypothesis, int64_t substitution, int64_t indel,
                                  ck_edit_ties ties, ptrdiff_t count) {
  switch (ties) {
    case CK_EDIT_SMALLEST:
      CELLS(diagonal < (insertion < deletion ? insertion : deletion) ? diagonal
            : insertion < deletion                                   ? insertion
                                                                     : deletion)
      break;
    case CK_EDIT_DIAGONAL_FIRST:
      CELLS(KERNEL(cheaper)(KERNEL(cheaper)(diagonal, insertion), deletion))
      break;
    case CK_EDIT_DELETION_FIRST:
      CELLS(KERNEL(cheaper)(deletion, match ? KERNEL(cheaper)(insertion, diagonal)
                                            : KERNEL(cheaper)(diagonal, insertion)))
      break;
  }
}

#undef CELLS
