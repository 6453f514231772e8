import Glibc
import Testing
import WorkQueues

@Suite("The work queue")
struct WorkQueueTests {
  let start = ContinuousClock.now
  let configuration = WorkQueue<String>.Configuration(
    quietPeriod: .milliseconds(10), maximumDelay: .milliseconds(100), firstRetry: .milliseconds(200),
    maximumRetry: .seconds(1))

  func at(_ milliseconds: Int) -> ContinuousClock.Instant { start + .milliseconds(milliseconds) }

  @Test("a key is handed out once it has been quiet, with the time of its oldest change")
  func quiet() {
    var queue = WorkQueue<String>(configuration: configuration)
    queue.add("a", at: at(0))
    queue.add("a", at: at(5))
    #expect(queue.take(8, at: at(14)).isEmpty)
    #expect(queue.take(8, at: at(15)) == [.init(key: "a", changedAt: at(0))])
    #expect(queue.depth == 0)
  }

  @Test("a key that is never quiet is handed out after the maximum delay")
  func neverQuiet() {
    var queue = WorkQueue<String>(configuration: configuration)
    for time in stride(from: 0, through: 95, by: 5) { queue.add("a", at: at(time)) }
    #expect(queue.nextReady == at(100))
    #expect(queue.take(8, at: at(100)).map(\.key) == ["a"])
  }

  @Test("keys go in the order of their arrival, and not more than asked for")
  func order() {
    var queue = WorkQueue<String>(configuration: configuration)
    for key in ["c", "a", "b"] { queue.add(key, at: at(0)) }
    #expect(queue.take(2, at: at(10)).map(\.key) == ["c", "a"])
    #expect(queue.take(2, at: at(10)).map(\.key) == ["b"])
  }

  @Test("a key that changes while it is worked on waits for the end of that work")
  func notTwiceAtOnce() {
    var queue = WorkQueue<String>(configuration: configuration)
    queue.add("a", at: at(0))
    _ = queue.take(1, at: at(10))
    queue.add("a", at: at(11))
    #expect(queue.take(1, at: at(50)).isEmpty)
    #expect(queue.nextReady == nil)
    queue.finish("a")
    #expect(queue.take(1, at: at(50)) == [.init(key: "a", changedAt: at(11))])
    queue.finish("a")
    #expect(queue.isIdle)
  }

  @Test("a key that fails comes back after a delay that doubles up to its bound")
  func backoff() {
    var queue = WorkQueue<String>(configuration: configuration)
    queue.add("a", at: at(0))
    var delays: [Duration] = []
    var now = at(10)
    for _ in 0..<5 {
      let items = queue.take(1, at: now)
      #expect(items.count == 1)
      guard let item = items.first else { return }
      let delay = queue.fail(item, at: now)
      delays.append(delay)
      #expect(queue.take(1, at: now + delay - .milliseconds(1)).isEmpty)
      now += delay
    }
    #expect(delays == [.milliseconds(200), .milliseconds(400), .milliseconds(800), .seconds(1), .seconds(1)])
  }

  @Test("a new change of a failed key is tried at once, since it may be the mend")
  func changeEndsBackoff() throws {
    var queue = WorkQueue<String>(configuration: configuration)
    queue.add("a", at: at(0))
    let item = try #require(queue.take(1, at: at(10)).first)
    queue.fail(item, at: at(10))
    queue.add("a", at: at(20))
    #expect(queue.take(1, at: at(30)).map(\.key) == ["a"])
  }

  @Test("a key that succeeds has its failures forgiven")
  func successResets() throws {
    var queue = WorkQueue<String>(configuration: configuration)
    for round in 0..<2 {
      queue.add("a", at: at(round * 1000))
      let failed = try #require(queue.take(1, at: at(round * 1000 + 10)).first)
      #expect(queue.fail(failed, at: at(round * 1000 + 10)) == .milliseconds(200))
      _ = queue.take(1, at: at(round * 1000 + 300))
      queue.finish("a")
    }
  }
}

extension WorkQueueTests {
  @Test("a failed key that keeps changing is not put off for ever")
  func failedAndNeverQuiet() throws {
    var queue = WorkQueue<String>(configuration: configuration)
    queue.add("a", at: at(0))
    queue.fail(try #require(queue.take(1, at: at(10)).first), at: at(10))
    for time in stride(from: 50, through: 145, by: 5) { queue.add("a", at: at(time)) }
    #expect(queue.take(1, at: at(149)).isEmpty)
    #expect(queue.take(1, at: at(150)) == [.init(key: "a", changedAt: at(0))])
  }

  @Test("a change that comes while the work fails carries the time of the older change on")
  func failureKeepsTheOldestChange() throws {
    var queue = WorkQueue<String>(configuration: configuration)
    queue.add("a", at: at(0))
    let item = try #require(queue.take(1, at: at(10)).first)
    queue.add("a", at: at(12))
    queue.fail(item, at: at(15))
    #expect(queue.take(1, at: at(22)) == [.init(key: "a", changedAt: at(0))])
  }

  @Test("a key that was put off is announced for the time at which it is ready")
  func nextReady() throws {
    var queue = WorkQueue<String>(configuration: configuration)
    #expect(queue.nextReady == nil)
    queue.add("a", at: at(0))
    queue.add("b", at: at(4))
    queue.add("a", at: at(8))
    #expect(queue.nextReady == at(14))
    #expect(queue.take(8, at: at(14)).map(\.key) == ["b"])
    #expect(queue.nextReady == at(18))
    queue.add("b", at: at(15))
    queue.finish("b")
    #expect(queue.take(8, at: at(30)).map(\.key) == ["a", "b"])
    #expect(queue.nextReady == nil)
  }

  @Test("many failures that changes cut short leave nothing behind")
  func cutShort() throws {
    var queue = WorkQueue<String>(configuration: configuration)
    for round in 0..<1000 {
      queue.add("a", at: at(round * 20))
      queue.fail(try #require(queue.take(1, at: at(round * 20 + 10)).first), at: at(round * 20 + 10))
    }
    queue.add("a", at: at(20_000))
    queue.finish(try #require(queue.take(1, at: at(20_010)).first).key)
    #expect(queue.isIdle)
    #expect(queue.nextReady == nil)
  }

  @Test("four times the keys cost little more than four times the time")
  func cost() {
    func timeToEmpty(_ count: Int) -> Double {
      var queue = WorkQueue<Int>()
      for key in 0..<count { queue.add(key, at: at(0)) }
      let begin = threadTime()
      var taken = 0
      while taken < count {
        let items = queue.take(2, at: at(1000))
        guard !items.isEmpty else { break }
        taken += items.count
        for item in items { queue.finish(item.key) }
        _ = queue.nextReady
      }
      #expect(taken == count)
      return threadTime() - begin
    }
    // A queue that looks at all keys in each call takes 16 times the time.
    #expect(timeToEmpty(8000) < timeToEmpty(2000) * 10)
  }

  /// Seconds that this thread has computed, so that what else the machine does is left out.
  private func threadTime() -> Double {
    var time = timespec()
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time)
    return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
  }
}
