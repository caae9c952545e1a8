// Gradients of what Elementwise.h computes. A gradient is `d` plus the name of what it belongs to.

// d activation(x) / dx.
INLINE vec derivative(ck_activation activation, vec x) {
  switch (activation) {
    case CK_GELU: {
      // Phi(x) + x phi(x).
      vec density = exponential(x * x * -0.5f) * 0.3989422804014327f;
      return multiply_add(x, density, normal_distribution(x));
    }
    case CK_GELU_TANH: {
      vec inner = multiply_add(x * x * x, all(0.044715f), x) * 0.7978845608028654f;
      vec t = hyperbolic_tangent(inner);
      vec slope = multiply_add(x * x, all(3 * 0.044715f), all(1)) * 0.7978845608028654f;
      return 0.5f * (1.0f + t) + 0.5f * x * (1.0f - t * t) * slope;
    }
    case CK_GELU_SIGMOID: {
      vec s = sigmoid(1.702f * x);
      return multiply_add(1.702f * x * s, 1.0f - s, s);
    }
    case CK_RELU: return choose(x > 0.0f, all(1), (vec)((ivec)x & (x != x)));
    case CK_SILU: {
      vec s = sigmoid(x);
      return multiply_add(x * s, 1.0f - s, s);
    }
    case CK_TANH: {
      vec t = hyperbolic_tangent(x);
      return 1.0f - t * t;
    }
    case CK_SIGMOID: {
      vec s = sigmoid(x);
      return s * (1.0f - s);
    }
    case CK_IDENTITY: return all(1);
    default: {
      float part[LANES];
      store(part, x);
      for (int i = 0; i < LANES; i++) part[i] = (float)ck_activation_derivative_of(activation, (double)part[i]);
      return load(part);
    }
  }
}

INLINE void activate_row_backward(const ck_activation activation, float *dx, const float *x, const float *dy,
                                  ptrdiff_t count) {
  ptrdiff_t i = 0;
  for (; i + LANES <= count; i += LANES) store(dx + i, load(dy + i) * derivative(activation, load(x + i)));
  if (i < count) {
    store_part(dx + i, count - i, load_part(dy + i, count - i, 0) * derivative(activation, load_part(x + i, count - i, 0)));
  }
}

static void KERNEL(activate_backward)(float *dx, const float *x, const float *dy, ptrdiff_t count,
                                      ck_activation activation) {
  switch (activation) {
    case CK_GELU: activate_row_backward(CK_GELU, dx, x, dy, count); break;
    default: activate_row_backward(activation, dx, x, dy, count);
  }
}

// With n = (x - mean) / s, s^2 = variance + epsilon and g = dy weight,
//
//     dx = (g - mean(g) - n mean(g n)) / s,   dweight += sum over rows of dy n,   dbias += sum over rows of dy
static void KERNEL(layer_norm_backward)(float *dx, ptrdiff_t dx_stride, const float *x, ptrdiff_t x_stride, const float *dy,
                                        ptrdiff_t dy_stride, const float *residual, ptrdiff_t residual_stride,
                                        const float *weight, float *dweight, float *dbias, float epsilon,
                                        ptrdiff_t columns, ptrdiff_t rows) {
  const ptrdiff_t whole = columns / LANES * LANES, left = columns - whole;
  for (ptrdiff_t r = 0; r < rows; r++) {
    const float *in = x + r * x_stride, *gradient = dy + r * dy_stride;
    vec sum = all(0);
    for (ptrdiff_t c = 0; c < whole; c += LANES) sum += load(in + c);
    if (left) sum += load_part(in + whole, left, 0);
    const float mean = sum_of(sum) / (float)columns;
    vec square = all(0);
    for (ptrdiff_t c = 0; c < whole; c += LANES) {
      vec a = load(in + c) - mean;
      square = multiply_add(a, a, square);
    }
    if (left) {
      vec a = load_part(in + whole, left, mean) - mean;
      square = multiply_add(a, a, square);
    }
    const float scale = 1.0f / sqrtf(sum_of(square) / (float)columns + epsilon);
    vec sum_g = all(0), sum_gn = all(0);
    for (ptrdiff_t c = 0; c < whole; c += LANES) {
      vec n = (load(in + c) - mean) * scale, d = load(gradient + c), g = d * load(weight + c);
      sum_g += g;
      sum_gn = multiply_add(g, n, sum_gn);
      store(dweight + c, multiply_add(d, n, load(dweight + c)));
      store(dbias + c, load(dbias + c) + d);
    }
    if (left) {
      vec n = (load_part(in + whole, left, mean) - mean) * scale, d = load_part(gradient + whole, left, 0);
      vec g = d * load_part(weight + whole, left, 0);
      sum_g += g;
      sum_gn = multiply_add(g, n, sum_gn);
      store_part(dweight + whole, left, multiply_add(d, n, load_part(dweight + whole, left, 0)));
      store_part(dbias + whole, left, load_part(dbias + whole, left, 0) + d);
    }
    if (!dx) continue;
    float *out = dx + r * dx_stride;
    const float *before = residual ? residual + r * residual_stride : NULL;
    const float mean_g = sum_of(sum_g) / (float)columns, mean_gn = sum_of(sum_gn) / (float)columns;
    for (ptrdiff_t c = 0; c < whole; c += LANES) {
      vec n = (load(in + c) - mean) * scale, g = load(gradient + c) * load(weight + c);
      vec d = (g - mean_g - n * mean_gn) * scale;
      if (before) d += load(before + c);
      store(out + c, d);
    }
    if (left) {
      vec n = (load_part(in + whole, left, mean) - mean) * scale;
      vec g = load_part(gradient + whole, left, 0) * load_part(weight + whole, left, 0);
      vec d = (g - mean_g - n * mean_gn) * scale;
      if (before) d += load_part(before + whole, left, 0);
      store_part(out + whole, left, d);
    }
  }
}

