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
