import KubernetesAPI
import Testing

@testable import KubernetesClient

@Suite("The watch's state machine")
struct WatchStateMachineTests {
  let a = NamespacedName(namespace: "demo", name: "a")

  /// A machine that has listed, and watches from version 5 on.
  func watching() -> WatchStateMachine {
    var machine = WatchStateMachine()
    #expect(machine.begin() == .list(continueToken: nil))
    let transition = machine.pageEnded(ListMetadata(resourceVersion: "5"))
    #expect(transition == WatchStateMachine.Transition(notices: [.synced], step: .watch(resourceVersion: "5")))
    return machine
  }

  @Test(
    "what follows a failed watch depends on whether the thread is lost",
    arguments: [
      (WatchRestart.Reason.disconnected, WatchStateMachine.Step.watch(resourceVersion: "7")),
      (.throttled, .watch(resourceVersion: "7")), (.unauthorized, .watch(resourceVersion: "7")),
      (.forbidden, .watch(resourceVersion: "7")), (.stalled, .watch(resourceVersion: "7")),
      (.expired, .list(continueToken: nil)), (.malformed, .list(continueToken: nil)),
      (.absent, .list(continueToken: nil)), (.refused, .list(continueToken: nil)),
    ])
  func afterFailedWatch(reason: WatchRestart.Reason, step: WatchStateMachine.Step) {
    var machine = watching()
    _ = machine.watched(.added, a, "7")
    let transition = machine.failed(WatchFailure(reason, "why"), after: .seconds(1), random: 0)
    #expect(transition.notices == [.restarted(reason, "why", .milliseconds(200))])
    #expect(transition.step == .wait(.milliseconds(200)))
    #expect(machine.waited() == step)
  }

  @Test("a watch that was silent from its beginning is replaced by a list")
  func silence() {
    var machine = watching()
    _ = machine.failed(WatchFailure(.stalled), after: .seconds(90), random: 0)
    #expect(machine.waited() == .list(continueToken: nil))
  }

  @Test("a page that fails is asked for again, and after the third time the list begins anew")
  func failingPage() {
    var machine = WatchStateMachine()
    _ = machine.begin()
    _ = machine.pageEnded(ListMetadata(resourceVersion: "5", continueToken: "t"))
    for step in [WatchStateMachine.Step.list(continueToken: "t"), .list(continueToken: "t"), .list(continueToken: nil)]
    {
      _ = machine.failed(WatchFailure(.disconnected), after: .zero, random: 0)
      #expect(machine.waited() == step)
    }
  }

  @Test(
    "after a minute without the server the watch is not gone on with: all is listed and told",
    arguments: [WatchRestart.Reason.disconnected, .untrusted, .unauthorized, .forbidden])
  func outage(reason: WatchRestart.Reason) {
    var machine = watching()
    #expect(machine.watched(.added, a, "7") == .upserted)
    // The first watch was taken, so its life is no outage. Of each attempt after it no more than 15 s count, and of each a
    // wait of 200 ms.
    for lifetime in [Duration.seconds(3600), .seconds(3600), .seconds(3600), .seconds(14), .seconds(14)] {
      _ = machine.failed(WatchFailure(reason), after: lifetime, random: 0)
      #expect(machine.waited() == .watch(resourceVersion: "7"))
    }
    _ = machine.failed(WatchFailure(reason), after: .seconds(2), random: 0)
    #expect(machine.waited() == .list(continueToken: nil))
    #expect(machine.listed(a, "7") == true)
    let transition = machine.pageEnded(ListMetadata(resourceVersion: "9"))
    #expect(transition == WatchStateMachine.Transition(step: .watch(resourceVersion: "9")))
    // The next failure is the first one again.
    _ = machine.failed(WatchFailure(reason), after: .seconds(50), random: 0)
    #expect(machine.waited() == .watch(resourceVersion: "9"))
  }

  @Test("an outage ends when the server takes a watch; one that asks for patience is there")
  func noOutage() {
    var machine = watching()
    for _ in 0..<100 {
      machine.accepted()
      _ = machine.failed(WatchFailure(.disconnected), after: .seconds(3600), random: 0)
      #expect(machine.waited() == .watch(resourceVersion: "5"))
    }
    for _ in 0..<100 {
      _ = machine.failed(WatchFailure(.throttled, retryAfter: .seconds(60)), after: .seconds(15), random: 0)
      #expect(machine.waited() == .watch(resourceVersion: "5"))
    }
  }

  @Test("waits grow to a bound, and begin anew after a watch that lasted or brought something")
  func backoff() {
    func delay(_ machine: inout WatchStateMachine, after lifetime: Duration) -> Duration? {
      guard case .wait(let delay) = machine.failed(WatchFailure(.disconnected), after: lifetime, random: 0).step else {
        return nil
      }
      return delay
    }
    var machine = watching()
    let delays = (0..<40).map { _ in delay(&machine, after: .zero) }
    #expect(delays.prefix(3) == [.milliseconds(200), .milliseconds(400), .milliseconds(800)])
    #expect(delays.suffix(30).allSatisfy { $0 == .seconds(15) })
    #expect(delay(&machine, after: .seconds(30)) == .milliseconds(200))
    #expect(delay(&machine, after: .zero) == .milliseconds(400))
    machine.bookmarked("9")
    #expect(delay(&machine, after: .zero) == .milliseconds(200))
    #expect(machine.waited() == .watch(resourceVersion: "9"))
  }

  @Test("chance moves each wait, and never below half of it")
  func jitter() {
    let backoff = Backoff(initial: .seconds(1), maximum: .seconds(8))
    #expect(backoff.delay(after: 1, random: 0) == .milliseconds(500))
    #expect(backoff.delay(after: 1, random: 0.5) == .milliseconds(750))
    #expect(backoff.delay(after: 100, random: 0) == .seconds(4))
    #expect(backoff.delay(after: .max, random: 0.5) == .seconds(6))
  }
}
