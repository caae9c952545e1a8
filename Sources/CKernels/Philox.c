#include "include/CKernels.h"

void ck_philox(const ck_random *random, uint32_t words[4]) {
  uint32_t c0 = random->counter[0], c1 = random->counter[1], c2 = random->counter[2], c3 = random->counter[3];
  uint32_t k0 = random->key[0], k1 = random->key[1];
  for (int round = 0; round < 10; round++) {
    const uint64_t a = (uint64_t)c0 * 0xD2511F53u, b = (uint64_t)c2 * 0xCD9E8D57u;
    c0 = (uint32_t)(b >> 32) ^ c1 ^ k0;
    c1 = (uint32_t)b;
    c2 = (uint32_t)(a >> 32) ^ c3 ^ k1;
    c3 = (uint32_t)a;
    k0 += 0x9E3779B9u;
    k1 += 0xBB67AE85u;
  }
  words[0] = c0;
  words[1] = c1;
  words[2] = c2;
  words[3] = c3;
}
