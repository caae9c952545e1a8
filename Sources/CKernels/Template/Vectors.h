// Vectors of LANES floats, and functions of one of them.

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

// Phi(x), by Phi(x) - 1/2 = x P(x^2) / Q(x^2), a rational minimax fit for |x| <= 5.5 (error 7.2e-9); beyond, the value at
// 5.5, which is within 2e-8 of 0 or 1.
INLINE vec normal_distribution(vec x) {
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
  return multiply_add(bounded, p / q, all(0.5f));
}

INLINE vec gelu(vec x) { return x * normal_distribution(x); }

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
