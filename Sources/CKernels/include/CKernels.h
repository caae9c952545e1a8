// SIMD kernels and the worker pool: the only C that Warbler owns.
//
// Every kernel exists three times, compiled from one template (KernelTemplate.h) for AVX-512, for AVX2 + FMA and for
// any CPU. A table of function pointers holds one level's kernels; nothing else in the project knows about levels.
//
// Shapes are row-major. Strides are in floats, between the starts of neighbouring rows, and may be smaller than a row:
// overlapping rows are how a convolution is a matrix product.
#ifndef CKERNELS_H
#define CKERNELS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

// MARK: Levels

typedef enum ck_level {
  CK_PORTABLE = 0,
  CK_AVX2 = 1,
  CK_AVX512 = 2,
} ck_level;

// The best level that this CPU runs.
ck_level ck_supported_level(void);

typedef enum ck_activation {
  CK_IDENTITY = 0,
  CK_GELU,          // x Phi(x), the exact (erf) form
  CK_GELU_TANH,     // x/2 (1 + tanh(sqrt(2/pi) (x + 0.044715 x^3)))
  CK_GELU_SIGMOID,  // x sigmoid(1.702 x)
  CK_RELU,
  CK_SILU,  // x sigmoid(x)
  CK_TANH,
  CK_SIGMOID,
  // From here on one element at a time, in double precision.
  CK_GELU_CLIPPED,   // x Phi(x), kept in -10...10
  CK_HARD_SWISH,     // x min(max(x + 3, 0), 6) / 6
  CK_LAPLACE,        // Phi((x - 0.707107) / 0.282095)
  CK_LEAKY_RELU,     // x, or 0.01 x below 0
  CK_MISH,           // x tanh(ln(1 + e^x))
  CK_RELU_SQUARED,   // max(x, 0)^2
  CK_RELU6,          // min(max(x, 0), 6)
  CK_SQRT_SOFTPLUS,  // sqrt(ln(1 + e^x))
} ck_activation;

// The activation of one element in double precision: the rare ones' only form, and the oracle of the others.
double ck_activation_of(ck_activation activation, double x);

// Its derivative, likewise; at a corner PyTorch's choice.
double ck_activation_derivative_of(ck_activation activation, double x);

// Columns of a full panel of packed weights. The last panel of a matrix may be narrower: a multiple of CK_PANEL_STEP.
enum { CK_PANEL_WIDTH = 48, CK_PANEL_STEP = 16 };

// MARK: Kernels

// What becomes of a product's sums: y[r][c] = activation(scale[r] sums[r][c] + bias[c]) + residual[r][c], for c < columns.
typedef struct ck_epilogue {
  float *y;
  ptrdiff_t y_stride;
  ptrdiff_t columns;
  const float *scale;     // null for 1
  const float *bias;      // null for 0; readable up to the next multiple of CK_PANEL_STEP
  const float *residual;  // null for 0; may be y itself
  ptrdiff_t residual_stride;
  ck_activation activation;
} ck_epilogue;

// One utterance whose CTC loss is wanted.
typedef struct ck_ctc {
  const float *logits;  // (frames, vocabulary)
  ptrdiff_t logits_stride;
  float *gradient;  // (frames, vocabulary), overwritten
  ptrdiff_t gradient_stride;
  ptrdiff_t frames;
  ptrdiff_t vocabulary;
  const int32_t *labels;  // each below `vocabulary` and not the blank
  ptrdiff_t label_count;
  int32_t blank;
  float scale;  // of the gradient
} ck_ctc;

// What one step of AdamW does to each element of a parameter, gradients g and moments m, v.
typedef struct ck_adamw {
  float gradient_scale;  // of g
  float keep;            // 1 - learning rate x weight decay
  float first_rate;      // 1 - beta1
  float second_keep;     // beta2
  float second_rate;     // 1 - beta2
  float root_scale;      // 1 / sqrt(1 - beta2^t)
  float epsilon;         // above 0, so that 0 stays 0
  float size;            // learning rate / (1 - beta1^t)
  float average_rate;    // 1 - the decay of the moving average
} ck_adamw;

// States of each kind, label or blank, come in multiples of this.
enum { CK_CTC_STEP = 16 };

