#include "CGzip.h"

#include <limits.h>
#include <zlib.h>

size_t cgzip_bound(size_t count) {
  // zlib's bound is for its own format, whose head and tail are shorter.
  return compressBound(count) + 32;
}

size_t cgzip(const uint8_t *bytes, size_t count, uint8_t *output, size_t capacity) {
  // zlib counts what it is given at once in 32 bits.
  if (count > UINT_MAX) return 0;
  z_stream stream = {0};
  // 16 more than the size of the window asks for gzip.
  if (deflateInit2(&stream, Z_BEST_SPEED, Z_DEFLATED, MAX_WBITS + 16, 8, Z_DEFAULT_STRATEGY) != Z_OK) return 0;
  stream.next_in = (uint8_t *)bytes;
  stream.avail_in = (uInt)count;
  stream.next_out = output;
  stream.avail_out = capacity > UINT_MAX ? UINT_MAX : (uInt)capacity;
  int code = deflate(&stream, Z_FINISH);
  size_t length = stream.total_out;
  deflateEnd(&stream);
  return code == Z_STREAM_END ? length : 0;
}
