// Products of rows with a packed panel, tile by tile, and their epilogue.

INLINE void tile(const int tile_rows, const int vectors, float *sums, ptrdiff_t sums_stride, const float *x,
                 ptrdiff_t x_stride, const float *panel, ptrdiff_t panel_stride, ptrdiff_t depth, bool accumulate,
                 const char *next, ptrdiff_t next_step) {
  vec sum[TILE_ROWS][TILE_VECTORS];
  UNROLL for (int r = 0; r < tile_rows; r++) {
    UNROLL for (int v = 0; v < vectors; v++) {
      sum[r][v] = accumulate ? load(sums + r * sums_stride + v * LANES) : all(0);
    }
  }
  // Three pointers reach eight rows through the address modes x, x + stride and x + 2 stride. Left to itself the compiler
  // makes a pointer for every row, runs out of registers and spills sums; so does it without the fences, by loading
  // early what a later k needs.
  const float *rows[3] = {x, x + 3 * x_stride, x + 6 * x_stride};
  for (const float *end = panel + depth * panel_stride; panel != end; panel += panel_stride) {
    vec w[TILE_VECTORS];
    UNROLL for (int v = 0; v < vectors; v++) w[v] = load(panel + v * LANES);
    __asm__ volatile("" : "+r"(rows[0]), "+r"(rows[1]), "+r"(rows[2])::"memory");
    UNROLL for (int r = 0; r < tile_rows; r++) {
      vec value = all(rows[r / 3][r % 3 * x_stride]);
      UNROLL for (int v = 0; v < vectors; v++) sum[r][v] = multiply_add(value, w[v], sum[r][v]);
    }
    UNROLL for (int i = 0; i < 3; i++) rows[i]++;
  }
  UNROLL for (int r = 0; r < tile_rows; r++) {
    UNROLL for (int v = 0; v < vectors; v++) store(sums + r * sums_stride + v * LANES, sum[r][v]);
  }
}

#define TILE_FUNCTION(rows, vectors)                                                                           \
  static __attribute__((noinline)) void KERNEL(tile_##rows##x##vectors)(                                       \
      float *sums, ptrdiff_t sums_stride, const float *x, ptrdiff_t x_stride, const float *panel,              \
      ptrdiff_t panel_stride, ptrdiff_t depth, bool accumulate, const char *next, ptrdiff_t next_step) {       \
    tile(rows, vectors, sums, sums_stride, x, x_stride, panel, panel_stride, depth, accumulate, next, next_step); \
  }
typedef void (*tile_function)(float *, ptrdiff_t, const float *, ptrdiff_t, const float *, ptrdiff_t, ptrdiff_t, bool,
                              const char *, ptrdiff_t);

#define TILE_FUNCTIONS(vectors) \
  TILE_FUNCTION(1, vectors)     \
  TILE_FUNCTION(2, vectors)     \
  TILE_FUNCTION(3, vectors)     \
  TILE_FUNCTION(4, vectors)
TILE_FUNCTIONS(1)
TILE_FUNCTIONS(2)
#if TILE_VECTORS >= 3
TILE_FUNCTIONS(3)
#endif
#if TILE_ROWS >= 6
#define MORE_TILE_FUNCTIONS(vectors) TILE_FUNCTION(5, vectors) TILE_FUNCTION(6, vectors)
MORE_TILE_FUNCTIONS(1)
MORE_TILE_FUNCTIONS(2)
#if TILE_VECTORS >= 3
MORE_TILE_FUNCTIONS(3)
#endif
#endif
#if TILE_ROWS >= 8
#define MOST_TILE_FUNCTIONS(vectors) TILE_FUNCTION(7, vectors) TILE_FUNCTION(8, vectors)
MOST_TILE_FUNCTIONS(1)
MOST_TILE_FUNCTIONS(2)
#if TILE_VECTORS >= 3
MOST_TILE_FUNCTIONS(3)
#endif
#endif

