// A region is announced by raising `generation`; workers take task numbers from one atomic counter, so that a slow or
// pre-empted core simply takes fewer, and the caller waits until the last of them has left.

#define _GNU_SOURCE
#include <linux/futex.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "include/CKernels.h"

// How often a waiting thread looks before it sleeps: some tens of microseconds.
enum { SPINS = 4000 };

typedef struct worker {
  ck_pool *pool;
  ptrdiff_t index;
  pthread_t thread;
} worker;

struct ck_pool {
  // Written by the caller before `generation` is raised.
  ck_task body;
  void *context;
  ptrdiff_t tasks;
  bool stopping;
  ptrdiff_t helpers;  // threads besides the caller's
  worker *workers;
  _Alignas(64) atomic_int generation;
  _Alignas(64) atomic_long next;
  _Alignas(64) atomic_int busy;  // helpers that have not finished this generation
};

static void futex_wait(atomic_int *word, int value) { syscall(SYS_futex, word, FUTEX_WAIT_PRIVATE, value, NULL, NULL, 0); }
static void futex_wake(atomic_int *word, int count) { syscall(SYS_futex, word, FUTEX_WAKE_PRIVATE, count, NULL, NULL, 0); }

static void pause_briefly(void) {
#if defined(__x86_64__)
  __builtin_ia32_pause();
#elif defined(__aarch64__)
  __asm__ volatile("yield");
#endif
}

// Returns once *word differs from value; the value that it then has.
static int await_change(atomic_int *word, int value) {
  for (int i = 0; i < SPINS; i++) {
    const int now = atomic_load_explicit(word, memory_order_acquire);
    if (now != value) return now;
    pause_briefly();
  }
  for (;;) {
    const int now = atomic_load_explicit(word, memory_order_acquire);
    if (now != value) return now;
    futex_wait(word, value);
  }
}

static void take_tasks(ck_pool *pool, ptrdiff_t index) {
  for (;;) {
    const ptrdiff_t task = atomic_fetch_add_explicit(&pool->next, 1, memory_order_relaxed);
    if (task >= pool->tasks) return;
    pool->body(pool->context, task, index);
  }
}

static void *work(void *argument) {
  worker *self = argument;
  ck_pool *pool = self->pool;
  int seen = 0;
  for (;;) {
    seen = await_change(&pool->generation, seen);
    if (pool->stopping) return NULL;
    take_tasks(pool, self->index);
    if (atomic_fetch_sub_explicit(&pool->busy, 1, memory_order_acq_rel) == 1) futex_wake(&pool->busy, 1);
  }
}

ck_pool *ck_pool_create(ptrdiff_t threads) {
  ck_pool *pool = aligned_alloc(64, (sizeof(ck_pool) + 63) / 64 * 64);
  if (!pool) return NULL;
  *pool = (ck_pool){0};
  pool->workers = calloc((size_t)(threads > 1 ? threads - 1 : 1), sizeof(worker));
  if (!pool->workers) {
    free(pool);
    return NULL;
  }
  // Signals belong to the program's own threads.
  sigset_t every, previous;
  sigfillset(&every);
  pthread_sigmask(SIG_SETMASK, &every, &previous);
  for (ptrdiff_t i = 0; i + 1 < threads; i++) {
    worker *w = &pool->workers[i];
    *w = (worker){.pool = pool, .index = i + 1};
    if (pthread_create(&w->thread, NULL, work, w) != 0) break;
    pool->helpers++;
  }
  pthread_sigmask(SIG_SETMASK, &previous, NULL);
  return pool;
}

void ck_pool_run(ck_pool *pool, ptrdiff_t tasks, ck_task body, void *context) {
  if (pool->helpers == 0 || tasks <= 1) {
    for (ptrdiff_t task = 0; task < tasks; task++) body(context, task, 0);
    return;
  }
  pool->body = body;
  pool->context = context;
  pool->tasks = tasks;
  atomic_store_explicit(&pool->next, 0, memory_order_relaxed);
  atomic_store_explicit(&pool->busy, (int)pool->helpers, memory_order_relaxed);
  atomic_fetch_add_explicit(&pool->generation, 1, memory_order_release);
  futex_wake(&pool->generation, (int)pool->helpers);
  take_tasks(pool, 0);
  for (;;) {
    const int busy = atomic_load_explicit(&pool->busy, memory_order_acquire);
    if (busy == 0) return;
    await_change(&pool->busy, busy);
  }
}

void ck_pool_destroy(ck_pool *pool) {
  if (!pool) return;
  pool->stopping = true;
  atomic_fetch_add_explicit(&pool->generation, 1, memory_order_release);
  futex_wake(&pool->generation, (int)pool->helpers);
  for (ptrdiff_t i = 0; i < pool->helpers; i++) pthread_join(pool->workers[i].thread, NULL);
  free(pool->workers);
  free(pool);
}
