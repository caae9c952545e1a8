// What an optimizer does to every parameter: passes over memory, several vectors a turn.

// Partial sums in double precision, one a lane.
typedef double wide __attribute__((vector_size(8 * LANES), aligned(8)));

static double KERNEL(sum_of_squares)(const float *x, ptrdiff_t count) {
  wide even = {0}, odd = {0};
  for (ptrdiff_t i = 0; i < count; i += 16) {
    UNROLL for (int lane = 0; lane < 16; lane += LANES) {
      wide v = __builtin_convertvector(load(x + i + lane), wide);
      if (lane / LANES % 2 == 0) even += v * v;
      else odd += v * v;
    }
  }
  double sum = 0;
  for (int lane = 0; lane < LANES; lane++) sum += even[lane] + odd[lane];
  return sum;
}

static void KERNEL(adamw)(float *p, const float *g, float *m, float *v, float *average, ptrdiff_t count,
                          const ck_adamw *step) {
  const vec scale = all(step->gradient_scale), keep = all(step->keep), first = all(step->first_rate);
  const vec second_keep = all(step->second_keep), second = all(step->second_rate);
  const vec root_scale = all(step->root_scale), epsilon = all(step->epsilon), size = all(step->size);
  const vec average_rate = all(step->average_rate);
  for (ptrdiff_t i = 0; i < count; i += LANES) {
    const vec gradient = load(g + i) * scale;
    const vec mean = load(m + i);
    const vec moved = multiply_add(first, gradient - mean, mean);
    const vec square = multiply_add(second * gradient, gradient, second_keep * load(v + i));
    const vec denominator = multiply_add(__builtin_elementwise_sqrt(square), root_scale, epsilon);
    const vec value = keep * load(p + i) - size * moved / denominator;
    store(m + i, moved);
    store(v + i, square);
    store(p + i, value);
    if (average) store(average + i, multiply_add(average_rate, value - load(average + i), load(average + i)));
  }
}
