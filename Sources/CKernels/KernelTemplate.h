// The kernels, once. A level's .c file defines LANES, TILE_ROWS, TILE_VECTORS, KERNEL(name), LEVEL and FUSED and includes this.
//
// vec is LANES floats; the compiler turns its arithmetic into the level's instructions. A tile is TILE_ROWS rows by
// TILE_VECTORS vectors of sums that stay in registers while the products run.

#include <math.h>
#include <string.h>

#include "include/CKernels.h"

// In this order: each builds on those before it.
#include "Template/Vectors.h"
#include "Template/Products.h"
#include "Template/Elementwise.h"
#include "Template/Random.h"
#include "Template/Backward.h"
#include "Template/CTCLoss.h"
#include "Template/Optimizer.h"
#include "Template/Clustering.h"
#include "Template/Viterbi.h"
#include "Template/EditDistance.h"

const ck_kernels KERNEL(kernels) = {
    .level = LEVEL,
    .multiply = KERNEL(multiply),
    .multiply_transposed = KERNEL(multiply_transposed),
    .layer_norm = KERNEL(layer_norm),
    .activate = KERNEL(activate),
    .softmax_maxima = KERNEL(softmax_maxima),
    .softmax_numerators = KERNEL(softmax_numerators),
    .log_softmax = KERNEL(log_softmax),
    .subtract = KERNEL(subtract),
    .gather = KERNEL(gather),
    .transpose = KERNEL(transpose),
    .ctc = KERNEL(ctc),
    .dropout = KERNEL(dropout),
    .activate_backward = KERNEL(activate_backward),
    .layer_norm_backward = KERNEL(layer_norm_backward),
    .softmax_backward = KERNEL(softmax_backward),
    .column_sums = KERNEL(column_sums),
    .dot = KERNEL(dot),
    .sum_of_squares = KERNEL(sum_of_squares),
    .adamw = KERNEL(adamw),
    .nearest = KERNEL(nearest),
    .squared_distance = KERNEL(squared_distance),
    .add_to_doubles = KERNEL(add_to_doubles),
    .nearer = KERNEL(nearer),
    .viterbi = KERNEL(viterbi),
    .edit_diagonal = KERNEL(edit_diagonal),
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
