// The kernels, once. A level's .c file defines LANES, TILE_ROWS, TILE_VECTORS, KERNEL(name), LEVEL and FUSED and includes this.
//
// vec is LANES floats; the compiler turns its arithmetic into the level's instructions. A tile is TILE_ROWS rows by
// TILE_VECTORS vectors of sums that stay in registers while the products run.

#include <math.h>
#include <string.h>

#include "include/CKernels.h"

typedef float vec __attribute__((vector_size(4 * LANES), aligned(4)));
typedef int32_t ivec __attribute__((vector_size(4 * LANES), aligned(4)));

#define INLINE static inline __attribute__((always_inline))
#define UNROLL _Pragma("clang loop unroll(full)")

INLINE vec load(const float *p) { return *(const vec *)p; }
INLINE void store(float *p, vec v) { *(vec *)p = v; }
INLINE vec all(float v) { return v - (vec){0}; }

INLINE vec multiply_add(vec a, vec b, vec c) {
#if FUSED
  return __builtin_elementwise_fma(a, b, c);
#else
  return a * b + c;
#endif
}

INLINE vec choose(ivec condition, vec a, vec b) { return (vec)((condition & (ivec)a) | (~condition & (ivec)b)); }
INLINE vec larger(vec a, vec b) { return choose(a > b, a, b); }
INLINE vec smaller(vec a, vec b) { return choose(a < b, a, b); }
INLINE vec magnitude(vec a) { return (vec)((ivec)a & 0x7fffffff); }

// Loads fewer than LANES floats; the rest are `fill`.
INLINE vec load_part(const float *p, ptrdiff_t count, float fill) {
  float part[LANES];
  for (int i = 0; i < LANES; i++) part[i] = i < count ? p[i] : fill;
  return load(part);
}

INLINE void store_part(float *p, ptrdiff_t count, vec v) {
  float part[LANES];
  store(part, v);
  memcpy(p, part, (size_t)count * sizeof(float));
}

// Reductions over the lanes, in quarters of a line.
typedef float four __attribute__((vector_size(16), aligned(4)));

INLINE float sum_of(vec v) {
  float part[LANES];
  store(part, v);
  four sum = *(const four *)part;
  for (int i = 4; i < LANES; i += 4) sum += *(const four *)(part + i);
  return (sum[0] + sum[2]) + (sum[1] + sum[3]);
}

INLINE float largest_of(vec v) {
  float part[LANES];
  store(part, v);
  four most = *(const four *)part;
  for (int i = 4; i < LANES; i += 4) {
    const four other = *(const four *)(part + i);
    const __typeof__(most > other) keep = most > other;
    most = (four)(((__typeof__(keep))most & keep) | ((__typeof__(keep))other & ~keep));
  }
  return fmaxf(fmaxf(most[0], most[1]), fmaxf(most[2], most[3]));
}

// MARK: Functions of one vector

// 2^x within 2 ulp, for -126 <= x <= 127; 2^-126 below that.
//
// x = n + f with |f| <= 1/2; n is added to the exponent of a degree-5 minimax polynomial for 2^f (relative error 7.5e-8).
INLINE vec power_of_two(vec x) {
  const vec shift = all(12582912.0f);  // 1.5 * 2^23: adding it rounds to an integer, held in the low bits
  vec bounded = larger(x, all(-126.0f));
  vec shifted = bounded + shift;
  vec f = bounded - (shifted - shift);
  vec p = all(0.0013276471959339856f);
  p = multiply_add(p, f, all(0.009675541502615098f));
  p = multiply_add(p, f, all(0.0555071327506636f));
  p = multiply_add(p, f, all(0.2402211972075169f));
  p = multiply_add(p, f, all(0.6931469670628841f));
  p = multiply_add(p, f, all(1.0000000716553f));
  return (vec)((ivec)p + ((ivec)shifted << 23));
}

// e^x: x log2(e) is split so that the product's rounding error is kept. For -87 <= x <= 88; e^-87 below that.
INLINE vec exponential(vec x) {
  x = larger(x, all(-87.0f));
  const vec high = all(1.44269502162933349609f), low = all(1.92596302e-8f);
  vec product = x * high;
#if FUSED
  vec error = multiply_add(x, high, -product);
#else
  vec error = all(0);
#endif
  vec rest = multiply_add(x, low, error);
  vec y = power_of_two(product);
  return multiply_add(y, rest * 0.693147180559945f, y);
}

