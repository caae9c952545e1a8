// Random bits that are a function of where they are used: Philox4x32-10 (Salmon et al. 2011, "Parallel random numbers: as
// easy as 1, 2, 3"). Nothing is carried from one call to the next, so that a mask can be drawn again instead of kept, by
// any thread.

// 16 counters at a time at every level, so that all levels draw the same masks.
enum { RANDOM_LANES = 16, RANDOM_BLOCK = 8 * RANDOM_LANES };
typedef uint32_t words __attribute__((vector_size(4 * RANDOM_LANES), aligned(4)));
typedef uint64_t products __attribute__((vector_size(8 * RANDOM_LANES), aligned(4)));

INLINE void multiply_words(uint32_t factor, const words *x, words *high, words *low) {
  const products product = __builtin_convertvector(*x, products) * (uint64_t)factor;
  *high = __builtin_convertvector(product >> 32, words);
  *low = *x * factor;
}

// keep[i] is all ones where element `first` + i of a row stays, for i < RANDOM_BLOCK; `first` is a multiple of
// RANDOM_BLOCK. An element has 16 random bits, and stays if they are not below the threshold.
INLINE void draw_block(const ck_random *random, ptrdiff_t first, uint32_t threshold, int32_t keep[RANDOM_BLOCK]) {
  const words lane = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15};
  words c0 = lane + (random->counter[0] + (uint32_t)(first / RANDOM_BLOCK * RANDOM_LANES));
  words c1 = lane * 0 + random->counter[1], c2 = lane * 0 + random->counter[2], c3 = lane * 0 + random->counter[3];
  uint32_t k0 = random->key[0], k1 = random->key[1];
  UNROLL for (int round = 0; round < 10; round++) {
    words high0, low0, high1, low1;
    multiply_words(0xD2511F53u, &c0, &high0, &low0);
    multiply_words(0xCD9E8D57u, &c2, &high1, &low1);
    c0 = high1 ^ c1 ^ k0;
    c1 = low1;
    c2 = high0 ^ c3 ^ k1;
    c3 = low0;
    k0 += 0x9E3779B9u;
    k1 += 0xBB67AE85u;
  }
  const words drawn[4] = {c0, c1, c2, c3};
  UNROLL for (int i = 0; i < 4; i++) {
    *(words *)(keep + 2 * i * RANDOM_LANES) = (words)((drawn[i] & 0xFFFFu) >= threshold);
    *(words *)(keep + (2 * i + 1) * RANDOM_LANES) = (words)((drawn[i] >> 16) >= threshold);
  }
}

INLINE vec masked(vec x, const int32_t *keep) { return (vec)((ivec)x & *(const ivec *)keep); }

static void KERNEL(dropout)(float *y, const float *x, const float *residual, ptrdiff_t count, const ck_random *random,
                            uint32_t threshold) {
  const float scale = ck_dropout_scale(threshold);
  for (ptrdiff_t first = 0; first < count; first += RANDOM_BLOCK) {
    int32_t keep[RANDOM_BLOCK];
    draw_block(random, first, threshold, keep);
    const ptrdiff_t end = count - first < RANDOM_BLOCK ? count - first : RANDOM_BLOCK;
    ptrdiff_t i = 0;
    for (; i + LANES <= end; i += LANES) {
      vec v = masked(load(x + first + i), keep + i) * scale;
      if (residual) v += load(residual + first + i);
      store(y + first + i, v);
    }
    if (i < end) {
      vec v = masked(load_part(x + first + i, end - i, 0), keep + i) * scale;
      if (residual) v += load_part(residual + first + i, end - i, 0);
      store_part(y + first + i, end - i, v);
    }
  }
}
