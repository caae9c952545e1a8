// Norms, softmax, activations and the ways to lay out rows anew.

INLINE void activate_row(const ck_activation activation, float *x, ptrdiff_t count) {
  ptrdiff_t i = 0;
  for (; i + LANES <= count; i += LANES) store(x + i, apply(activation, load(x + i)));
  if (i < count) store_part(x + i, count - i, apply(activation, load_part(x + i, count - i, 0)));
}

static void KERNEL(activate)(float *x, ptrdiff_t count, ck_activation activation) {
  switch (activation) {
    case CK_IDENTITY: break;
    case CK_GELU: activate_row(CK_GELU, x, count); break;
    default: activate_row(activation, x, count);
  }
}

static void KERNEL(layer_norm)(float *y, ptrdiff_t y_stride, const float *x, ptrdiff_t x_stride, const float *weight,
                               const float *bias, float epsilon, ptrdiff_t columns, ptrdiff_t rows,
                               ck_activation activation) {
  const ptrdiff_t whole = columns / LANES * LANES, left = columns - whole;
  for (ptrdiff_t r = 0; r < rows; r++) {
    const float *in = x + r * x_stride;
    float *out = y + r * y_stride;
    vec sum0 = all(0), sum1 = all(0);
    ptrdiff_t c = 0;
    for (; c + 2 * LANES <= whole; c += 2 * LANES) {
      sum0 += load(in + c);
      sum1 += load(in + c + LANES);
    }
    if (c < whole) sum0 += load(in + c);
    if (left) sum1 += load_part(in + whole, left, 0);
    const float mean = sum_of(sum0 + sum1) / (float)columns;
    vec square0 = all(0), square1 = all(0);
    for (c = 0; c + 2 * LANES <= whole; c += 2 * LANES) {
      vec a = load(in + c) - mean, b = load(in + c + LANES) - mean;
      square0 = multiply_add(a, a, square0);
      square1 = multiply_add(b, b, square1);
    }
    if (c < whole) {
      vec a = load(in + c) - mean;
      square0 = multiply_add(a, a, square0);
    }
    if (left) {
      vec a = load_part(in + whole, left, mean) - mean;
      square1 = multiply_add(a, a, square1);
    }
    const float variance = sum_of(square0 + square1) / (float)columns;
    const float scale = 1.0f / sqrtf(variance + epsilon);
    for (c = 0; c < whole; c += LANES) {
      store(out + c, multiply_add((load(in + c) - mean) * scale, load(weight + c), load(bias + c)));
    }
    if (left) {
      vec v = (load_part(in + whole, left, mean) - mean) * scale;
      store_part(out + whole, left,
                 multiply_add(v, load_part(weight + whole, left, 0), load_part(bias + whole, left, 0)));
    }
    KERNEL(activate)(out, columns, activation);
  }
}

static void KERNEL(softmax_maxima)(float most[CK_PANEL_STEP], float *x, ptrdiff_t count) {
  const ptrdiff_t padded = (count + CK_PANEL_STEP - 1) / CK_PANEL_STEP * CK_PANEL_STEP;
  for (ptrdiff_t c = count; c < padded; c++) x[c] = -INFINITY;
  for (int lane = 0; lane < CK_PANEL_STEP; lane += LANES) {
    vec max = load(most + lane);
    for (ptrdiff_t c = lane; c < padded; c += CK_PANEL_STEP) max = larger(load(x + c), max);
    store(most + lane, max);
  }
}

static float KERNEL(softmax_numerators)(float *x, ptrdiff_t count, const float most[CK_PANEL_STEP]) {
  const ptrdiff_t padded = (count + CK_PANEL_STEP - 1) / CK_PANEL_STEP * CK_PANEL_STEP;
  vec largest = load(most);
  for (int lane = LANES; lane < CK_PANEL_STEP; lane += LANES) largest = larger(load(most + lane), largest);
  const vec max = all(largest_of(largest));
  vec sum0 = all(0), sum1 = all(0);
  ptrdiff_t c = 0;
  for (; c + 2 * LANES <= padded; c += 2 * LANES) {
    vec a = power_of_two(load(x + c) - max), b = power_of_two(load(x + c + LANES) - max);
    store(x + c, a);
    store(x + c + LANES, b);
    sum0 += a;
    sum1 += b;
  }
  if (c < padded) {
    vec a = power_of_two(load(x + c) - max);
    store(x + c, a);
    sum0 += a;
  }
  return 1.0f / sum_of(sum0 + sum1);
}

