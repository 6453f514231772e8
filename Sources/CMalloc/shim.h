#ifndef CMALLOC_SHIM_H
#define CMALLOC_SHIM_H

#include <stdlib.h>

// The knobs of glibc's allocator, which Swift's Glibc module leaves out. Other C libraries have none.
#ifdef __GLIBC__
#include <malloc.h>
#endif

#endif