// tiles[vectors][rows]
static const tile_function KERNEL(tiles)[TILE_VECTORS + 1][TILE_ROWS + 1] = {
    {0},
#define FIRST_ROWS(v) 0, KERNEL(tile_1x##v), KERNEL(tile_2x##v), KERNEL(tile_3x##v), KERNEL(tile_4x##v)
#if TILE_ROWS == 4
#define ROW_OF_TILES(v) {FIRST_ROWS(v)}
#elif TILE_ROWS == 6
#define ROW_OF_TILES(v) {FIRST_ROWS(v), KERNEL(tile_5x##v), KERNEL(tile_6x##v)}
#else
#define ROW_OF_TILES(v) \
  {FIRST_ROWS(v), KERNEL(tile_5x##v), KERNEL(tile_6x##v), KERNEL(tile_7x##v), KERNEL(tile_8x##v)}
#endif
    ROW_OF_TILES(1),
    ROW_OF_TILES(2),
#if TILE_VECTORS >= 3
    ROW_OF_TILES(3),
#endif
};

INLINE void finish_rows(const ck_activation activation, const ck_epilogue *e, ptrdiff_t row, ptrdiff_t column,
                        const float *sums, ptrdiff_t sums_stride, ptrdiff_t columns, ptrdiff_t rows) {
  for (ptrdiff_t r = row; r < row + rows; r++, sums += sums_stride) {
    float *y = e->y + r * e->y_stride + column;
    const float *residual = e->residual ? e->residual + r * e->residual_stride + column : NULL;
    for (ptrdiff_t c = 0; c < columns; c += LANES) {
      vec v = load(sums + c);
      if (e->scale) v *= e->scale[r];
      if (e->bias) v += load(e->bias + column + c);
      v = apply(activation, v);
      ptrdiff_t left = columns - c;
      if (left >= LANES) {
        if (residual) v += load(residual + c);
        store(y + c, v);
      } else {
        if (residual) v += load_part(residual + c, left, 0);
        store_part(y + c, left, v);
      }
    }
  }
}

// The epilogue of one tile: `rows` from `row`, `columns` from `column`.
static void finish(const ck_epilogue *e, ptrdiff_t row, ptrdiff_t column, const float *sums, ptrdiff_t sums_stride,
                   ptrdiff_t columns, ptrdiff_t rows) {
  if (columns > e->columns - column) columns = e->columns - column;
  switch (e->activation) {
    case CK_IDENTITY: finish_rows(CK_IDENTITY, e, row, column, sums, sums_stride, columns, rows); break;
    case CK_GELU: finish_rows(CK_GELU, e, row, column, sums, sums_stride, columns, rows); break;
    default: finish_rows(e->activation, e, row, column, sums, sums_stride, columns, rows);
  }
}

static void KERNEL(multiply)(float *sums, ptrdiff_t sums_stride, const float *x, ptrdiff_t x_stride, const float *panel,
                             ptrdiff_t panel_stride, ptrdiff_t width, ptrdiff_t depth, ptrdiff_t rows, bool accumulate,
                             const float *next, const ck_epilogue *epilogue) {
  // A tile fetches one line for every k, so the first few tiles fetch all of the next panel.
  const ptrdiff_t line = 64;
  const char *fetched = (const char *)(next ? next : panel);
  ptrdiff_t lines = next ? panel_stride * depth * (ptrdiff_t)sizeof(float) / line : 0;
  for (ptrdiff_t column = 0; column < width; column += TILE_VECTORS * LANES) {
    ptrdiff_t vectors = (width - column) / LANES;
    if (vectors > TILE_VECTORS) vectors = TILE_VECTORS;
    const tile_function *functions = KERNEL(tiles)[vectors];
    for (ptrdiff_t row = 0; row < rows; row += TILE_ROWS) {
      ptrdiff_t tile_rows = rows - row < TILE_ROWS ? rows - row : TILE_ROWS;
      const ptrdiff_t step = lines >= depth ? line : 0;
      float *tile_sums = sums + row * sums_stride + column;
      functions[tile_rows](tile_sums, sums_stride, x + row * x_stride, x_stride, panel + column, panel_stride, depth, accumulate,
                           fetched, step);
      fetched += step * depth;
      if (step) lines -= depth;
      if (epilogue) finish(epilogue, row, column, tile_sums, sums_stride, vectors * LANES, tile_rows);
    }
  }
}

// A tile whose rows are columns of x: x[k][r] stands beside x[k][r + 1]. A line holds what two tiles need of one k; the
// line of the next two is fetched meanwhile, since lines so far apart are no pattern to the hardware.
INLINE void transposed_tile(const int tile_rows, const int vectors, float *sums, ptrdiff_t sums_stride, const float *x,
                            ptrdiff_t x_stride, const float *panel, ptrdiff_t panel_stride, ptrdiff_t depth,
                            bool accumulate) {
  vec sum[TILE_ROWS][TILE_VECTORS];
  UNROLL for (int r = 0; r < tile_rows; r++) {
    UNROLL for (int v = 0; v < vectors; v++) {
      sum[r][v] = accumulate ? load(sums + r * sums_stride + v * LANES) : all(0);
    }
  }
  for (const float *end = panel + depth * panel_stride; panel != end; panel += panel_stride) {
    vec w[TILE_VECTORS];
    UNROLL for (int v = 0; v < vectors; v++) w[v] = load(panel + v * LANES);
    __builtin_prefetch(x + 16, 0, 3);
    __asm__ volatile("" : "+r"(x)::"memory");
    UNROLL for (int r = 0; r < tile_rows; r++) {
      vec value = all(x[r]);
      UNROLL for (int v = 0; v < vectors; v++) sum[r][v] = multiply_add(value, w[v], sum[r][v]);
    }
    x += x_stride;
  }
  UNROLL for (int r = 0; r < tile_rows; r++) {
    UNROLL for (int v = 0; v < vectors; v++) store(sums + r * sums_stride + v * LANES, sum[r][v]);
  }
}

#define TRANSPOSED_TILES(vectors)                                                                               \
  static __attribute__((noinline)) void KERNEL(transposed_tiles##vectors)(                                      \
      float *sums, ptrdiff_t sums_stride, const float *x, ptrdiff_t x_stride, const float *panel,               \
      ptrdiff_t panel_stride, ptrdiff_t depth, ptrdiff_t rows, bool accumulate) {                               \
    ptrdiff_t row = 0;                                                                                          \
    for (; row + TILE_ROWS <= rows; row += TILE_ROWS) {                                                         \
      transposed_tile(TILE_ROWS, vectors, sums + row * sums_stride, sums_stride, x + row, x_stride, panel,      \
                      panel_stride, depth, accumulate);                                                         \
    }                                                                                                           \
    for (; row < rows; row++) {                                                                                 \
      transposed_tile(1, vectors, sums + row * sums_stride, sums_stride, x + row, x_stride, panel, panel_stride, \
                      depth, accumulate);                                                                       \
    }                                                                                                           \
  }
TRANSPOSED_TILES(1)
TRANSPOSED_TILES(2)
#if TILE_VECTORS >= 3
TRANSPOSED_TILES(3)
#endif

static void KERNEL(multiply_transposed)(float *sums, ptrdiff_t sums_stride, const float *x, ptrdiff_t x_stride,
                                        const float *panel, ptrdiff_t panel_stride, ptrdiff_t width, ptrdiff_t depth,
                                        ptrdiff_t rows, bool accumulate) {
  ptrdiff_t column = 0;
#if TILE_VECTORS >= 3
  for (; column + 3 * LANES <= width; column += 3 * LANES) {
    KERNEL(transposed_tiles3)(sums + column, sums_stride, x, x_stride, panel + column, panel_stride, depth, rows,
                              accumulate);
  }
#endif
  for (; column + 2 * LANES <= width; column += 2 * LANES) {
    KERNEL(transposed_tiles2)(sums + column, sums_stride, x, x_stride, panel + column, panel_stride, depth, rows,
                              accumulate);
  }
  for (; column < width; column += LANES) {
    KERNEL(transposed_tiles1)(sums + column, sums_stride, x, x_stride, panel + column, panel_stride, depth, rows,
                              accumulate);
  }
}
