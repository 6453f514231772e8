#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

/// What becomes of writing to a process that has ended.
enum BrokenPipe {
  /// Makes it an error of the one who writes. By default it is a signal, which ends the process of all tests when a
  /// child ends without having read its standard input.
  static func becomesError() {
    _ = once
  }

  private static let once: Void = {
    _ = signal(SIGPIPE, SIG_IGN)
  }()
}
