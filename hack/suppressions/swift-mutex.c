// Tells ThreadSanitizer what Swift's Mutex does when two threads want it at once.
//
// The quick ways of locking and unlocking are compiled into the program that uses them, and so are seen. The slow ones
// (another thread has the lock, or waits for it) are in libswiftSynchronization, which has no sanitizer in it: what the
// lock protects would be reported as a race of the two threads. `hack/test --sanitize thread` links this into every
// program, where it stands in front of the library's functions; it hides no race of what is not under the same lock.
//
// The lock is passed in the register that Swift has for `self` (docs/ABI/CallConvSummary.rst of the Swift project).
#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

// Of the sanitizer's runtime; not there in what was built without it.
extern void __tsan_acquire(void *address) __attribute__((weak));
extern void __tsan_release(void *address) __attribute__((weak));

#define LOCK_SLOW "$s15Synchronization12_MutexHandleV9_lockSlowyys6UInt32VF"
#define TRY_LOCK_SLOW "$s15Synchronization12_MutexHandleV12_tryLockSlowSbyF"
#define UNLOCK_SLOW "$s15Synchronization12_MutexHandleV11_unlockSlowyyF"

#define SWIFT __attribute__((swiftcall))
#define SELF __attribute__((swift_context)) void *

typedef SWIFT void lock_function(uint32_t thread, SELF lock);
typedef SWIFT bool try_lock_function(SELF lock);
typedef SWIFT void unlock_function(SELF lock);

SWIFT void lock_slow(uint32_t thread, SELF lock) __asm__(LOCK_SLOW);
SWIFT bool try_lock_slow(SELF lock) __asm__(TRY_LOCK_SLOW);
SWIFT void unlock_slow(SELF lock) __asm__(UNLOCK_SLOW);

static void *next(const char *name) {
  void *function = dlsym(RTLD_NEXT, name);
  if (function != NULL) return function;
  fprintf(stderr, "swift-mutex.c: this version of Swift has no %s\n", name);
  abort();
}

SWIFT void lock_slow(uint32_t thread, SELF lock) {
  ((lock_function *)next(LOCK_SLOW))(thread, lock);
  if (__tsan_acquire != NULL) __tsan_acquire(lock);
}

SWIFT bool try_lock_slow(SELF lock) {
  bool is_locked = ((try_lock_function *)next(TRY_LOCK_SLOW))(lock);
  if (is_locked && __tsan_acquire != NULL) __tsan_acquire(lock);
  return is_locked;
}

SWIFT void unlock_slow(SELF lock) {
  if (__tsan_release != NULL) __tsan_release(lock);
  ((unlock_function *)next(UNLOCK_SLOW))(lock);
}
