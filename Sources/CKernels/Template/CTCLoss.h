// The CTC loss.

// Probabilities of states as m 2^e, one state a lane. Sums of paths over a long utterance leave the range of a float by far,
// and neighbouring states may be far apart, so that no exponent can be shared.
typedef struct scaled {
  vec m;
  ivec e;
} scaled;

// The exponent of probability zero; its mantissa is never 0. What comes below is lifted to it.
#define CTC_ZERO (-(1 << 29))
// A sum with a lower exponent is made of zeros alone.
#define CTC_IMPOSSIBLE (-(1 << 28))
// A logit this far below the largest of its frame counts as -inf.
#define CTC_DEPTH 65536.0f
// Frames between renormalisations: a frame multiplies a mantissa by 0.7 to 4.3, so that they stay between 2^-5 and 2^18.
#define CTC_INTERVAL 8

INLINE ivec all_int(int32_t v) { return v - (ivec){0}; }
INLINE scaled load_scaled(const float *m, const float *e) { return (scaled){load(m), (ivec)load(e)}; }
INLINE void store_scaled(float *m, float *e, scaled v) {
  store(m, v.m);
  store(e, (vec)v.e);
}

// m 2^(e - base + 127), or 0 where that exponent is below -126. `base` is 127 below the exponent of the result.
INLINE vec aligned(scaled v, ivec base) {
  ivec exponent = __builtin_elementwise_max(v.e - base, all_int(0));
  return v.m * (vec)(exponent << 23);
}

INLINE scaled plus(scaled a, scaled b) {
  ivec e = __builtin_elementwise_max(a.e, b.e), base = e - 127;
  return (scaled){aligned(a, base) + aligned(b, base), e};
}

INLINE scaled plus3(scaled a, scaled b, scaled c) {
  ivec e = __builtin_elementwise_max(__builtin_elementwise_max(a.e, b.e), c.e), base = e - 127;
  return (scaled){aligned(a, base) + aligned(b, base) + aligned(c, base), e};
}

INLINE scaled times(scaled a, scaled b, const bool normalise) {
  scaled product = {a.m * b.m, __builtin_elementwise_max(a.e + b.e, all_int(CTC_ZERO))};
  if (!normalise) return product;
  ivec bits = (ivec)product.m;
  return (scaled){(vec)((bits & 0x007fffff) | 0x3f800000), product.e + ((bits >> 23) - 127)};
}

// What a frame's logits are measured from. Logits of an ordinary size are left as they are, since a subtraction would
// round them; only their exponents are shifted.
typedef struct ctc_origin {
  float shift;
  int32_t exponent;
  float lowest;  // of logit - shift
} ctc_origin;

INLINE ctc_origin origin_of(float largest) {
  const bool ordinary = fabsf(largest) < 1024;
  const float shift = ordinary ? 0 : largest;
  return (ctc_origin){shift, (int32_t)rintf((largest - shift) * 1.44269504f), largest - shift - CTC_DEPTH};
}

// The natural logarithm of what e^logit was divided by.
INLINE double logarithm_of(ctc_origin o) { return (double)o.shift + o.exponent * 0.69314718055994530942; }

// e^logit over the frame's origin, m in 0.7...1.42.
//
// e^x = 2^(n + f), x log2 e = n + f, |f| <= 1/2. x and log2 e are split into 12 bits and the rest, so that the product of
// the leading parts is exact at every level.
INLINE scaled emission(vec logit, ctc_origin o) {
  const float leading = 1.4423828125f, rest = 3.122283889633e-4f;
  vec x = logit - o.shift;
  const ivec possible = x >= o.lowest;
  x = larger(x, all(o.lowest));
  vec high = (vec)((ivec)x & (int32_t)0xfffff000);
  vec product = high * leading;
  const vec rounder = all(12582912.0f);  // as in power_of_two
  vec shifted = product + rounder;
  vec n = shifted - rounder;
  vec f = (product - n) + multiply_add(x - high, all(leading), x * rest);
  ivec e = __builtin_convertvector(n, ivec) - o.exponent;
  return (scaled){power_of_two(f), (e & possible) | (all_int(CTC_ZERO) & ~possible)};
}

