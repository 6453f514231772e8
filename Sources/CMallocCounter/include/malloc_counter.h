#ifndef MALLOC_COUNTER_H
#define MALLOC_COUNTER_H

#include <stdint.h>

/// Heap allocations of the whole process since its start, and the bytes that they asked for.
typedef struct {
  uint64_t count;
  uint64_t bytes;
} malloc_counter_sample;

/// What was counted so far. Counts in all threads.
malloc_counter_sample malloc_counter_read(void);

#endif
