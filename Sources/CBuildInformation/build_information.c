// In C because a Swift target cannot be given a value by the build.
#include "build_information.h"

#ifndef KGATEWAY_COMMIT
#define KGATEWAY_COMMIT "unknown"
#endif

const char *build_information_commit(void) { return KGATEWAY_COMMIT; }
