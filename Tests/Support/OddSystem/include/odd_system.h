#ifndef ODD_SYSTEM_H
#define ODD_SYSTEM_H

/// Loaded into a program with LD_PRELOAD, makes the machine under it an odd one:
///
/// - `$ODD_CLOCK_FILE`, a file of eight bytes: a number of seconds, in the machine's byte order, by which the wall clock
///   (CLOCK_REALTIME, `time`, `gettimeofday`) is ahead. It may be changed at any time, as a clock that jumps. The
///   kernel's own clock stays: what is asked to wake a thread at a time of the wall clock goes by that.
/// - `$ODD_SLOW_HOST`: the lookup of this name takes `$ODD_LOOKUP_SECONDS`, and leads to 127.0.0.1.

#endif
