#define _GNU_SOURCE
#include "odd_system.h"

#include <dlfcn.h>
#include <fcntl.h>
#include <netdb.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

static const int64_t no_offset = 0;
static const volatile int64_t *offset = &no_offset;
static pthread_once_t mapping = PTHREAD_ONCE_INIT;

// Mapped, so that a look at the clock costs no system call.
static void map_offset(void) {
  const char *path = getenv("ODD_CLOCK_FILE");
  if (path == NULL) return;
  int file = open(path, O_RDONLY | O_CLOEXEC);
  if (file < 0) return;
  struct stat status;
  // A look at what lies beyond the end of a shorter file would end the process.
  bool is_whole = fstat(file, &status) == 0 && status.st_size >= (off_t)sizeof(int64_t);
  void *bytes = is_whole ? mmap(NULL, sizeof(int64_t), PROT_READ, MAP_SHARED, file, 0) : MAP_FAILED;
  close(file);
  if (bytes != MAP_FAILED) offset = bytes;
}

static int64_t seconds_ahead(void) {
  pthread_once(&mapping, map_offset);
  return *offset;
}

int clock_gettime(clockid_t clock, struct timespec *result) {
  // Looked up once, by whichever threads are the first: the clock is looked at often.
  static int (*_Atomic found)(clockid_t, struct timespec *);
  int (*next)(clockid_t, struct timespec *) = atomic_load_explicit(&found, memory_order_relaxed);
  if (next == NULL) {
    next = dlsym(RTLD_NEXT, "clock_gettime");
    atomic_store_explicit(&found, next, memory_order_relaxed);
  }
  int code = next(clock, result);
  if (code == 0 && (clock == CLOCK_REALTIME || clock == CLOCK_REALTIME_COARSE)) result->tv_sec += seconds_ahead();
  return code;
}

int gettimeofday(struct timeval *restrict result, void *restrict zone) {
  int (*next)(struct timeval *, void *) = dlsym(RTLD_NEXT, "gettimeofday");
  int code = next(result, zone);
  if (code == 0) result->tv_sec += seconds_ahead();
  return code;
}

time_t time(time_t *result) {
  struct timespec now;
  if (clock_gettime(CLOCK_REALTIME, &now) != 0) return -1;
  if (result != NULL) *result = now.tv_sec;
  return now.tv_sec;
}

int getaddrinfo(const char *restrict node, const char *restrict service, const struct addrinfo *restrict hints,
                struct addrinfo **restrict result) {
  int (*next)(const char *, const char *, const struct addrinfo *, struct addrinfo **) =
      dlsym(RTLD_NEXT, "getaddrinfo");
  const char *slow = getenv("ODD_SLOW_HOST");
  const char *length = getenv("ODD_LOOKUP_SECONDS");
  if (slow == NULL || node == NULL || strcmp(slow, node) != 0) return next(node, service, hints, result);
  int seconds = length != NULL ? atoi(length) : 0;
  // A signal cuts a sleep short.
  for (unsigned left = seconds > 0 ? (unsigned)seconds : 0; left > 0;) left = sleep(left);
  return next("127.0.0.1", service, hints, result);
}
