#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

/// How busy the machine is with other things.
enum MachineLoad {
  /// How many times longer two milliseconds of work take than they need a processor: 1 where nobody else wants it.
  static func slowness() -> Double {
    let (start, used) = (ContinuousClock.now, threadTime())
    var work = Duration.zero
    while work < .milliseconds(2) { work = threadTime() - used }
    return max(1, start.duration(to: .now) / work)
  }

  /// Of a processor, by this thread.
  private static func threadTime() -> Duration {
    var time = timespec()
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time)
    return .seconds(Int64(time.tv_sec)) + .nanoseconds(Int64(time.tv_nsec))
  }
}
