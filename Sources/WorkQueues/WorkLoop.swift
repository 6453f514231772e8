import Dispatch
package import PrometheusMetrics

/// Works off a ``WorkQueue``: several keys at a time, never the same key twice at once.
package actor WorkLoop<Key: Hashable & Sendable> {
  package typealias Item = WorkQueue<Key>.Item

  private let parallelism: Int
  private let depth: Gauge?
  private let clock = ContinuousClock()
  private var queue: WorkQueue<Key>
  private var running = 0
  /// Set anew for whichever key is next: a sleeping task for each would outlive its use, since changes move the time.
  private var timer: (any DispatchSourceTimer)?

  private let wakeUps: AsyncStream<Void>
  private let wakeUp: AsyncStream<Void>.Continuation

  /// - Parameters:
  ///   - parallelism: how many keys are worked on at a time.
  ///   - depth: shows how many keys wait.
  package init(_ configuration: WorkQueue<Key>.Configuration = .init(), parallelism: Int, depth: Gauge? = nil) {
    self.parallelism = max(1, parallelism)
    self.depth = depth
    queue = WorkQueue(configuration: configuration)
    // One wake-up that was not seen yet says as much as many.
    (wakeUps, wakeUp) = AsyncStream.makeStream(of: Void.self, bufferingPolicy: .bufferingNewest(1))
  }

  /// Notes that these keys changed at `instant`.
  package func add(_ keys: some Sequence<Key> & Sendable, changedAt instant: ContinuousClock.Instant) {
    for key in keys { queue.add(key, at: instant) }
    depth?.set(queue.depth)
    wakeUp.yield()
  }

  /// Works until the task is cancelled; to be called once.
  /// - Parameters:
  ///   - work: does the work for one key; if it throws, the key comes back after a growing delay.
  ///   - onFailure: is told of the failure, and how long the key rests. Not of failures after the cancellation, which is
  ///     likely to have caused them.
  package func run(
    _ work: @escaping @Sendable (Item) async throws -> Void,
    onFailure: @escaping @Sendable (Item, any Error, Duration) async -> Void
  ) async {
    let timer = DispatchSource.makeTimerSource(flags: .strict)
    timer.setEventHandler { @Sendable [wakeUp] in wakeUp.yield() }
    timer.activate()
    self.timer = timer
    defer { self.timer?.cancel() }
    await withDiscardingTaskGroup { group in
      for await _ in wakeUps {
        for item in queue.take(parallelism - running, at: clock.now) {
          running += 1
          group.addTask { await self.perform(item, work, onFailure) }
        }
        depth?.set(queue.depth)
        setTimer()
      }
    }
  }

  private func setTimer() {
    // When all hands are busy, the first to become free looks again.
    guard running < parallelism, let next = queue.nextReady else { return }
    // An hour at the most: to look in between does no harm, and the number cannot overflow.
    let delay = min(max(clock.now.duration(to: next), .zero), .seconds(3600))
    timer?.schedule(deadline: .now() + .nanoseconds(Int(delay / .nanoseconds(1))))
  }

  private func perform(
    _ item: Item, _ work: @Sendable (Item) async throws -> Void,
    _ onFailure: @Sendable (Item, any Error, Duration) async -> Void
  ) async {
    do {
      try await work(item)
      queue.finish(item.key)
    } catch {
      let delay = queue.fail(item, at: clock.now)
      if !Task.isCancelled { await onFailure(item, error, delay) }
    }
    running -= 1
    wakeUp.yield()
  }
}
