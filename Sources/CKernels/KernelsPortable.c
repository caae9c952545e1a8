// Four lanes suit SSE2 and NEON, and the compiler splits them elsewhere.
#define LANES 4
#define TILE_ROWS 4
#define TILE_VECTORS 2
#if defined(__ARM_FEATURE_FMA)
#define FUSED 1
#else
#define FUSED 0
#endif
#define LEVEL CK_PORTABLE
#define KERNEL(name) ck_portable_##name
#include "KernelTemplate.h"
