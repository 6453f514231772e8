// Counts heap allocations by standing in front of glibc's allocator: a program's own malloc wins over the C library's,
// for all libraries that it loads. Linked into the benchmarks only.
#include "malloc_counter.h"

#include <errno.h>
#include <stdatomic.h>
#include <stddef.h>

#if defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
// A sanitizer stands there itself, and would be given memory back that it has not handed out. Nothing is counted then.
#define HAS_OTHER_ALLOCATOR 1
#endif
#endif

extern void *__libc_malloc(size_t size);
extern void *__libc_calloc(size_t count, size_t size);
extern void *__libc_realloc(void *pointer, size_t size);
extern void *__libc_memalign(size_t alignment, size_t size);

static _Atomic uint64_t allocations;
static _Atomic uint64_t allocated_bytes;

#ifndef HAS_OTHER_ALLOCATOR

static void note(size_t size) {
  atomic_fetch_add_explicit(&allocations, 1, memory_order_relaxed);
  atomic_fetch_add_explicit(&allocated_bytes, size, memory_order_relaxed);
}

void *malloc(size_t size) {
  note(size);
  return __libc_malloc(size);
}

void *calloc(size_t count, size_t size) {
  note(count * size);
  return __libc_calloc(count, size);
}

void *realloc(void *pointer, size_t size) {
  note(size);
  return __libc_realloc(pointer, size);
}

void *aligned_alloc(size_t alignment, size_t size) {
  note(size);
  return __libc_memalign(alignment, size);
}

int posix_memalign(void **pointer, size_t alignment, size_t size) {
  // glibc's function below rounds such an alignment up instead.
  if (alignment % sizeof(void *) != 0 || alignment == 0 || (alignment & (alignment - 1)) != 0) return EINVAL;
  note(size);
  void *memory = __libc_memalign(alignment, size);
  if (memory == NULL) return ENOMEM;
  *pointer = memory;
  return 0;
}

#endif

malloc_counter_sample malloc_counter_read(void) {
  return (malloc_counter_sample){
      .count = atomic_load_explicit(&allocations, memory_order_relaxed),
      .bytes = atomic_load_explicit(&allocated_bytes, memory_order_relaxed),
  };
}