INLINE vec sigmoid(vec x) {
  // From e^-|x|, which cannot overflow.
  vec e = exponential(-magnitude(x));
  vec s = 1.0f / (1.0f + e);
  return choose(x < 0.0f, e * s, s);
}

// tanh x = 1 - 2 / (e^2x + 1), odd; a polynomial near 0, where that form cancels.
INLINE vec hyperbolic_tangent(vec x) {
  vec a = magnitude(x);
  vec e = exponential(smaller(a, all(20.0f)) * -2.0f);
  vec far = (1.0f - e) / (1.0f + e);
  vec s = x * x;
  vec p = all(62.0f / 2835.0f);  // the Taylor series; its next term is below 1e-8 of x
  p = multiply_add(p, s, all(-17.0f / 315.0f));
  p = multiply_add(p, s, all(2.0f / 15.0f));
  p = multiply_add(p, s, all(-1.0f / 3.0f));
  vec near = multiply_add(p * s, a, a);
  vec y = choose(a < 0.25f, near, far);
  return choose(x < 0.0f, -y, y);
}

// x Phi(x). Phi(x) - 1/2 = x P(x^2) / Q(x^2), a rational minimax fit for |x| <= 5.5 (error 7.2e-9); beyond, the value at
// 5.5, which is within 2e-8 of 0 or 1.
INLINE vec gelu(vec x) {
  vec bounded = larger(smaller(x, all(5.5f)), all(-5.5f));
  vec s = bounded * bounded;
  vec p = all(2.27493617238608e-08f);
  p = multiply_add(p, s, all(6.352048480843161e-06f));
  p = multiply_add(p, s, all(0.00016882210728658769f));
  p = multiply_add(p, s, all(0.00467723836579493f));
  p = multiply_add(p, s, all(0.033852347061833876f));
  p = multiply_add(p, s, all(0.3989422346522169f));
  vec q = all(1.1974986730288742e-06f);
  q = multiply_add(q, s, all(7.364612254507838e-05f));
  q = multiply_add(q, s, all(0.001884424826853167f));
  q = multiply_add(q, s, all(0.02864569012185653f));
  q = multiply_add(q, s, all(0.25152116905358896f));
  q = multiply_add(q, s, all(1.0f));
  return x * multiply_add(bounded, p / q, all(0.5f));
}

INLINE vec apply(ck_activation activation, vec x) {
  switch (activation) {
    case CK_GELU: return gelu(x);
    case CK_GELU_TANH: {
      vec inner = multiply_add(x * x * x, all(0.044715f), x) * 0.7978845608028654f;
      return 0.5f * x * (1.0f + hyperbolic_tangent(inner));
    }
    case CK_GELU_SIGMOID: return x * sigmoid(1.702f * x);
    case CK_RELU: return choose(x > 0.0f, x, (vec)((ivec)x & (x != x)));  // NaN stays NaN
    case CK_SILU: return x * sigmoid(x);
    case CK_TANH: return hyperbolic_tangent(x);
    case CK_SIGMOID: return sigmoid(x);
    case CK_IDENTITY: return x;
    default: {
      float part[LANES];
      store(part, x);
      for (int i = 0; i < LANES; i++) part[i] = (float)ck_activation_of(activation, (double)part[i]);
      return load(part);
    }
  }
}

// MARK: Products