// Floats between the parts of a row of states: a step before the first, and one beyond the last.
static inline ptrdiff_t ck_ctc_row_width(ptrdiff_t label_count) {
  return (label_count / CK_CTC_STEP + 3) * CK_CTC_STEP;
}

// Floats of scratch memory for the loss of one utterance: 16 bytes for each label and each frame.
static inline ptrdiff_t ck_ctc_scratch(ptrdiff_t frames, ptrdiff_t label_count) {
  return (frames + 3) * 4 * ck_ctc_row_width(label_count) + frames;
}

// Where random numbers are drawn: what Philox4x32-10 makes of a counter and a key. The first word of the counter counts
// on within a row; the others say which row of what it is.
typedef struct ck_random {
  uint32_t counter[4];
  uint32_t key[2];
} ck_random;

// The four words at a counter.
void ck_philox(const ck_random *random, uint32_t words[4]);

// What is kept is multiplied by 1 / (1 - threshold / 65536), for `threshold` of 65536 elements are dropped.
static inline float ck_dropout_scale(uint32_t threshold) { return 65536.0f / (float)(65536 - threshold); }

// How the best path came to a state; see ck_kernels.viterbi.
enum { CK_VITERBI_ENTER = 1, CK_VITERBI_BEGIN = 2, CK_VITERBI_SKIP = 4 };

// Which of equally cheap steps of an alignment is taken; see ck_kernels.edit_diagonal.
typedef enum ck_edit_ties {
  // The smallest number of all 64 bits.
  CK_EDIT_SMALLEST,
  // The diagonal before the insertion before the deletion.
  CK_EDIT_DIAGONAL_FIRST,
  // The deletion, then the insertion before a match, but a substitution before the insertion.
  CK_EDIT_DELETION_FIRST,
} ck_edit_ties;

