import Controller
import Testing

@Suite("The work queue")
struct WorkQueueTests {
  private let start = ContinuousClock.now
  private let configuration = WorkQueue<String>.Configuration(
    quietPeriod: .milliseconds(10), maximumDelay: .milliseconds(100), firstRetry: .milliseconds(200),
    maximumRetry: .seconds(1))

  private func at(_ milliseconds: Int) -> ContinuousClock.Instant { start + .milliseconds(milliseconds) }

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