INLINE void tile(const int tile_rows, const int vectors, float *sums, ptrdiff_t sums_stride, const float *x,
                 ptrdiff_t x_stride, const float *panel, ptrdiff_t width, ptrdiff_t depth, bool accumulate,
                 const char *next, ptrdiff_t next_step) {
  vec sum[TILE_ROWS][TILE_VECTORS];
  UNROLL for (int r = 0; r < tile_rows; r++) {
    UNROLL for (int v = 0; v < vectors; v++) {
      sum[r][v] = accumulate ? load(sums + r * sums_stride + v * LANES) : all(0);
    }
  }
  // Three pointers reach eight rows through the address modes x, x + stride and x + 2 stride. Left to itself the compiler
  // makes a pointer for every row, runs out of registers and spills sums; so does it without the fences, by loading
  // early what a later k needs.
  const float *rows[3] = {x, x + 3 * x_stride, x + 6 * x_stride};
  for (const float *end = panel + depth * width; panel != end; panel += width) {
    vec w[TILE_VECTORS];
    UNROLL for (int v = 0; v < vectors; v++) w[v] = load(panel + v * LANES);
    __asm__ volatile("" : "+r"(rows[0]), "+r"(rows[1]), "+r"(rows[2])::"memory");
    UNROLL for (int r = 0; r < tile_rows; r++) {
      vec value = all(rows[r / 3][r % 3 * x_stride]);
      UNROLL for (int v = 0; v < vectors; v++) sum[r][v] = multiply_add(value, w[v], sum[r][v]);
    }
    UNROLL for (int i = 0; i < 3; i++) rows[i]++;
  }
  UNROLL for (int r = 0; r < tile_rows; r++) {
    UNROLL for (int v = 0; v < vectors; v++) store(sums + r * sums_stride + v * LANES, sum[r][v]);
  }
}

#define TILE_FUNCTION(rows, vectors)                                                                           \
  static __attribute__((noinline)) void KERNEL(tile_##rows##x##vectors)(                                       \
      float *sums, ptrdiff_t sums_stride, const float *x, ptrdiff_t x_stride, const float *panel,              \
      ptrdiff_t width, ptrdiff_t depth, bool accumulate, const char *next, ptrdiff_t next_step) {              \
    tile(rows, vectors, sums, sums_stride, x, x_stride, panel, width, depth, accumulate, next, next_step);     \
  }
typedef void (*tile_function)(float *, ptrdiff_t, const float *, ptrdiff_t, const float *, ptrdiff_t, ptrdiff_t, bool,
                              const char *, ptrdiff_t);

#define TILE_FUNCTIONS(vectors) \
  TILE_FUNCTION(1, vectors)     \
  TILE_FUNCTION(2, vectors)     \
  TILE_FUNCTION(3, vectors)     \
  TILE_FUNCTION(4, vectors)
TILE_FUNCTIONS(1)
TILE_FUNCTIONS(2)
#if TILE_VECTORS >= 3
TILE_FUNCTIONS(3)
#endif
#if TILE_ROWS >= 6
#define MORE_TILE_FUNCTIONS(vectors) TILE_FUNCTION(5, vectors) TILE_FUNCTION(6, vectors)
MORE_TILE_FUNCTIONS(1)
MORE_TILE_FUNCTIONS(2)
#if TILE_VECTORS >= 3
MORE_TILE_FUNCTIONS(3)
#endif
#endif
#if TILE_ROWS >= 8
#define MOST_TILE_FUNCTIONS(vectors) TILE_FUNCTION(7, vectors) TILE_FUNCTION(8, vectors)
MOST_TILE_FUNCTIONS(1)
MOST_TILE_FUNCTIONS(2)
#if TILE_VECTORS >= 3
MOST_TILE_FUNCTIONS(3)
#endif
#endif

