#define _GNU_SOURCE
#include <time.h>

#include "include/CKernels.h"

extern const ck_kernels ck_portable_kernels;
double ck_portable_multiply_adds(ptrdiff_t iterations);
#if defined(__x86_64__)
extern const ck_kernels ck_avx2_kernels, ck_avx512_kernels;
double ck_avx2_multiply_adds(ptrdiff_t iterations);
double ck_avx512_multiply_adds(ptrdiff_t iterations);
#endif

ck_level ck_supported_level(void) {
#if defined(__x86_64__)
  __builtin_cpu_init();
  const bool avx2 = __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma");
  if (avx2 && __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
      __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vl"))
    return CK_AVX512;
  if (avx2) return CK_AVX2;
#endif
  return CK_PORTABLE;
}

const ck_kernels *ck_kernels_at(ck_level level) {
  if (level > ck_supported_level()) return NULL;
#if defined(__x86_64__)
  if (level == CK_AVX512) return &ck_avx512_kernels;
  if (level == CK_AVX2) return &ck_avx2_kernels;
#endif
  return level == CK_PORTABLE ? &ck_portable_kernels : NULL;
}

static double seconds(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

double ck_measure_peak(ck_level level) {
  double (*run)(ptrdiff_t) = ck_portable_multiply_adds;
#if defined(__x86_64__)
  if (level == CK_AVX512) run = ck_avx512_multiply_adds;
  if (level == CK_AVX2) run = ck_avx2_multiply_adds;
#endif
  double best = 0;
  for (int repeat = 0; repeat < 8; repeat++) {
    const double start = seconds();
    const double operations = run(1000000);
    const double rate = operations / (seconds() - start);
    if (rate > best) best = rate;
  }
  return best;
}
