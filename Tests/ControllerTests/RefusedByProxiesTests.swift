import Controller
import JSON
import KubernetesAPI
import Logging
import PrometheusMetrics
import RealComponents
import RecordedLog
import Testing

@testable import XDS

@Suite("What proxies refuse comes back in statuses", .timeLimit(.minutes(1)))
struct RefusedByProxiesTests {
  private let ourClass = Objects.gatewayClass("ours")
  private let web = Objects.gateway("shop/web", class: "ours")
  private let gateway = GatewayID(namespace: "shop", name: "web")

  private func policy(
    _ name: String, log path: String, generation: Int = 1, stored: [PolicyAncestorStatus] = []
  ) -> KubernetesObject {
    var metadata = Objects.metadata(name)
    metadata.generation = generation
    return .httpListenerPolicy(
      HTTPListenerPolicy(
        metadata: metadata, targetRefs: [.init(name: "web")],
        accessLog: [.init(fileSink: .init(path: path, jsonFormat: .object([])))], ancestorStatuses: stored))
  }

  private func listener(_ running: RunningReconciler) throws -> EncodedResource {
    try #require(running.snapshot("shop/web")?[.listener, "listener~80"])
  }

  private func refuse(_ running: RunningReconciler, _ message: String = "listener~80: no") throws {
    running.snapshots.reject([try listener(running)], for: gateway, isCertain: true, message: message)
  }

  private func accept(_ running: RunningReconciler, generation: UInt64) throws {
    let route = try #require(running.snapshot("shop/web")?[.route, "route~80"])
    running.snapshots.accept([try listener(running), route], for: gateway, generation: generation)
  }

  private static let programmed = "web: Programmed=False (ProxyRejected)"

