import PrometheusMetrics
import RealComponents
import Synchronization
import Testing
import WorkQueues

@Suite("The work loop", .timeLimit(.minutes(1)))
struct WorkLoopTests {
  private struct Trouble: Error {}

  /// What the workers of a test do, seen from outside.
  private final class Journal: Sendable {
    struct State {
      var running: [String: Int] = [:]
      var done: [String] = []
      var mostAtOnce = 0
      var mostOfOneKey = 0
      var failures: [Duration] = []
    }

    let state = Mutex(State())

    func began(_ key: String) {
      state.withLock { state in
        state.running[key, default: 0] += 1
        state.mostAtOnce = max(state.mostAtOnce, state.running.values.reduce(0, +))
        state.mostOfOneKey = max(state.mostOfOneKey, state.running[key] ?? 0)
      }
    }

    func ended(_ key: String) {
      state.withLock { state in
        state.running[key, default: 0] -= 1
        state.done.append(key)
      }
    }

    var done: [String] { state.withLock(\.done) }
    var running: Int { state.withLock { $0.running.values.reduce(0, +) } }
  }

  private let journal = Journal()
  private let quick = WorkQueue<String>.Configuration(
    quietPeriod: .milliseconds(1), maximumDelay: .milliseconds(5), firstRetry: .milliseconds(5),
    maximumRetry: .milliseconds(20))

  /// Runs the loop while `body` runs, and waits for its end.
  private func running(
    _ loop: WorkLoop<String>, _ work: @escaping @Sendable (WorkQueue<String>.Item) async throws -> Void,
    during body: () async throws -> Void
  ) async throws {
    try await withThrowingTaskGroup { group in
      group.addTask { [journal] in
        await loop.run(work) { _, _, delay in journal.state.withLock { $0.failures.append(delay) } }
      }
      try await body()
      group.cancelAll()
    }
  }

  @Test("works on several keys at a time and no more than it may, and never twice on one")
  func bounds() async throws {
    let loop = WorkLoop(quick, parallelism: 3)
    let keys = (0..<12).map { "key\($0)" }
    try await running(loop) { [journal] item in
      journal.began(item.key)
      // Until others run too, so that the bound is reached however slow the machine is; the last keys are alone.
      for _ in 0..<20 where journal.running < 3 { try await Task.sleep(for: .milliseconds(1)) }
      journal.ended(item.key)
    } during: {
      for _ in 0..<5 {
        await loop.add(keys, changedAt: .now)
        try await Task.sleep(for: .milliseconds(2))
      }
      try await eventually("every key done") { Set(journal.done) == Set(keys) && journal.running == 0 }
    }
    #expect(journal.state.withLock(\.mostAtOnce) == 3)
    #expect(journal.state.withLock(\.mostOfOneKey) == 1)
  }

  @Test("a key that changes while it is worked on is worked on again afterwards")
  func again() async throws {
    let loop = WorkLoop(quick, parallelism: 2)
    try await running(loop) { [journal] item in
      journal.began(item.key)
      if journal.done.isEmpty { await loop.add(["a"], changedAt: .now) }
      journal.ended(item.key)
    } during: {
      await loop.add(["a"], changedAt: .now)
      try await eventually("done twice") { journal.done == ["a", "a"] }
    }
    #expect(journal.state.withLock(\.mostOfOneKey) == 1)
  }

  @Test("a key that fails is tried again after a growing delay, until it succeeds; others go on meanwhile")
  func retries() async throws {
    let loop = WorkLoop(quick, parallelism: 2)
    try await running(loop) { [journal] item in
      journal.began(item.key)
      defer { journal.ended(item.key) }
      if item.key == "bad", journal.state.withLock(\.failures.count) < 4 { throw Trouble() }
    } during: {
      await loop.add(["bad", "good"], changedAt: .now)
      try await eventually("both done") { journal.done.filter { $0 == "bad" }.count == 5 }
    }
    #expect(journal.done.filter { $0 == "good" }.count == 1)
    #expect(journal.state.withLock(\.failures) == [5, 10, 20, 20].map { .milliseconds($0) })
  }

  @Test("shows how many keys wait")
  func depth() async throws {
    let gauge = MetricsRegistry().gauge("depth", "Keys that wait.")
    let loop = WorkLoop(quick, parallelism: 1, depth: gauge)
    await loop.add(["a", "b", "c"], changedAt: .now)
    #expect(gauge.value == 3)
    try await running(loop) { _ in
    } during: {
      try await eventually("none waits") { gauge.value == 0 }
    }
  }

  @Test("ends when it is cancelled, with the work under way, which then is no failure")
  func cancellation() async throws {
    let loop = WorkLoop(quick, parallelism: 2)
    try await running(loop) { [journal] item in
      journal.began(item.key)
      defer { journal.ended(item.key) }
      try await Task.sleep(for: .seconds(600))
    } during: {
      await loop.add(["a", "b", "c"], changedAt: .now)
      try await eventually("two under way") { journal.running == 2 }
    }
    #expect(journal.running == 0)
    #expect(journal.state.withLock(\.failures).isEmpty)
  }
}