// y = scale softmax(x). Returns the sum of e^(x - largest), or NaN where softmax is undefined: NaN or +inf among the
// logits, or all of them -inf.
INLINE float scaled_softmax(float *y, const float *x, ptrdiff_t count, float scale, float *largest) {
  const ptrdiff_t whole = count / LANES * LANES, left = count - whole;
  vec highest = all(-INFINITY);
  ivec unordered = all_int(0);
  for (ptrdiff_t c = 0; c < whole; c += LANES) {
    vec v = load(x + c);
    highest = larger(v, highest);
    unordered |= v != v;
  }
  if (left) {
    vec v = load_part(x + whole, left, -INFINITY);
    highest = larger(v, highest);
    unordered |= v != v;
  }
  *largest = largest_of(highest);
  int32_t any = 0;
  for (int i = 0; i < LANES; i++) any |= unordered[i];
  if (any || !isfinite(*largest)) return NAN;
  // Compensated (Kahan 1965): beside a blank near 1, thousands of small terms would each lose their last digits.
  vec sum = all(0), excess = all(0);
  for (ptrdiff_t c = 0; c < whole; c += LANES) {
    vec v = exponential(load(x + c) - *largest), term = v - excess, next = sum + term;
    excess = (next - sum) - term;
    sum = next;
    store(y + c, v);
  }
  if (left) {
    vec v = exponential(load_part(x + whole, left, -INFINITY) - *largest);
    excess -= v;
    store_part(y + whole, left, v);
  }
  const float total = sum_of(sum - excess), factor = scale / total;
  ptrdiff_t c = 0;
  for (; c < whole; c += LANES) store(y + c, load(y + c) * factor);
  for (; c < count; c++) y[c] *= factor;
  return total;
}

// One row of states: the labels' mantissas and exponents, then the blanks'. Blank u stands before label u; label -1 exists
// and is impossible.
typedef struct ctc_row {
  float *label_m, *label_e, *blank_m, *blank_e;
} ctc_row;

INLINE ctc_row row_at(float *memory, ptrdiff_t width) {
  return (ctc_row){memory + CK_CTC_STEP, memory + width + CK_CTC_STEP, memory + 2 * width, memory + 3 * width};
}

static void KERNEL(ctc_clear)(float *memory, ptrdiff_t width) {
  for (ptrdiff_t part = 0; part < 4; part += 2) {
    for (ptrdiff_t i = 0; i < width; i += LANES) {
      store_scaled(memory + part * width + i, memory + (part + 1) * width + i, (scaled){all(1), all_int(CTC_ZERO)});
    }
  }
}

// Where the recursions find what does not change from frame to frame.
typedef struct ctc_target {
  int32_t *labels;     // (padded), ending in blanks
  float *skip;         // (padded) largest exponent that label u may take from label u - 1: CTC_ZERO after its like
  float *logits;       // (padded) a frame's logits of the labels
  float *occupancies;  // (padded) a frame's
  ptrdiff_t padded;    // states of each kind, whole vectors
} ctc_target;

INLINE void gather_logits(const ctc_target *target, const float *x) {
  for (ptrdiff_t u = 0; u < target->padded; u++) target->logits[u] = x[target->labels[u]];
}

