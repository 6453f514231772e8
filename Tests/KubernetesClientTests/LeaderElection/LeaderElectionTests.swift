import FoundationEssentials
import KubernetesAPI
import KubernetesClient
import Testing

@Suite("Leader election: what follows what")
struct LeaderElectionTests {
  private static let id = NamespacedName(namespace: "kgateway-system", name: "kgateway")
  private let start = ContinuousClock.now

  private func moment(_ seconds: Double) -> LeaderElection.Moment {
    LeaderElection.Moment(
      now: start + .seconds(seconds), date: Date(timeIntervalSince1970: 1_800_000_000 + seconds), random: 0)
  }

  private func election(_ identity: String = "a") -> LeaderElection {
    LeaderElection(
      lease: Self.id, identity: identity,
      settings: .init(leaseDuration: .seconds(15), renewDeadline: .seconds(10), retryPeriod: .seconds(2)))
  }

  private static func lease(
    of holder: String, version: String, duration: Int? = 15, transitions: Int = 3
  ) -> Lease {
    Lease(
      metadata: ObjectMeta(namespace: id.namespace, name: id.name, resourceVersion: version), holderIdentity: holder,
      durationSeconds: duration, acquireTime: "2020-01-01T00:00:00.000000Z", renewTime: "2020-01-01T00:00:00.000000Z",
      transitions: transitions)
  }

  /// As stored by a server.
  private static func stored(_ step: LeaderElection.Step, version: String) -> Lease? {
    switch step {
    case .create(var lease), .replace(var lease):
      lease.metadata.resourceVersion = version
      return lease
    case .read, .wait, .end: return nil
    }
  }