typedef struct ck_kernels {
  ck_level level;

  // Products with a packed panel. For r < rows and c < width,
  //
  //     sums[r][c] (+)= sum over k < depth of x[r][k] panel[k][c]
  //
  // added in the order of k, one fused multiply-add each (two roundings at the portable level), so that an element does
  // not depend on which rows surround it. `width` is a multiple of CK_PANEL_STEP, `panel_stride` the distance between
  // the panel's rows. `accumulate` false starts from zero.
  //
  // `next`, if not null, is the panel that this core will probably need after this one (as large): it is fetched
  // meanwhile, since weights come from memory slower than they are multiplied. `epilogue`, if not null, is done tile by
  // tile, so that its stores overlap the next tile's products; rows and columns are the product's.
  void (*multiply)(float *sums, ptrdiff_t sums_stride, const float *x, ptrdiff_t x_stride, const float *panel,
                   ptrdiff_t panel_stride, ptrdiff_t width, ptrdiff_t depth, ptrdiff_t rows, bool accumulate,
                   const float *next, const ck_epilogue *epilogue);

  // The same with x transposed: sums[r][c] (+)= sum over k < depth of x[k][r] panel[k][c].
  void (*multiply_transposed)(float *sums, ptrdiff_t sums_stride, const float *x, ptrdiff_t x_stride, const float *panel,
                              ptrdiff_t panel_stride, ptrdiff_t width, ptrdiff_t depth, ptrdiff_t rows, bool accumulate);

  // y[r] = (x[r] - mean) / sqrt(variance + epsilon) * weight + bias, then the activation; population variance over the
  // row's `columns`. May be done in place.
  void (*layer_norm)(float *y, ptrdiff_t y_stride, const float *x, ptrdiff_t x_stride, const float *weight,
                     const float *bias, float epsilon, ptrdiff_t columns, ptrdiff_t rows, ck_activation activation);

  // x[i] = activation(x[i]).
  void (*activate)(float *x, ptrdiff_t count, ck_activation activation);

  // A softmax in two steps, over scores that are base-2 logarithms. `x` is writable, and overwritten, up to the next
  // multiple of CK_PANEL_STEP.
  //
  // First the largest so far, while a piece of a row is still in the first-level cache: most[i] = max(most[i], x[c]),
  // for c congruent to i modulo CK_PANEL_STEP; `most` begins as -inf.
  void (*softmax_maxima)(float most[CK_PANEL_STEP], float *x, ptrdiff_t count);
  // Then the numerators of the whole row: x[c] = 2^(x[c] - max), but never below 2^-126; returns 1 / their sum.
  float (*softmax_numerators)(float *x, ptrdiff_t count, const float most[CK_PANEL_STEP]);

  // y[c] = x[c] - ln(sum over c of exp(x[c])). May be done in place.
  void (*log_softmax)(float *y, const float *x, ptrdiff_t count);

  // y[r][c] = a[r][c] - b[r][c].
  void (*subtract)(float *y, ptrdiff_t y_stride, const float *a, ptrdiff_t a_stride, const float *b, ptrdiff_t b_stride,
                   ptrdiff_t columns, ptrdiff_t rows);

  // y[r][c] = x[r][c], for c < columns, and 0 from there to `y_stride`.
  void (*gather)(float *y, ptrdiff_t y_stride, const float *x, ptrdiff_t x_stride, ptrdiff_t columns, ptrdiff_t rows);

  // y[c][r] = x[r][c], for r < rows, c < columns. Columns of y from `rows` up to the next multiple of CK_PANEL_STEP
  // are set to 0.
  void (*transpose)(float *y, ptrdiff_t y_stride, const float *x, ptrdiff_t x_stride, ptrdiff_t columns, ptrdiff_t rows);

  // The CTC loss of one utterance, -ln of the summed probability of all paths that collapse to the labels, in nats, and
  //
  //     gradient = scale (softmax(logits) - occupancy),
  //
  // where occupancy[t][k] is the probability, given the labels, that the path is at token k in frame t. Infinite with a
  // gradient of 0 if no path is possible; NaN with a gradient of NaN if softmax is undefined in a frame. A logit 65536
  // below the largest of its frame counts as -inf. `scratch` holds ck_ctc_scratch floats.
  double (*ctc)(const ck_ctc *problem, float *scratch);

  // y[i] = residual[i] + x[i] scale, or residual[i] + 0 for the elements that are dropped (Srivastava et al. 2014). `y` may
  // be `x` or `residual`, which may be null for 0. The gradient is the same function of the gradient.
  void (*dropout)(float *y, const float *x, const float *residual, ptrdiff_t count, const ck_random *random,
                  uint32_t threshold);

  // dx[i] = dy[i] activation'(x[i]). `dx` may be `dy` or `x`.
  void (*activate_backward)(float *dx, const float *x, const float *dy, ptrdiff_t count, ck_activation activation);

  // The gradient of layer_norm without activation: dx, plus the residual if that is not null; `dx` may be null, `dy` or
  // the residual. `dweight` and `dbias` are added to.
  void (*layer_norm_backward)(float *dx, ptrdiff_t dx_stride, const float *x, ptrdiff_t x_stride, const float *dy,
                              ptrdiff_t dy_stride, const float *residual, ptrdiff_t residual_stride, const float *weight,
                              float *dweight, float *dbias, float epsilon, ptrdiff_t columns, ptrdiff_t rows);

  // A row of attention: from numerators, 1 / their sum, the gradient of the weights after dropout and
  // delta = sum over the row of weights x gradient, both in place: numerators become weights after dropout, gradients
  // those of the scores in nats. `threshold` 0 drops nothing.
  void (*softmax_backward)(float *numerators, float *dweights, ptrdiff_t count, float inverse, float delta,
                           const ck_random *random, uint32_t threshold);

  // sums[c] += sum over rows of x[r][c].
  void (*column_sums)(float *sums, const float *x, ptrdiff_t x_stride, ptrdiff_t columns, ptrdiff_t rows);

  float (*dot)(const float *a, const float *b, ptrdiff_t count);

  // The sum of x[i]^2 in double precision, in an order that depends on `count` alone: a multiple of 16.
  double (*sum_of_squares)(const float *x, ptrdiff_t count);

  // AdamW (Loshchilov and Hutter 2019): with s = gradient_scale g,
  //
  //     m += (1 - beta1) (s - m),  v = beta2 v + (1 - beta2) s^2,  p = keep p - size m / (sqrt(v) root_scale + epsilon),
  //
  // then, unless `average` is null, average += average_rate (p - average). `count` is a multiple of 16.
  void (*adamw)(float *p, const float *g, float *m, float *v, float *average, ptrdiff_t count, const ck_adamw *step);

  // k-means. indices[r] = the index of the smallest of `columns` scores of row r, the lowest of equal ones; `columns` is a
  // multiple of CK_PANEL_STEP, at most 65536. A row with NaN gets some index.
  void (*nearest)(uint16_t *indices, const float *scores, ptrdiff_t stride, ptrdiff_t columns, ptrdiff_t rows);
  // The sum of (a[i] - b[i])^2.
  float (*squared_distance)(const float *a, const float *b, ptrdiff_t count);
  // sums[i] += x[i], in double precision.
  void (*add_to_doubles)(double *sums, const float *x, ptrdiff_t count);
  // From products[r][c] = x[r] . candidate[c] and squared norms: distances[r][c] = the smaller of the squared distance, not
  // below 0, and closest[r]; potentials[c] += their sum over rows. `width`, a multiple of CK_PANEL_STEP, is the stride too.
  void (*nearer)(float *distances, double *potentials, const float *products, const float *norms,
                 const float *candidate_norms, const float *closest, ptrdiff_t width, ptrdiff_t rows);

  // One frame of forced alignment. Pair u, blank u and label u behind it, is element u + 1 of the scores; the
  // log-posterior of a state is the element of `row` that its token names. For first <= u < end
  //
  //     blanks[u + 1] = max(old_blanks[u + 1], old_labels[u]) + row[blank_tokens[u]]
  //     labels[u + 1] = max(old_labels[u + 1], old_blanks[u + 1], old_labels[u] + skips[u]) + row[label_tokens[u]]
  //
  // where the first of equals is taken. `skips` is 0, or -inf where the blank must not be passed over. steps[u] says what
  // was taken: CK_VITERBI_ENTER for the blank's second, CK_VITERBI_BEGIN or CK_VITERBI_SKIP for the label's second or
  // third.
  void (*viterbi)(double *blanks, double *labels, uint8_t *steps, const double *old_blanks, const double *old_labels,
                  const double *row, const int32_t *blank_tokens, const int32_t *label_tokens, const double *skips,
                  ptrdiff_t first, ptrdiff_t end);

  // `count` cells of a diagonal (from the upper right to the lower left, by column) of an alignment's table. A number's
  // upper 32 bits are a cost, by which steps are compared, the lower 32 go along. Cell c is one of
  //
  //     before_last[c] + (reference[c] == hypothesis[c] ? 0 : substitution)   a match or substitution
  //     last[c] + indel                                                       an insertion
  //     last[c + 1] + indel                                                   a deletion
  //
  // where `last` is the diagonal before, from the column to the left on, and `before_last` the one before that.
  void (*edit_diagonal)(int64_t *cells, const int64_t *before_last, const int64_t *last, const uint32_t *reference,
                        const uint32_t *hypothesis, int64_t substitution, int64_t indel, ck_edit_ties ties,
                        ptrdiff_t count);
} ck_kernels;

// The kernels of a level, or null when this CPU does not run it.
const ck_kernels *ck_kernels_at(ck_level level);

// Multiply-adds a second on one core while nothing is loaded or stored, times two, in flop/s: the fp32 peak that
// fractions of peak refer to. Takes about 20 ms.
double ck_measure_peak(ck_level level);

// MARK: Worker pool

// Threads that wait, first spinning and then asleep, for `ck_pool_run`. The calling thread is worker 0.
typedef struct ck_pool ck_pool;
typedef void (*ck_task)(void *context, ptrdiff_t task, ptrdiff_t worker);

// A pool of `threads` workers, the caller's thread included. Null if no thread could be started.
ck_pool *ck_pool_create(ptrdiff_t threads);

// Calls `body` once for every task in 0..<tasks, on any worker and in any order, and returns when all are done. One
// caller at a time; tasks must not call it for the same pool.
void ck_pool_run(ck_pool *pool, ptrdiff_t tasks, ck_task body, void *context);

void ck_pool_destroy(ck_pool *pool);

#ifdef __cplusplus
}
#endif
#endif