// alpha(label u, t) = (alpha(label u) + alpha(blank u) + alpha(label u - 1) if they differ) p(label u, t)
// alpha(blank u, t) = (alpha(blank u) + alpha(label u - 1)) p(blank, t),   on the right at t - 1.
INLINE void forward_row(const bool normalise, const ctc_target *target, ctc_row from, ctc_row to, scaled blank,
                        ctc_origin origin) {
  for (ptrdiff_t u = 0; u < target->padded; u += LANES) {
    scaled label = load_scaled(from.label_m + u, from.label_e + u);
    scaled before = load_scaled(from.label_m + u - 1, from.label_e + u - 1);
    scaled between = load_scaled(from.blank_m + u, from.blank_e + u);
    scaled skip = {before.m, __builtin_elementwise_min(before.e, (ivec)load(target->skip + u))};
    scaled p = emission(load(target->logits + u), origin);
    store_scaled(to.label_m + u, to.label_e + u, times(plus3(label, between, skip), p, normalise));
    store_scaled(to.blank_m + u, to.blank_e + u, times(plus(between, before), blank, normalise));
  }
}

// beta(label u, t) = bp(label u) + bp(blank u + 1) + bp(label u + 1) if they differ
// beta(blank u, t) = bp(blank u) + bp(label u),   bp = beta p, on the right at t + 1.
//
// Replaces bp of t + 1 by that of t, and stores alpha beta 2^-exponent of the labels. Returns the blanks' sum of it and
// adds the labels' to *labels.
INLINE vec backward_row(const bool normalise, const ctc_target *target, ctc_row bp, ctc_row alpha, scaled blank,
                        ctc_origin origin, int32_t exponent, vec *labels) {
  const ivec base = all_int(exponent - 127);
  vec label_sum = all(0), blank_sum = all(0);
  for (ptrdiff_t u = 0; u < target->padded; u += LANES) {
    scaled label = load_scaled(bp.label_m + u, bp.label_e + u);
    scaled after = load_scaled(bp.label_m + u + 1, bp.label_e + u + 1);
    scaled between = load_scaled(bp.blank_m + u, bp.blank_e + u);
    scaled next = load_scaled(bp.blank_m + u + 1, bp.blank_e + u + 1);
    after.e = __builtin_elementwise_min(after.e, (ivec)load(target->skip + u + 1));
    scaled label_beta = plus3(label, next, after), blank_beta = plus(between, label);
    scaled a = load_scaled(alpha.label_m + u, alpha.label_e + u), b = load_scaled(alpha.blank_m + u, alpha.blank_e + u);
    vec occupancy = aligned((scaled){a.m * label_beta.m, a.e + label_beta.e}, base);
    store(target->occupancies + u, occupancy);
    label_sum += occupancy;
    blank_sum += aligned((scaled){b.m * blank_beta.m, b.e + blank_beta.e}, base);
    scaled p = emission(load(target->logits + u), origin);
    store_scaled(bp.label_m + u, bp.label_e + u, times(label_beta, p, normalise));
    store_scaled(bp.blank_m + u, bp.blank_e + u, times(blank_beta, blank, normalise));
  }
  *labels = label_sum;
  return blank_sum;
}

static void KERNEL(fill_gradient)(const ck_ctc *problem, float value) {
  for (ptrdiff_t t = 0; t < problem->frames; t++) {
    float *row = problem->gradient + t * problem->gradient_stride;
    for (ptrdiff_t c = 0; c < problem->vocabulary; c++) row[c] = value;
  }
}

