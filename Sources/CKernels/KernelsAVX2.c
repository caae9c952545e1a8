#if defined(__x86_64__)
#pragma clang attribute push(__attribute__((target("avx2,fma"))), apply_to = function)
#define LANES 8
#define TILE_ROWS 6
#define TILE_VECTORS 2
#define FUSED 1
#define LEVEL CK_AVX2
#define KERNEL(name) ck_avx2_##name
#include "KernelTemplate.h"
#pragma clang attribute pop
#endif