  @Test("the policy whose change is refused is told, the other one is not, and the mend takes it back")
  func policyIsTold() async throws {
    try await RunningReconciler.synced(
      with: [ourClass, web, policy("shop/a", log: "/a"), policy("shop/b", log: "/b")]
    ) { running in
      try accept(running, generation: 1)
      running.statusSink.forget()
      await running.apply([policy("shop/b", log: "/nonexistent/b", generation: 2)])
      try await running.finish(2)
      try refuse(running)
      try await eventually("the policy is told") { await running.policyStatus("shop/b").contains(Self.programmed) }
      #expect(await running.policyStatus("shop/a") == ["web: Accepted=True (Accepted)"])
      try await eventually("its status is to be written") {
        running.statusSink.references.contains("HTTPListenerPolicy shop/b")
      }
      #expect(!running.statusSink.references.contains("HTTPListenerPolicy shop/a"))
      #expect(running.statusSink.references.contains("Gateway shop/web"))
      #expect(await listenerStatus(running) == "Programmed=False (ProxyRejected)")
      #expect(
        running.log.messages(.warning).contains {
          $0.hasPrefix("HTTPListenerPolicy shop/b is refused: spec.accessLog[0]: Envoy refuses it: no; ")
        })

      await running.apply([policy("shop/b", log: "/mended", generation: 3)])
      try await eventually("it is taken back") {
        await running.policyStatus("shop/b") == ["web: Accepted=True (Accepted)"]
      }
      #expect(await listenerStatus(running) == "Programmed=True (Programmed)")
      #expect(running.log.messages(.notice).isEmpty)
      try accept(running, generation: 3)
      try await eventually("the log tells once a proxy has taken it") {
        running.log.messages(.notice) == ["HTTPListenerPolicy shop/b is no longer refused"]
      }
    }
  }

  private func listenerStatus(_ running: RunningReconciler) async -> String? {
    let reference = ObjectReference(kind: .gateway, id: Objects.name("shop/web"))
    guard case .gateway(_, let status)? = await running.reconciler.status(of: reference)?.desired else { return nil }
    return status.listeners.first?.conditions.first { $0.type == "Programmed" }
      .map { "\($0.type)=\($0.status.rawValue) (\($0.reason))" }
  }

  @Test("a proxy that takes it after all takes the refusal back")
  func acceptedAfterAll() async throws {
    try await RunningReconciler.synced(with: [ourClass, web, policy("shop/a", log: "/a")]) { running in
      try accept(running, generation: 1)
      await running.apply([policy("shop/a", log: "/other", generation: 2)])
      try await running.finish(2)
      try refuse(running)
      try await eventually("the policy is told") { await running.policyStatus("shop/a").contains(Self.programmed) }
      try accept(running, generation: 2)
      try await eventually("it is taken back") { await !running.policyStatus("shop/a").contains(Self.programmed) }
    }
  }

  @Test("where no version was accepted and the message fits nothing, every policy of the listener is told")
  func nothingAccepted() async throws {
    try await RunningReconciler.synced(
      with: [ourClass, web, policy("shop/a", log: "/a"), policy("shop/b", log: "/b")]
    ) { running in
      try refuse(running)
      for name in ["shop/a", "shop/b"] {
        try await eventually("\(name) is told") { await running.policyStatus(name).contains(Self.programmed) }
      }
    }
  }

  @Test("where nothing is known that works, the listener is served without the refused field, until its policy changes")
  func leftOut() async throws {
    let bad = policy("shop/b", log: "/nonexistent/folder/b.log")
    try await RunningReconciler.synced(with: [ourClass, web, policy("shop/a", log: "/a.log"), bad]) { running in
      try refuse(running, "listener~80: unable to open file '/nonexistent/folder/b.log': No such file or directory")
      try await running.finish(2)
      let without = try listener(running)
      #expect(without.mentions("/a.log") && !without.mentions("/nonexistent"))
      #expect(running.served("shop/web", .listener) == [without])
      #expect(await running.policyStatus("shop/b").contains(Self.programmed))
      #expect(await running.policyStatus("shop/a") == ["web: Accepted=True (Accepted)"])
      #expect(running.metrics.rejectedFields.value == 1)
      #expect(running.metrics.refusedObjects[.httpListenerPolicy].value == 1)
      try accept(running, generation: 3)

      // Another policy's change is served, and changes nothing for the refused one.
      await running.apply([policy("shop/a", log: "/new.log", generation: 2)])
      try await running.finish(3)
      #expect(try listener(running).mentions("/new.log") && !listener(running).mentions("/nonexistent"))
      #expect(await running.policyStatus("shop/b").contains(Self.programmed))

      await running.apply([policy("shop/b", log: "/mended.log", generation: 2)])
      try await running.finish(4)
      #expect(try listener(running).mentions("/mended.log"))
      #expect(await running.policyStatus("shop/b") == ["web: Accepted=True (Accepted)"])
    }
  }

  @Test("a refused field stays as it was before, until another policy changes: then the listener goes on without it")
  func othersGoOn() async throws {
    try await RunningReconciler.synced(
      with: [ourClass, web, policy("shop/a", log: "/a.log"), policy("shop/b", log: "/b.log")]
    ) { running in
      try accept(running, generation: 1)
      let good = try listener(running)
      await running.apply([policy("shop/b", log: "/bad.log", generation: 2)])
      try await running.finish(2)
      try refuse(running)
      try await eventually("the policy is told") { await running.policyStatus("shop/b").contains(Self.programmed) }
      #expect(running.served("shop/web", .listener) == [good])

      await running.apply([policy("shop/a", log: "/new.log", generation: 2)])
      try await running.finish(3)
      try refuse(running)
      try await running.finish(4)
      let served = try listener(running)
      #expect(served.mentions("/new.log") && !served.mentions("/bad.log"))
      #expect(running.served("shop/web", .listener) == [served])
      #expect(await running.policyStatus("shop/b").contains(Self.programmed))
      #expect(await running.policyStatus("shop/a") == ["web: Accepted=True (Accepted)"])
    }
  }

  @Test("after a restart the policy whose refusal is stored is to blame, not another one on the listener")
  func storedBlame() async throws {
    let stored = PolicyAncestorStatus(
      ancestorRef: ParentReference(namespace: "shop", name: "web"), controllerName: "kgateway.dev/kgateway",
      conditions: [
        Condition(
          type: "Programmed", status: .no, reason: "ProxyRejected",
          message: "spec.accessLog[0]: Envoy refuses it: bad header; change the field", observedGeneration: 1)
      ])
    try await RunningReconciler.synced(
      with: [ourClass, web, policy("shop/a", log: "/a"), policy("shop/b", log: "/b", stored: [stored])]
    ) { running in
      try refuse(running, "listener~80: bad header.")
      try await running.finish(2)
      #expect(await running.policyStatus("shop/a") == ["web: Accepted=True (Accepted)"])
      #expect(await running.policyStatus("shop/b").contains(Self.programmed))
      #expect(try listener(running).mentions("/a") && !listener(running).mentions("/b"))
    }
  }

  @Test("what is stored of a refusal stands after a restart until a proxy answers, unless the policy has changed")
  func restart() async throws {
    let stored = PolicyAncestorStatus(
      ancestorRef: ParentReference(namespace: "shop", name: "web"), controllerName: "kgateway.dev/kgateway",
      conditions: [
        Condition(type: "Programmed", status: .no, reason: "ProxyRejected", message: "x", observedGeneration: 1)
      ])
    try await RunningReconciler.synced(
      with: [
        ourClass, web, policy("shop/a", log: "/a", stored: [stored]),
        policy("shop/b", log: "/b", generation: 2, stored: [stored]),
      ]
    ) { running in
      #expect(await running.policyStatus("shop/a").contains(Self.programmed))
      #expect(await !running.policyStatus("shop/b").contains(Self.programmed))
      running.statusSink.forget()
      try accept(running, generation: 1)
      try await eventually("it is taken back") { await !running.policyStatus("shop/a").contains(Self.programmed) }
      try await eventually("that is to be written") {
        running.statusSink.references.sorted()
          == ["Gateway shop/web", "HTTPListenerPolicy shop/a", "HTTPListenerPolicy shop/b"]
      }
    }
  }

  @Test("what is stored of a refused listener stands as long as the policy's refusal does")
  func restartOfListener() async throws {
    let refusal = Condition(
      type: "Programmed", status: .no, reason: "ProxyRejected", message: "x", observedGeneration: 1)
    let stored = PolicyAncestorStatus(
      ancestorRef: ParentReference(namespace: "shop", name: "web"), controllerName: "kgateway.dev/kgateway",
      conditions: [refusal])
    for generation in [1, 2] {
      let status = GatewayStatus(listeners: [.init(name: "http-80", conditions: [refusal])])
      let gateway = KubernetesObject.gateway(
        Gateway(
          metadata: Objects.metadata("shop/web"), gatewayClassName: "ours",
          listeners: [Gateway.Listener(name: "http-80", port: 80)], status: status))
      let policy = policy("shop/a", log: "/a", generation: generation, stored: [stored])
      try await RunningReconciler.synced(with: [ourClass, gateway, policy]) { running in
        let told = await listenerStatus(running)
        #expect((told == "Programmed=False (ProxyRejected)") == (generation == 1), "\(told ?? "")")
        try accept(running, generation: 1)
        try await eventually("it is taken back") {
          await listenerStatus(running) == "Programmed=True (Programmed)"
        }
      }
    }
  }

  @Test("a thousand refusals at once are worked off as one")
  func manyRefusals() async throws {
    try await RunningReconciler.synced(with: [ourClass, web, policy("shop/a", log: "/a")]) { running in
      running.statusSink.forget()
      for _ in 0..<1000 { try refuse(running) }
      try await eventually("the policy is told") { await running.policyStatus("shop/a").contains(Self.programmed) }
      // How many come together depends on the moment; one by one they would be a thousand.
      #expect(running.statusSink.references.count < 50)
      try await eventually("the listener is made without the policy, once") { running.translations == 2 }
    }
  }
}
