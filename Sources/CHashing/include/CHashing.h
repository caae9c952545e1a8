// SHA-256 (FIPS 180-4), by the processor's own instructions where it has them.
#ifndef CHASHING_H
#define CHASHING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

// A hash under way. Plain memory: a copy goes on by itself.
typedef struct ch_sha256 {
  uint32_t state[8];
  uint64_t length;     // bytes so far
  uint8_t block[64];   // the last length % 64 of them
  bool portable;       // without the processor's instructions for it
} ch_sha256;

// Whether this CPU has instructions for SHA-256.
bool ch_sha256_is_accelerated(void);

void ch_sha256_begin(ch_sha256 *hash, bool portable);
void ch_sha256_update(ch_sha256 *hash, const void *bytes, size_t count);
// Writes the 32 bytes of the hash, after which it may only begin anew.
void ch_sha256_finish(ch_sha256 *hash, uint8_t digest[32]);

#ifdef __cplusplus
}
#endif
#endif
