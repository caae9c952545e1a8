#define _GNU_SOURCE
#include <math.h>

#include "include/CKernels.h"

// erfc keeps the digits that 1 + erf would cancel.
static double normal_distribution(double x) { return 0.5 * erfc(-x * M_SQRT1_2); }
static double softplus(double x) { return x > 30 ? x : log1p(exp(x)); }

double ck_activation_of(ck_activation activation, double x) {
  switch (activation) {
    case CK_IDENTITY: return x;
    case CK_GELU: return x * normal_distribution(x);
    case CK_GELU_TANH: return 0.5 * x * (1 + tanh(M_2_SQRTPI * M_SQRT1_2 * (x + 0.044715 * x * x * x)));
    case CK_GELU_SIGMOID: return x / (1 + exp(-1.702 * x));
    case CK_RELU: return x < 0 ? 0 : x;
    case CK_SILU: return x / (1 + exp(-x));
    case CK_TANH: return tanh(x);
    case CK_SIGMOID: return 1 / (1 + exp(-x));
    case CK_GELU_CLIPPED: return fmin(x * normal_distribution(x), 10);
    case CK_HARD_SWISH: return x * fmin(fmax(x + 3, 0), 6) / 6;
    case CK_LAPLACE: return normal_distribution((x - 0.707107) / 0.282095);
    case CK_LEAKY_RELU: return x < 0 ? 0.01 * x : x;
    case CK_MISH: return x * tanh(softplus(x));
    case CK_RELU_SQUARED: return x < 0 ? 0 : x * x;
    case CK_RELU6: return fmin(fmax(x, 0), 6);
    case CK_SQRT_SOFTPLUS: return sqrt(softplus(x));
  }
  return x;
}

static double normal_density(double x) { return exp(-0.5 * x * x) * 0.5 * M_2_SQRTPI * M_SQRT1_2; }
static double logistic(double x) { return 1 / (1 + exp(-x)); }

double ck_activation_derivative_of(ck_activation activation, double x) {
  switch (activation) {
    case CK_IDENTITY: return 1;
    case CK_GELU: return normal_distribution(x) + x * normal_density(x);
    case CK_GELU_TANH: {
      const double t = tanh(M_2_SQRTPI * M_SQRT1_2 * (x + 0.044715 * x * x * x));
      return 0.5 * (1 + t) + 0.5 * x * (1 - t * t) * M_2_SQRTPI * M_SQRT1_2 * (1 + 3 * 0.044715 * x * x);
    }
    case CK_GELU_SIGMOID: {
      const double s = logistic(1.702 * x);
      return s + 1.702 * x * s * (1 - s);
    }
    case CK_RELU: return x > 0;
    case CK_SILU: {
      const double s = logistic(x);
      return s + x * s * (1 - s);
    }
    case CK_TANH: {
      const double t = tanh(x);
      return 1 - t * t;
    }
    case CK_SIGMOID: {
      const double s = logistic(x);
      return s * (1 - s);
    }
    case CK_GELU_CLIPPED:
      return x * normal_distribution(x) > 10 ? 0 : normal_distribution(x) + x * normal_density(x);
    case CK_HARD_SWISH: return x <= -3 ? 0 : x < 3 ? x / 3 + 0.5 : 1;
    case CK_LAPLACE: return normal_density((x - 0.707107) / 0.282095) / 0.282095;
    case CK_LEAKY_RELU: return x > 0 ? 1 : 0.01;
    case CK_MISH: {
      const double t = tanh(softplus(x));
      return t + x * (1 - t * t) * logistic(x);
    }
    case CK_RELU_SQUARED: return x > 0 ? 2 * x : 0;
    case CK_RELU6: return x > 0 && x < 6;
    case CK_SQRT_SOFTPLUS: {
      // Both vanish where e^x does.
      const double root = sqrt(softplus(x));
      return root > 0 ? logistic(x) / (2 * root) : 0;
    }
  }
  return 1;
}
