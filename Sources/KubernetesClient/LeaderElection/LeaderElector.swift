import FoundationEssentials
import JSON
package import KubernetesAPI

/// Takes part in an election: carries out what ``LeaderElection`` decides, and keeps ``Leadership`` up to date.
package struct LeaderElector: Sendable {
  private static let resource = APIResource(
    group: "coordination.k8s.io", version: "v1", plural: "leases", kind: "Lease")
  /// For the requests that release the Lease, each: the process is about to end.
  private static let releaseTimeout = Duration.milliseconds(200)

  private let client: KubernetesClient
  private let lease: NamespacedName
  private let identity: String
  private let settings: LeaderElection.Settings
  private let leadership: Leadership
  private let address: String?
  private let location: LeaderLocation?
  private let notice: @Sendable (LeaderElection.Notice) -> Void

  /// - Parameters:
  ///   - lease: where the Lease is.
  ///   - identity: see ``uniqueIdentity(of:)``.
  ///   - leadership: is kept up to date.
  ///   - address: where other replicas reach this one when it leads, `HOST:PORT`; nil where they do not.
  ///   - location: is kept up to date.
  ///   - notice: is told what happens, after `leadership` was; must return at once, since renewals wait for it.
  package init(
    client: KubernetesClient, lease: NamespacedName, identity: String, settings: LeaderElection.Settings,
    leadership: Leadership, address: String? = nil, location: LeaderLocation? = nil,
    notice: @escaping @Sendable (LeaderElection.Notice) -> Void
  ) {
    self.client = client
    self.lease = lease
    self.identity = identity
    self.settings = settings
    self.leadership = leadership
    self.address = address
    self.location = location
    self.notice = notice
  }

  /// A name for this process that none had before: a container that is restarted has the names of the one before.
  /// - Parameter replica: the name of its pod or host.
  package static func uniqueIdentity(of replica: String) -> String {
    let suffix = (0..<5).map { _ in "bcdfghjklmnpqrstvwxz2456789".randomElement() ?? "b" }
    return "\(replica)_\(String(suffix))"
  }

  /// Takes part until the task is cancelled, and releases the Lease then. What only the leader does must have ended
  /// before the cancellation.
  package func run() async {
    var election = LeaderElection(lease: lease, identity: identity, settings: settings, address: address)
    var step = election.begin()
    while !Task.isCancelled {
      let transition = await perform(step, &election, timeout: timeout(election))
      tell(transition, election)
      step = transition.step
    }
    let ended = election
    // In a task of its own, which is not cancelled.
    await Task { await release(ended) }.value
  }

  private func release(_ election: LeaderElection) async {
    var election = election
    var transition = election.release(at: .current)
    tell(transition, election)
    while transition.step != .end {
      transition = await perform(transition.step, &election, timeout: Self.releaseTimeout)
      tell(transition, election)
    }
  }

  private func tell(_ transition: LeaderElection.Transition, _ election: LeaderElection) {
    leadership.set(until: election.leadsUntil)
    location?.set(election.otherLeader)
    transition.notices.forEach(notice)
  }

  /// Such that there is time for another try.
  private func timeout(_ election: LeaderElection) -> Duration {
    let half = settings.renewDeadline / 2
    guard let end = election.leadsUntil else { return half }
    return min(half, max(.milliseconds(1), ContinuousClock.now.duration(to: end)))
  }

  private func perform(
    _ step: LeaderElection.Step, _ election: inout LeaderElection, timeout: Duration
  ) async -> LeaderElection.Transition {
    do {
      switch step {
      case .read:
        let found = try await read(timeout)
        return election.found(found, at: .current)
      case .create(let lease):
        let request = HTTPRequest(
          .post, path: Self.resource.path(namespace: lease.metadata.namespace), headers: Self.headers,
          body: lease.json)
        let stored = try await send(request, timeout)
        return election.written(stored, at: .current)
      case .replace(let lease):
        let request = HTTPRequest(
          .put, path: Self.resource.path(lease.metadata.id), headers: Self.headers, body: lease.json)
        let stored = try await send(request, timeout)
        return election.written(stored, at: .current)
      case .wait(let duration):
        // A wait that is cut short by the cancellation makes no difference.
        try? await Task.sleep(for: duration)
        return Task.isCancelled ? .init(step: step) : election.waited(at: .current)
      case .end:
        return .init(step: .end)
      }
    } catch {
      // The write may be stored: the release has to look.
      if Task.isCancelled { return .init(step: step) }
      return election.failed(LeaderElection.Failure(error, at: step), at: .current)
    }
  }

  private static let headers = [HTTPRequest.Field("Content-Type", "application/json")]

  private func read(_ timeout: Duration) async throws -> Lease? {
    do {
      return try await send(HTTPRequest(.get, path: Self.resource.path(lease)), timeout)
    } catch KubernetesError.status(let status, _) where status.code == 404 {
      return nil
    }
  }

  /// Once: the next try is the election's to time. Not over a connection that is shared: one that is dead without
  /// having said so would take every try with it, while one of HTTP/1.1 is closed by the first that gets no answer.
  private func send(_ request: HTTPRequest, _ timeout: Duration) async throws -> Lease {
    let answer = try await client.send(request, timeout: timeout, attempts: 1, over: client.streams)
    do {
      var reader = JSONReader(answer)
      return try Lease(from: &reader)
    } catch {
      throw KubernetesError.malformedAnswer("\(error)", request: request.name)
    }
  }
}

extension LeaderElection.Moment {
  /// Now.
  fileprivate static var current: Self {
    Self(now: .now, date: .now, random: Double.random(in: 0..<1))
  }
}

extension LeaderElection.Failure {
  fileprivate init(_ error: any Error, at step: LeaderElection.Step) {
    self.init(Self.kind(of: error, at: step), "\(error)")
  }

  private static func kind(of error: any Error, at step: LeaderElection.Step) -> Kind {
    guard case KubernetesError.status(let status, _) = error else { return .other }
    switch (status.code, step) {
    case (409, _), (404, .replace): return .conflict
    case (400, _), (403, _), (404, _), (405, _), (422, _): return .refused
    default: return .other
    }
  }
}
