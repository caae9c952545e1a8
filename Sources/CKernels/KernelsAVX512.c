#if defined(__x86_64__)
#pragma clang attribute push(__attribute__((target("avx512f,avx512bw,avx512dq,avx512vl,avx2,fma"))), apply_to = function)
#define LANES 16
#define TILE_ROWS 8
#define TILE_VECTORS 3
#define FUSED 1
#define LEVEL CK_AVX512
#define KERNEL(name) ck_avx512_##name
#include "KernelTemplate.h"
#pragma clang attribute pop
#endif