// tiles[vectors][rows]
static const tile_function KERNEL(tiles)[TILE_VECTORS + 1][TILE_ROWS + 1] = {
    {0},
#define FIRST_ROWS(v) 0, KERNEL(tile_1x##v), KERNEL(tile_2x##v), KERNEL(tile_3x##v), KERNEL(tile_4x##v)
#if TILE_ROWS == 4
#define ROW_OF_TILES(v) {FIRST_ROWS(v)}
#elif TILE_ROWS == 6
#define ROW_OF_TILES(v) {FIRST_ROWS(v), KERNEL(tile_5x##v), KERNEL(tile_6x##v)}
#else
#define ROW_OF_TILES(v) \
  {FIRST_ROWS(v), KERNEL(tile_5x##v), KERNEL(tile_6x##v), KERNEL(tile_7x##v), KERNEL(tile_8x##v)}
#endif
    ROW_OF_TILES(1),
    ROW_OF_TILES(2),
#if TILE_VECTORS >= 3
    ROW_OF_TILES(3),
#endif
};

INLINE void finish_rows(const ck_activation activation, const ck_epilogue *e, ptrdiff_t row, ptrdiff_t column,
                        const float *sums, ptrdiff_t sums_stride, ptrdiff_t columns, ptrdiff_t rows) {
  for (ptrdiff_t r = row; r < row + rows; r++, sums += sums_stride) {
    float *y = e->y + r * e->y_stride + column;
    const float *residual = e->residual ? e->residual + r * e->residual_stride + column : NULL;
    for (ptrdiff_t c = 0; c < columns; c += LANES) {
      vec v = load(sums + c);
      if (e->scale) v *= e->scale[r];
      if (e->bias) v += load(e->bias + column + c);
      v = apply(activation, v);
      ptrdiff_t left = columns - c;
      if (left >= LANES) {
        if (residual) v += load(residual + c);
        store(y + c, v);
      } else {
        if (residual) v += load_part(residual + c, left, 0);
        store_part(y + c, left, v);
      }
    }
  }
}

// The epilogue of one tile: `rows` from `row`, `columns` from `column`.
static void finish(const ck_epilogue *e, ptrdiff_t row, ptrdiff_t column, const float *sums, ptrdiff_t sums_stride,
                   ptrdiff_t columns, ptrdiff_t rows) {
  if (columns > e->columns - column) columns = e->columns - column;
  switch (e->activation) {
    case CK_IDENTITY: finish_rows(CK_IDENTITY, e, row, column, sums, sums_stride, columns, rows); break;
    case CK_GELU: finish_rows(CK_GELU, e, row, column, sums, sums_stride, columns, rows); break;
    default: finish_rows(e->activation, e, row, column, sums, sums_stride, columns, rows);
  }
}

static void KERNEL(multiply)(float *sums, ptrdiff_t sums_stride, const float *x, ptrdiff_t x_stride, const float *panel,
                             ptrdiff_t width, ptrdiff_t depth, ptrdiff_t rows, bool accumulate, const float *next,
                             const ck_epilogue *epilogue) {
  // A tile fetches one line for every k, so the first few tiles fetch all of the next panel.
  const ptrdiff_t line = 64;
  const char *fetched = (const char *)(next ? next : panel);
  ptrdiff_t lines = next ? width * depth * (ptrdiff_t)sizeof(float) / line : 0;
  for (ptrdiff_t column = 0; column < width; column += TILE_VECTORS * LANES) {
    ptrdiff_t vectors = (width - column) / LANES;
    if (vectors > TILE_VECTORS) vectors = TILE_VECTORS;
    const tile_function *functions = KERNEL(tiles)[vectors];
    for (ptrdiff_t row = 0; row < rows; row += TILE_ROWS) {
      ptrdiff_t tile_rows = rows - row < TILE_ROWS ? rows - row : TILE_ROWS;
      const ptrdiff_t step = lines >= depth ? line : 0;
      float *tile_sums = sums + row * sums_stride + column;
      functions[tile_rows](tile_sums, sums_stride, x + row * x_stride, x_stride, panel + column, width, depth, accumulate,
                           fetched, step);
      fetched += step * depth;
      if (step) lines -= depth;
      if (epilogue) finish(epilogue, row, column, tile_sums, sums_stride, vectors * LANES, tile_rows);
    }
  }
}

// MARK: Norms, softmax and elementwise

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

// MARK: CTC loss

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

const ck_kernels KERNEL(kernels) = {
    .level = LEVEL,
    .multiply = KERNEL(multiply),
    .layer_norm = KERNEL(layer_norm),
    .activate = KERNEL(activate),
    .softmax_maxima = KERNEL(softmax_maxima),
    .softmax_numerators = KERNEL(softmax_numerators),
    .log_softmax = KERNEL(log_softmax),
    .subtract = KERNEL(subtract),
    .gather = KERNEL(gather),
    .transpose = KERNEL(transpose),
    .ctc = KERNEL(ctc),
};

// Independent chains of multiply-adds that never leave the registers.
double KERNEL(multiply_adds)(ptrdiff_t iterations) {
  vec chain[12];
  for (int i = 0; i < 12; i++) chain[i] = all((float)i);
  vec factor = all(0.999999f), term = all(1e-9f);
  __asm__ volatile("" : "+x"(factor), "+x"(term));
  for (ptrdiff_t n = 0; n < iterations; n++) {
    UNROLL for (int i = 0; i < 12; i++) chain[i] = multiply_add(chain[i], factor, term);
  }
  vec total = all(0);
  for (int i = 0; i < 12; i++) total += chain[i];
  volatile float sink = sum_of(total);
  (void)sink;
  return (double)iterations * 12 * LANES * 2;
}
