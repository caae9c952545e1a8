// What k-means does with the products of frames and centroids.

// The lowest of the indices of a row's smallest element, elements a multiple of CK_PANEL_STEP apart.
static void KERNEL(nearest)(uint16_t *indices, const float *scores, ptrdiff_t stride, ptrdiff_t columns, ptrdiff_t rows) {
  ivec lanes;
  for (int i = 0; i < LANES; i++) lanes[i] = i;
  for (ptrdiff_t r = 0; r < rows; r++, scores += stride) {
    vec least = load(scores);
    ivec index = lanes, current = lanes;
    for (ptrdiff_t c = LANES; c < columns; c += LANES) {
      const vec score = load(scores + c);
      current += LANES;
      const ivec closer = score < least;
      index = (closer & current) | (~closer & index);
      least = choose(closer, score, least);
    }
    const float smallest = -largest_of(-least);
    const ivec equal = least == smallest;
    const ivec candidates = (equal & index) | (~equal & INT32_MAX);
    int32_t best = INT32_MAX;
    for (int i = 0; i < LANES; i++) best = candidates[i] < best ? candidates[i] : best;
    // Nothing compares equal to NaN.
    indices[r] = best == INT32_MAX ? 0 : (uint16_t)best;
  }
}

static float KERNEL(squared_distance)(const float *a, const float *b, ptrdiff_t count) {
  vec sum0 = all(0), sum1 = all(0);
  ptrdiff_t i = 0;
  for (; i + 2 * LANES <= count; i += 2 * LANES) {
    const vec d0 = load(a + i) - load(b + i), d1 = load(a + i + LANES) - load(b + i + LANES);
    sum0 = multiply_add(d0, d0, sum0);
    sum1 = multiply_add(d1, d1, sum1);
  }
  for (; i < count; i += LANES) {
    const ptrdiff_t left = count - i < LANES ? count - i : LANES;
    const vec d = load_part(a + i, left, 0) - load_part(b + i, left, 0);
    sum0 = multiply_add(d, d, sum0);
  }
  return sum_of(sum0 + sum1);
}

static void KERNEL(add_to_doubles)(double *restrict sums, const float *restrict x, ptrdiff_t count) {
  for (ptrdiff_t i = 0; i < count; i++) sums[i] += (double)x[i];
}

static void KERNEL(nearer)(float *distances, double *potentials, const float *products, const float *norms,
                           const float *candidate_norms, const float *closest, ptrdiff_t width, ptrdiff_t rows) {
  for (ptrdiff_t c = 0; c < width; c += LANES) {
    const vec candidate = load(candidate_norms + c);
    // Sums of 64 rows at a time, so that float32 keeps what is added.
    for (ptrdiff_t first = 0; first < rows; first += 64) {
      const ptrdiff_t end = first + 64 < rows ? first + 64 : rows;
      vec sum = all(0);
      for (ptrdiff_t r = first; r < end; r++) {
        vec distance = multiply_add(load(products + r * width + c), all(-2.0f), candidate + norms[r]);
        // In this order NaN is passed on.
        distance = choose(distance < 0.0f, all(0), distance);
        distance = choose(distance > closest[r], all(closest[r]), distance);
        store(distances + r * width + c, distance);
        sum += distance;
      }
      for (int i = 0; i < LANES; i++) potentials[c + i] += (double)sum[i];
    }
  }
}
