// One call of zlib for the doubles: bytes as a gzip stream.
#pragma once

#include <stddef.h>
#include <stdint.h>

/// How many bytes the gzip stream of so many bytes has at the most.
size_t cgzip_bound(size_t count);

/// Writes the gzip stream of the bytes, as fast as zlib can, and returns its length; 0 when it does not fit, or when there are
/// 4 GiB or more of them.
size_t cgzip(const uint8_t *_Nonnull bytes, size_t count, uint8_t *_Nonnull output, size_t capacity);
