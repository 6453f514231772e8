#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

/// Runs `body` on a thread of its own; false when the system gives none.
///
/// The thread takes no signals: those for the process go to another thread, and a write to a closed socket fails
/// instead of raising SIGPIPE, whatever library does the writing.
func startThread(_ body: @escaping @Sendable () -> Void) -> Bool {
  let context = Unmanaged.passRetained(ThreadStart(body))
  #if canImport(Darwin)
    var thread: pthread_t?
    let result = pthread_create(&thread, nil, { runThread($0) }, context.toOpaque())
    if let thread { pthread_detach(thread) }
  #else
    var thread: pthread_t = 0
    let result = pthread_create(&thread, nil, { runThread($0) }, context.toOpaque())
    if result == 0 { pthread_detach(thread) }
  #endif
  if result != 0 { context.release() }
  return result == 0
}

private final class ThreadStart: Sendable {
  let body: @Sendable () -> Void

  init(_ body: @escaping @Sendable () -> Void) {
    self.body = body
  }
}

private func runThread(_ context: UnsafeMutableRawPointer?) -> UnsafeMutableRawPointer? {
  guard let context else { return nil }
  let start = Unmanaged<ThreadStart>.fromOpaque(context).takeRetainedValue()
  var signals = sigset_t()
  sigfillset(&signals)
  pthread_sigmask(SIG_BLOCK, &signals, nil)
  start.body()
  return nil
}
