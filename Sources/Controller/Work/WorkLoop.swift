package import PrometheusMetrics

/// Works off a ``WorkQueue``: several keys at a time, never the same key twice at once.
package actor WorkLoop<Key: Hashable & Sendable> {
  package typealias Item = WorkQueue<Key>.Item

  private let parallelism: Int
  private let depth: Gauge?
  private let clock = ContinuousClock()
  private var queue: WorkQueue<Key>
  private var running = 0
  /// When the earliest timer that is set goes off.
  private var timer: ContinuousClock.Instant?

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

  /// Works until the task is cancelled.
  /// - Parameters:
  ///   - work: does the work for one key; if it throws, the key comes back after a growing delay.
  ///   - onFailure: is told of the failure, and how long the key rests.
  package func run(
    _ work: @escaping @Sendable (Item) async throws -> Void,
    onFailure: @escaping @Sendable (Item, any Error, Duration) async -> Void
  ) async {
    await withDiscardingTaskGroup { group in
      for await _ in wakeUps {
        for item in queue.take(parallelism - running, at: clock.now) {
          running += 1
          group.addTask { await self.perform(item, work, onFailure) }
        }
        depth?.set(queue.depth)
        setTimer(in: &group)
      }
    }
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
      await onFailure(item, error, delay)
    }
    running -= 1
    wakeUp.yield()
  }

  private func setTimer(in group: inout DiscardingTaskGroup) {
    guard running < parallelism, let next = queue.nextReady, timer.map({ next < $0 }) ?? true else { return }
    timer = next
    group.addTask {
      // Cancelled only when everything ends, and then nobody needs the wake-up.
      try? await Task.sleep(until: next, clock: .continuous)
      await self.timerFired(next)
    }
  }

  private func timerFired(_ instant: ContinuousClock.Instant) {
    if timer == instant { timer = nil }
    wakeUp.yield()
  }
}