static void KERNEL(log_softmax)(float *y, const float *x, ptrdiff_t count) {
  const ptrdiff_t whole = count / LANES * LANES, left = count - whole;
  vec highest = all(-INFINITY);
  for (ptrdiff_t c = 0; c < whole; c += LANES) highest = larger(load(x + c), highest);
  if (left) highest = larger(load_part(x + whole, left, -INFINITY), highest);
  const float max = largest_of(highest);
  vec sum = all(0);
  for (ptrdiff_t c = 0; c < whole; c += LANES) sum += exponential(load(x + c) - max);
  if (left) sum += exponential(load_part(x + whole, left, -INFINITY) - max);
  const float shift = max + logf(sum_of(sum));
  for (ptrdiff_t c = 0; c < count; c++) y[c] = x[c] - shift;
}

static void KERNEL(subtract)(float *y, ptrdiff_t y_stride, const float *a, ptrdiff_t a_stride, const float *b,
                             ptrdiff_t b_stride, ptrdiff_t columns, ptrdiff_t rows) {
  for (ptrdiff_t r = 0; r < rows; r++) {
    float *restrict out = y + r * y_stride;
    const float *first = a + r * a_stride, *second = b + r * b_stride;
    for (ptrdiff_t c = 0; c < columns; c++) out[c] = first[c] - second[c];
  }
}

// Asks for the first 256 bytes of 16 rows: what is read of a row of queries, keys and values is too short for the
// hardware to see a pattern in.
INLINE void fetch_rows(const float *x, ptrdiff_t x_stride, ptrdiff_t columns) {
  if (columns > 64) columns = 64;
  for (ptrdiff_t r = 0; r < 16; r++) {
    for (ptrdiff_t c = 0; c < columns; c += 16) __builtin_prefetch(x + r * x_stride + c, 0, 3);
  }
}

static void KERNEL(gather)(float *y, ptrdiff_t y_stride, const float *x, ptrdiff_t x_stride, ptrdiff_t columns,
                           ptrdiff_t rows) {
  for (ptrdiff_t r = 0; r < rows; r++) {
    if (r % 16 == 0) fetch_rows(x + (r + 16) * x_stride, x_stride, columns);
    memcpy(y + r * y_stride, x + r * x_stride, (size_t)columns * sizeof(float));
    memset(y + r * y_stride + columns, 0, (size_t)(y_stride - columns) * sizeof(float));
  }
}

// In squares of 4, within strips of 16 rows of x: whole lines of y.
static void KERNEL(transpose)(float *y, ptrdiff_t y_stride, const float *x, ptrdiff_t x_stride, ptrdiff_t columns,
                              ptrdiff_t rows) {
  const ptrdiff_t padded = (rows + CK_PANEL_STEP - 1) / CK_PANEL_STEP * CK_PANEL_STEP;
  const ptrdiff_t whole_rows = rows / 4 * 4, whole_columns = columns / 4 * 4;
  for (ptrdiff_t strip = 0; strip < whole_rows; strip += 16) {
    fetch_rows(x + (strip + 16) * x_stride, x_stride, columns);
    const ptrdiff_t end = strip + 16 < whole_rows ? strip + 16 : whole_rows;
    for (ptrdiff_t c = 0; c < whole_columns; c += 4) {
      for (ptrdiff_t r = strip; r < end; r += 4) {
        const float *in = x + r * x_stride + c;
        const four a = *(const four *)in, b = *(const four *)(in + x_stride);
        const four d = *(const four *)(in + 2 * x_stride), e = *(const four *)(in + 3 * x_stride);
        const four ab_low = __builtin_shufflevector(a, b, 0, 4, 1, 5), ab_high = __builtin_shufflevector(a, b, 2, 6, 3, 7);
        const four de_low = __builtin_shufflevector(d, e, 0, 4, 1, 5), de_high = __builtin_shufflevector(d, e, 2, 6, 3, 7);
        float *out = y + c * y_stride + r;
        *(four *)out = __builtin_shufflevector(ab_low, de_low, 0, 1, 4, 5);
        *(four *)(out + y_stride) = __builtin_shufflevector(ab_low, de_low, 2, 3, 6, 7);
        *(four *)(out + 2 * y_stride) = __builtin_shufflevector(ab_high, de_high, 0, 1, 4, 5);
        *(four *)(out + 3 * y_stride) = __builtin_shufflevector(ab_high, de_high, 2, 3, 6, 7);
      }
    }
  }
  for (ptrdiff_t c = 0; c < columns; c++) {
    for (ptrdiff_t r = c < whole_columns ? whole_rows : 0; r < rows; r++) y[c * y_stride + r] = x[r * x_stride + c];
    for (ptrdiff_t r = rows; r < padded; r++) y[c * y_stride + r] = 0;
  }
}