  /// One that began to lead with a write at 0 s.
  private func leader() throws -> LeaderElection {
    var election = election()
    #expect(election.begin() == .read)
    let step = election.found(nil, at: moment(0)).step
    let transition = election.written(try #require(Self.stored(step, version: "1")), at: moment(0.1))
    #expect(transition == .init(notices: [.began], step: .wait(.seconds(2))))
    return election
  }

  @Test("a leader says where it is reached, and a follower where the leader is")
  func addresses() throws {
    var election = LeaderElection(lease: Self.id, identity: "a", address: "10.0.0.1:9977")
    var other = Self.lease(of: "b", version: "7")
    other.address = "10.0.0.2:9977"
    _ = election.found(other, at: moment(0))
    #expect(election.otherLeader == .init(identity: "b", address: "10.0.0.2:9977"))
    // It is gone without a word.
    _ = election.found(other, at: moment(20))
    guard
      case .replace(let lease) = election.waited(at: moment(40)).step == .read
        ? election.found(other, at: moment(40)).step : .end
    else {
      Issue.record("the Lease is not taken")
      return
    }
    #expect(lease.address == "10.0.0.1:9977")
    var stored = lease
    stored.metadata.resourceVersion = "8"
    _ = election.written(stored, at: moment(40))
    #expect(election.otherLeader == nil)
    guard case .replace(let released) = election.release(at: moment(41)).step else {
      Issue.record("the Lease is not released")
      return
    }
    #expect(released.address == nil)
  }

  @Test("where there is no Lease it is created, with the times of the wall clock")
  func creates() throws {
    var election = election()
    guard case .create(let lease) = election.found(nil, at: moment(0)).step else {
      Issue.record("no Lease is created")
      return
    }
    #expect(lease.metadata.id == Self.id)
    #expect(lease.holderIdentity == "a")
    #expect(lease.durationSeconds == 15)
    #expect(lease.acquireTime == "2027-01-15T08:00:00.000000Z")
    #expect(lease.renewTime == lease.acquireTime)
    #expect(lease.transitions == 0)
    #expect(election.leadsUntil == nil, "the answer is still awaited")
  }

  @Test("a leader leads for the renew deadline from the moment in which its write began")
  func leadsUntil() throws {
    #expect(try leader().leadsUntil == start + .seconds(10))
  }

  @Test("a renewal is a write without a read, and keeps when it was acquired")
  func renews() throws {
    var election = try leader()
    guard case .replace(let lease) = election.waited(at: moment(2)).step else {
      Issue.record("nothing is written")
      return
    }
    #expect(lease.metadata.resourceVersion == "1")
    #expect(lease.acquireTime == "2027-01-15T08:00:00.000000Z")
    #expect(lease.renewTime == "2027-01-15T08:00:02.000000Z")
    #expect(lease.transitions == 0)
    let stored = try #require(Self.stored(.replace(lease), version: "2"))
    #expect(election.written(stored, at: moment(2.5)) == .init(step: .wait(.seconds(2))))
    #expect(election.leadsUntil == start + .seconds(12))
  }

  @Test("a Lease of another is left alone until it has not changed for its duration, by the own clock")
  func waitsOut() throws {
    var election = election("b")
    let transition = election.found(Self.lease(of: "a", version: "7", duration: 20), at: moment(100))
    #expect(transition == .init(notices: [.follows("a")], step: .wait(.seconds(2))))
    #expect(election.waited(at: moment(102)).step == .read)
    // Its times are long past; that says nothing.
    #expect(election.found(Self.lease(of: "a", version: "8"), at: moment(102)).step == .wait(.seconds(2)))
    #expect(election.found(Self.lease(of: "a", version: "8"), at: moment(116)).step == .wait(.milliseconds(1001)))
    guard case .replace(let lease) = election.found(Self.lease(of: "a", version: "8"), at: moment(117)).step else {
      Issue.record("it is not taken over")
      return
    }
    #expect(lease.holderIdentity == "b")
    #expect(lease.metadata.resourceVersion == "8")
    #expect(lease.transitions == 4)
    #expect(lease.durationSeconds == 15)
    #expect(lease.acquireTime == lease.renewTime)
  }

  @Test("a Lease that was released is taken at once")
  func takesReleased() {
    var election = election("b")
    guard
      case .replace(let lease) = election.found(Self.lease(of: "", version: "9", duration: 1), at: moment(0)).step
    else {
      Issue.record("it is not taken")
      return
    }
    #expect(lease.holderIdentity == "b")
  }

  @Test("who loses the race for it waits, and reads")
  func conflict() {
    var election = election("b")
    _ = election.found(Self.lease(of: "", version: "9"), at: moment(0))
    #expect(election.failed(.init(.conflict, "409"), at: moment(0.1)) == .init(step: .wait(.seconds(2))))
    #expect(election.waited(at: moment(2.1)).step == .read)
    #expect(election.found(Self.lease(of: "c", version: "10"), at: moment(2.2)).notices == [.follows("c")])
    #expect(election.leadsUntil == nil)
  }

  @Test("a leader that cannot renew goes on trying, and stops at its deadline, with the reason")
  func cannotRenew() throws {
    var election = try leader()
    _ = election.waited(at: moment(2))
    #expect(election.failed(.init(.other, "no answer"), at: moment(7)).step == .wait(.seconds(2)))
    // The write may have been made; nobody knows.
    #expect(election.waited(at: moment(9)).step == .read)
    #expect(election.leadsUntil != nil)
    let transition = election.failed(.init(.other, "no answer"), at: moment(9.5))
    #expect(transition == .init(step: .wait(.milliseconds(500))))
    let end = election.waited(at: moment(10))
    #expect(end == .init(notices: [.ended("the Lease was not renewed in time: no answer")], step: .read))
    #expect(election.leadsUntil == nil)
    // Nobody has taken it: it is still our own.
    let own = try #require(
      Self.stored(election.found(Self.lease(of: "a", version: "1"), at: moment(11)).step, version: "2"))
    #expect(own.transitions == 0)
    #expect(election.written(own, at: moment(11.1)).notices == [.began])
  }

