import Foundation

/// How busy the machine is with other things.
enum MachineLoad {
  /// How many times longer two milliseconds of work take than they need a processor: 1 where nobody else wants it.
  static func slowness() -> Double {
    let (start, used) = (ContinuousClock.now, threadTime())
    var work = Duration.zero
    // Ends where the system does not tell, too.
    while work < .milliseconds(2), start.duration(to: .now) < .seconds(5) { work = threadTime() - used }
    return work > .zero ? max(1, start.duration(to: .now) / work) : 1
  }

  /// Of a processor, by this thread: the first number of `schedstat`, in nanoseconds.
  private static func threadTime() -> Duration {
    let text = (try? String(contentsOfFile: "/proc/thread-self/schedstat", encoding: .utf8)) ?? ""
    return .nanoseconds(text.split(separator: " ").first.flatMap { Int64($0) } ?? 0)
  }
}
