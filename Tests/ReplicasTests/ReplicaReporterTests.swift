import KubernetesClient
import Logging
import PrometheusMetrics
import RealComponents
import Testing

@testable import Replicas
@testable import XDS

@Suite("Telling the leader of this replica's proxies", .timeLimit(.minutes(2)))
struct ReplicaReporterTests {
  private let gateway = ReplicaBed.gateway
  private let good = EncodedResource.listener("a", "good")
  private let bad = EncodedResource.listener("a", "bad")

  /// Runs a follower beside a leader for the time of the body.
  private func withFollower(
    of bed: ReplicaBed, _ body: (SnapshotStore, LeaderLocation) async throws -> Void
  ) async throws {
    let (store, location, metrics) = (SnapshotStore(), LeaderLocation(), ReplicaBed.makeMetrics())
    var settings = ReplicaReporter.Settings()
    settings.heartbeat = .milliseconds(300)
    settings.backoff = Backoff(initial: .milliseconds(50), maximum: .milliseconds(100))
    let reporter = ReplicaReporter(
      identity: "follower", store: store, location: location, security: .plaintext,
      token: { ReplicaBed.replicaToken }, userAgent: "test", settings: settings, results: metrics.replicaReports,
      logger: Logger(label: "test"))
    try await withThrowingTaskGroup(of: Void.self) { group in
      group.addTask { await reporter.run() }
      defer { group.cancelAll() }
      try await body(store, location)
    }
  }

  @Test("the leader hears of what was answered before it led, of what is new, and of what is not refused any more")
  func follows() async throws {
    try await ReplicaBed.withRunning { bed in
      try await withFollower(of: bed) { store, location in
        for each in [store, bed.store] { each.publish(Snapshot([good]), for: gateway, changedAt: .now) }
        store.accept([good], for: gateway, generation: 1)
        location.set(.init(identity: "leader", address: bed.address))
        try await eventually("the leader knows") {
          bed.store.acceptedVersion(.listener, "a", for: gateway) == good.version
        }
        for each in [store, bed.store] { each.publish(Snapshot([bad]), for: gateway, changedAt: .now) }
        store.reject([bad], for: gateway, isCertain: true, message: "no")
        try await eventually("the leader knows of the refusal") { bed.store.rejections(for: gateway).count == 1 }
        store.accept([bad], for: gateway, generation: 2)
        try await eventually("the leader knows that it is taken") { bed.store.rejections(for: gateway).isEmpty }
      }
    }
  }

  @Test("a leader that forgot, stopped leading or is another one is told everything again")
  func begins() async throws {
    try await ReplicaBed.withRunning { bed in
      try await withFollower(of: bed) { store, location in
        store.publish(Snapshot([good]), for: gateway, changedAt: .now)
        store.accept([good], for: gateway, generation: 1)
        location.set(.init(identity: "leader", address: bed.address))
        try await eventually("it is heard") { await bed.reports.replicas == [ReplicaID("follower")] }
        bed.state.lead(false)
        await bed.reports.expire()
        bed.store.publish(Snapshot([good]), for: gateway, changedAt: .now)
        bed.state.lead(true)
        try await eventually("it is heard again", within: .seconds(10)) {
          bed.store.acceptedVersion(.listener, "a", for: gateway) == good.version
        }
        try await ReplicaBed.withRunning { next in
          next.store.publish(Snapshot([good]), for: gateway, changedAt: .now)
          location.set(.init(identity: "next", address: next.address))
          try await eventually("the next leader hears of it") {
            next.store.acceptedVersion(.listener, "a", for: gateway) == good.version
          }
        }
      }
    }
  }

  @Test("one that ends says so, and its proxies are not counted any more")
  func leaves() async throws {
    try await ReplicaBed.withRunning { bed in
      bed.store.publish(Snapshot([bad]), for: gateway, changedAt: .now)
      try await withFollower(of: bed) { store, location in
        store.publish(Snapshot([bad]), for: gateway, changedAt: .now)
        for _ in 0..<3 { _ = store.attach(to: gateway, loop: ObjectIdentifier(SnapshotStore.self)) {} }
        store.reject([bad], for: gateway, isCertain: true, message: "no")
        location.set(.init(identity: "leader", address: bed.address))
        try await eventually("it is heard") {
          bed.store.rejections(for: gateway).first?.refuser == .proxies(1, of: 3)
        }
      }
      // The leader has one of its own, which refuses it too.
      _ = bed.store.attach(to: gateway, loop: ObjectIdentifier(SnapshotStore.self)) {}
      bed.store.reject([bad], for: gateway, isCertain: true, message: "no")
      #expect(bed.store.rejections(for: gateway).first?.refuser == .proxies(1, of: 1))
    }
  }

  @Test("without a leader, and as the leader, nothing is sent; signs of life are")
  func quiet() async throws {
    try await ReplicaBed.withRunning { bed in
      try await withFollower(of: bed) { store, location in
        store.publish(Snapshot([good]), for: gateway, changedAt: .now)
        location.set(.init(identity: "leader", address: bed.address))
        try await eventually("it shows that it is alive") { bed.metrics.replicaReports[.received].value >= 3 }
        location.set(nil)
        try await eventually("it is silent") {
          let before = bed.metrics.replicaReports[.received].value
          try await Task.sleep(for: .milliseconds(700))
          return bed.metrics.replicaReports[.received].value == before
        }
      }
    }
  }
}