  @Test("an answer that is read after the deadline, because the process was stopped, makes no leader")
  func lateAnswer() throws {
    var election = try leader()
    let step = election.waited(at: moment(2)).step
    let transition = election.written(try #require(Self.stored(step, version: "2")), at: moment(40))
    #expect(transition == .init(notices: [.ended("the Lease was not renewed in time")], step: .read))
    #expect(election.leadsUntil == nil)
    #expect(election.found(Self.lease(of: "b", version: "3"), at: moment(40.1)).notices == [.follows("b")])
  }

  @Test("a leader that finds another's name in the Lease stops at once")
  func deposed() throws {
    var election = try leader()
    _ = election.waited(at: moment(2))
    _ = election.failed(.init(.conflict, "409"), at: moment(2.1))
    _ = election.waited(at: moment(4))
    let transition = election.found(Self.lease(of: "b", version: "5"), at: moment(4.1))
    #expect(transition.notices == [.ended("b has taken the Lease"), .follows("b")])
    #expect(election.leadsUntil == nil)
  }

  @Test("a Lease that somebody has deleted is not a free one while its holder may lead")
  func deleted() {
    var election = election("b")
    _ = election.found(Self.lease(of: "a", version: "7"), at: moment(0))
    #expect(election.found(nil, at: moment(2)).step == .wait(.seconds(2)))
    #expect(Self.stored(election.found(nil, at: moment(15)).step, version: "9")?.holderIdentity == "b")
  }

  @Test("a refusal is told once, and again after it had been allowed")
  func refused() {
    var election = election()
    let refusal = LeaderElection.Failure(.refused, "403")
    #expect(election.failed(refusal, at: moment(0)).notices == [.refused("403")])
    #expect(election.failed(refusal, at: moment(2)).notices == [])
    _ = election.found(Self.lease(of: "b", version: "1"), at: moment(4))
    #expect(election.failed(refusal, at: moment(6)).notices == [.refused("403")])
  }

  @Test("that the Lease cannot be created is told once, however often it is looked for in between")
  func refusedCreation() {
    var election = election()
    let refusal = LeaderElection.Failure(.refused, "404 namespaces not found")
    _ = election.found(nil, at: moment(0))
    #expect(election.failed(refusal, at: moment(0)).notices == [.refused(refusal.message)])
    for second in [2.0, 4, 6] {
      #expect(election.found(nil, at: moment(second)).notices == [])
      #expect(election.failed(refusal, at: moment(second)).notices == [])
    }
    #expect(election.found(Self.lease(of: "b", version: "1"), at: moment(8)).notices == [.follows("b")])
    _ = election.found(Self.lease(of: "b", version: "1"), at: moment(60))
    #expect(election.failed(refusal, at: moment(60)).notices == [.refused(refusal.message)])
  }

  // MARK: The end

  @Test("at the end the own Lease is released")
  func releases() throws {
    var election = try leader()
    let transition = election.release(at: moment(3))
    #expect(transition.notices == [.ended(nil)])
    #expect(election.leadsUntil == nil)
    guard case .replace(let lease) = transition.step else {
      Issue.record("it is not released")
      return
    }
    #expect(lease.holderIdentity == "")
    #expect(lease.durationSeconds == 1)
    #expect(lease.metadata.resourceVersion == "1")
    #expect(election.written(lease, at: moment(3.1)) == .init(step: .end))
  }

  @Test("a renewal that was given up for the end is looked for before the release")
  func releasesAfterLostWrite() throws {
    var election = try leader()
    _ = election.waited(at: moment(2))
    #expect(election.release(at: moment(2.1)).step == .read)
    let step = election.found(Self.lease(of: "a", version: "2"), at: moment(2.2)).step
    #expect(Self.stored(step, version: "3")?.holderIdentity == "")
    #expect(election.failed(.init(.conflict, "409"), at: moment(2.3)).step == .read)
    #expect(election.found(Self.lease(of: "b", version: "3"), at: moment(2.4)).step == .end)
  }

  @Test("another's Lease is not released, and an API server that is gone is not waited for")
  func releasesNothing() throws {
    var follower = election("b")
    _ = follower.found(Self.lease(of: "a", version: "7"), at: moment(0))
    #expect(follower.release(at: moment(1)) == .init(step: .end))
    var leader = try leader()
    _ = leader.release(at: moment(1))
    #expect(leader.failed(.init(.other, "no answer"), at: moment(2)).step == .end)
  }
}