// Graves et al. 2006, "Connectionist Temporal Classification", sections 4.1 and 4.2, with beta taken without the emission
// of its own frame, and occupancies normalised by their sum in each frame, where the roundings of alpha and beta cancel.
static double KERNEL(ctc)(const ck_ctc *problem, float *scratch) {
  const ptrdiff_t frames = problem->frames, count = problem->label_count;
  const ptrdiff_t width = ck_ctc_row_width(count), row_size = 4 * width;
  ctc_target target = {.labels = (int32_t *)scratch,
                       .skip = scratch + width,
                       .logits = scratch + 2 * width,
                       .occupancies = scratch + 3 * width,
                       .padded = (count + LANES) / LANES * LANES};
  float *bp_memory = scratch + row_size, *rows = bp_memory + row_size;
  float *largest = rows + (frames + 1) * row_size;

  for (ptrdiff_t u = 0; u < target.padded; u++) target.labels[u] = u < count ? problem->labels[u] : problem->blank;
  for (ptrdiff_t u = 0; u < width; u += LANES) store(target.skip + u, (vec)all_int(CTC_ZERO));
  for (ptrdiff_t u = 1; u < count; u++) {
    const int32_t free = INT32_MAX;
    if (problem->labels[u] != problem->labels[u - 1]) memcpy(target.skip + u, &free, sizeof free);
  }

  // Before the first frame all of the probability is in the first blank.
  const int32_t one = 0;
  KERNEL(ctc_clear)(rows, width);
  memcpy(row_at(rows, width).blank_e, &one, sizeof one);
  double log_sums = 0, product = 1;
  for (ptrdiff_t t = 0; t < frames; t++) {
    const float *x = problem->logits + t * problem->logits_stride;
    const float sum = scaled_softmax(problem->gradient + t * problem->gradient_stride, x, problem->vocabulary,
                                     problem->scale, largest + t);
    if (sum != sum) {
      KERNEL(fill_gradient)(problem, NAN);
      return NAN;
    }
    const ctc_origin origin = origin_of(largest[t]);
    log_sums += (double)largest[t] - logarithm_of(origin);
    product *= sum;
    if (product > 1e200) {
      log_sums += log(product);
      product = 1;
    }
    gather_logits(&target, x);
    float *memory = rows + (t + 1) * row_size;
    const ctc_row from = row_at(memory - row_size, width), to = row_at(memory, width);
    store_scaled(to.label_m - LANES, to.label_e - LANES, (scaled){all(1), all_int(CTC_ZERO)});
    const scaled blank = emission(all(x[problem->blank]), origin);
    if (t % CTC_INTERVAL == 0) {
      forward_row(true, &target, from, to, blank, origin);
    } else {
      forward_row(false, &target, from, to, blank, origin);
    }
  }

  // The paths that end in the last blank and, if there is one, in the last label.
  const ctc_row last = row_at(rows + frames * row_size, width);
  float end_m[2] = {last.blank_m[count], last.label_m[count - 1]};
  int32_t end_e[2];
  memcpy(end_e, last.blank_e + count, sizeof(int32_t));
  memcpy(end_e + 1, last.label_e + count - 1, sizeof(int32_t));
  const int32_t exponent = end_e[0] > end_e[1] ? end_e[0] : end_e[1];
  if (exponent < CTC_IMPOSSIBLE) {
    KERNEL(fill_gradient)(problem, 0);
    return INFINITY;
  }
  const double mantissa = ldexp(end_m[0], end_e[0] - exponent) + ldexp(end_m[1], end_e[1] - exponent);
  const double loss = log_sums + log(product) - log(mantissa) - exponent * 0.69314718055994530942;

  // After the last frame all of the probability is in the last blank.
  KERNEL(ctc_clear)(bp_memory, width);
  const ctc_row bp = row_at(bp_memory, width);
  memcpy(bp.blank_e + count, &one, sizeof one);
  for (ptrdiff_t t = frames - 1; t >= 0; t--) {
    const float *x = problem->logits + t * problem->logits_stride;
    float *gradient = problem->gradient + t * problem->gradient_stride;
    const ctc_origin origin = origin_of(largest[t]);
    gather_logits(&target, x);
    const ctc_row alpha = row_at(rows + (t + 1) * row_size, width);
    const scaled blank = emission(all(x[problem->blank]), origin);
    vec label_sum, blank_sum;
    if (t % CTC_INTERVAL == 0) {
      blank_sum = backward_row(true, &target, bp, alpha, blank, origin, exponent, &label_sum);
    } else {
      blank_sum = backward_row(false, &target, bp, alpha, blank, origin, exponent, &label_sum);
    }
    const float blanks = sum_of(blank_sum), factor = problem->scale / (blanks + sum_of(label_sum));
    for (ptrdiff_t u = 0; u < count; u++) gradient[problem->labels[u]] -= target.occupancies[u] * factor;
    gradient[problem->blank] -= blanks * factor;
  }
  return loss;
}