// With p = numerators inverse and m = 0 or 1 / (1 - dropped),
//
//     weights = p m,   scores' gradient = p (dweights m - delta)
static void KERNEL(softmax_backward)(float *numerators, float *dweights, ptrdiff_t count, float inverse, float delta,
                                     const ck_random *random, uint32_t threshold) {
  const float scale = ck_dropout_scale(threshold);
  for (ptrdiff_t first = 0; first < count; first += RANDOM_BLOCK) {
    int32_t keep[RANDOM_BLOCK];
    if (threshold) draw_block(random, first, threshold, keep);
    const ptrdiff_t end = count - first < RANDOM_BLOCK ? count - first : RANDOM_BLOCK;
    float *n = numerators + first, *d = dweights + first;
    for (ptrdiff_t i = 0; i < end; i += LANES) {
      const bool is_whole = i + LANES <= end;
      vec p = (is_whole ? load(n + i) : load_part(n + i, end - i, 0)) * inverse;
      vec g = is_whole ? load(d + i) : load_part(d + i, end - i, 0);
      vec kept = p;
      if (threshold) {
        kept = masked(p, keep + i) * scale;
        g = masked(g, keep + i) * scale;
      }
      vec ds = p * (g - delta);
      if (is_whole) {
        store(n + i, kept);
        store(d + i, ds);
      } else {
        store_part(n + i, end - i, kept);
        store_part(d + i, end - i, ds);
      }
    }
  }
}

static void KERNEL(column_sums)(float *sums, const float *x, ptrdiff_t x_stride, ptrdiff_t columns, ptrdiff_t rows) {
  ptrdiff_t c = 0;
  for (; c + 4 * LANES <= columns; c += 4 * LANES) {
    vec sum[4];
    UNROLL for (int v = 0; v < 4; v++) sum[v] = load(sums + c + v * LANES);
    for (ptrdiff_t r = 0; r < rows; r++) {
      UNROLL for (int v = 0; v < 4; v++) sum[v] += load(x + r * x_stride + c + v * LANES);
    }
    UNROLL for (int v = 0; v < 4; v++) store(sums + c + v * LANES, sum[v]);
  }
  for (; c < columns; c++) {
    float sum = sums[c];
    for (ptrdiff_t r = 0; r < rows; r++) sum += x[r * x_stride + c];
    sums[c] = sum;
  }
}

static float KERNEL(dot)(const float *a, const float *b, ptrdiff_t count) {
  vec sum = all(0);
  ptrdiff_t i = 0;
  for (; i + LANES <= count; i += LANES) sum = multiply_add(load(a + i), load(b + i), sum);
  if (i < count) sum = multiply_add(load_part(a + i, count - i, 0), load_part(b + i, count - i, 0), sum);
  return sum_of(sum);
}
