import Controller
import KubernetesAPI
import PrometheusMetrics
import RealComponents
import Testing
import Translator

@testable import XDS

@Suite("A Gateway is programmed once its clients can reach it", .timeLimit(.minutes(1)))
struct ProgrammedTests {
  private let ourClass = Objects.gatewayClass("ours")
  private static let id = Objects.name("shop/web")

  private static func gateway(
    ports: [Int] = [80], generation: Int = 1, addresses: [Gateway.Address] = [], status: GatewayStatus = GatewayStatus()
  ) -> KubernetesObject {
    var metadata = Objects.metadata("shop/web")
    metadata.generation = generation
    metadata.uid = "u1"
    return .gateway(
      Gateway(
        metadata: metadata, gatewayClassName: "ours",
        listeners: ports.map { Gateway.Listener(name: "http-\($0)", port: $0) }, addresses: addresses, status: status))
  }

  /// As a proxy that takes all that is published on these ports.
  private func take(_ running: RunningReconciler, ports: [Int] = [80], generation: UInt64 = 1) throws {
    let snapshot = try #require(running.snapshot("shop/web"))
    let resources = ports.flatMap { [snapshot[.listener, "listener~\($0)"], snapshot[.route, "route~\($0)"]] }
    running.snapshots.accept(
      resources.compactMap(\.self), for: GatewayID(namespace: "shop", name: "web"), generation: generation)
  }

  private func status(_ running: RunningReconciler) async -> GatewayStatus? {
    let reference = ObjectReference(kind: .gateway, id: Self.id)
    guard case .gateway(_, let status)? = await running.reconciler.status(of: reference)?.desired else { return nil }
    return status
  }

  /// `Programmed` of the Gateway and then of each listener, as status and reason.
  private func programmed(_ running: RunningReconciler) async -> [String] {
    guard let status = await status(running) else { return [] }
    return ([status.conditions] + status.listeners.map(\.conditions)).map { conditions in
      conditions.first { $0.type == "Programmed" }.map { "\($0.status.rawValue) \($0.reason)" } ?? ""
    }
  }

  private static let pending = ["False Pending", "False Pending"]
  private static let isProgrammed = ["True Programmed", "True Programmed"]

  // MARK: Proxies

  @Test("one that nobody deploys waits for a proxy, and stays programmed through changes and without proxies")
  func others() async throws {
    try await RunningReconciler.synced(with: [ourClass, Self.gateway()]) { running in
      #expect(await programmed(running) == Self.pending)
      running.statusSink.forget()
      try take(running)
      try await eventually("a proxy has taken it") { await programmed(running) == Self.isProgrammed }
      try await eventually("its status is to be written") {
        running.statusSink.references.contains("Gateway shop/web")
      }
      await running.apply([
        Objects.policy("shop/logs", targets: ["web"]), Objects.route("shop/cart", parents: ["web"], backends: ["cart"]),
      ])
      try await running.finish(2)
      #expect(await programmed(running) == Self.isProgrammed)
      #expect(await status(running)?.addresses == [])
    }
  }

  @Test("a listener that is new waits by itself")
  func newListener() async throws {
    try await RunningReconciler.synced(with: [ourClass, Self.gateway()]) { running in
      try take(running)
      try await eventually("a proxy has taken it") { await programmed(running) == Self.isProgrammed }
      await running.apply([Self.gateway(ports: [80, 81], generation: 2)])
      try await running.finish(2)
      #expect(await programmed(running) == Self.isProgrammed + ["False Pending"])
      try take(running, ports: [80, 81], generation: 2)
      try await eventually("a proxy has taken that, too") {
        await programmed(running) == Self.isProgrammed + ["True Programmed"]
      }
    }
  }

  @Test("a listener that only another one's port has is not programmed before its routes are taken")
  func newHost() async throws {
    try await RunningReconciler.synced(with: [ourClass, Self.gateway()]) { running in
      let listener = try #require(running.snapshot("shop/web")?[.listener, "listener~80"])
      running.snapshots.accept([listener], for: GatewayID(namespace: "shop", name: "web"), generation: 1)
      await running.apply([Objects.service("shop/other")])
      #expect(await programmed(running) == Self.pending)
      try take(running)
      try await eventually("a proxy has taken it") { await programmed(running) == Self.isProgrammed }
    }
  }

  @Test("what is stored of this generation stands after a restart", arguments: [1, 2])
  func restart(generation: Int) async throws {
    let conditions = [
      Condition(type: "Programmed", status: .yes, reason: "Programmed", observedGeneration: generation)
    ]
    let stored = GatewayStatus(
      conditions: conditions, listeners: [.init(name: "http-80", conditions: conditions)])
    try await RunningReconciler.synced(with: [ourClass, Self.gateway(generation: 1, status: stored)]) { running in
      #expect(await programmed(running) == (generation == 1 ? Self.isProgrammed : Self.pending))
    }
  }

  @Test("another object of the name begins anew")
  func recreated() async throws {
    try await RunningReconciler.synced(with: [ourClass, Self.gateway()]) { running in
      try take(running)
      try await eventually("a proxy has taken it") { await programmed(running) == Self.isProgrammed }
      await running.delete(Self.gateway())
      try await running.finish(2)
      await running.apply([Self.gateway()])
      try await running.finish(3)
      #expect(await programmed(running) == Self.pending)
    }
  }

  // MARK: The deployment

  private static let address = DeploymentReport(addresses: [.ip("10.96.0.7")])

  @Test("one that is deployed needs an address and a proxy, and shows the address")
  func deployed() async throws {
    let sink = RecordingDeploymentSink()
    try await RunningReconciler.synced(with: [ourClass, Self.gateway()], deploymentSink: sink) { running in
      #expect(sink.gateways == ["shop/web"])
      #expect(await programmed(running) == Self.pending)
      await running.reconciler.deployed(Self.id, DeploymentReport(awaited: "no address yet"))
      #expect(await programmed(running) == ["False AddressNotAssigned", "False Pending"])
      running.statusSink.forget()
      await running.reconciler.deployed(Self.id, Self.address)
      #expect(running.statusSink.references == ["Gateway shop/web"])
      #expect(await programmed(running) == Self.pending)
      #expect(await status(running)?.addresses == [.ip("10.96.0.7")])
      try take(running)
      try await eventually("a proxy has taken it") { await programmed(running) == Self.isProgrammed }
    }
  }

  @Test("what is in the way of its deployment is said, and taken back when it is mended")
  func faults() async throws {
    try await RunningReconciler.synced(with: [ourClass, Self.gateway()], deploymentSink: RecordingDeploymentSink()) {
      running in
      try take(running)
      var report = Self.address
      report.faults = ["Service shop/web is in the way.", "And another one."]
      await running.reconciler.deployed(Self.id, report)
      #expect(await programmed(running).first == "False NoResources")
      let message = await status(running)?.conditions.first { $0.type == "Programmed" }?.message
      #expect(message == "Service shop/web is in the way. And another one.")
      await running.reconciler.deployed(Self.id, Self.address)
      try await eventually("it is mended") { await programmed(running) == Self.isProgrammed }
    }
  }

  @Test("parameters that cannot be carried out are a Gateway that is not accepted")
  func refusal() async throws {
    try await RunningReconciler.synced(with: [ourClass, Self.gateway()], deploymentSink: RecordingDeploymentSink()) {
      running in
      var report = Self.address
      let parameters = ObjectReference(kind: .gatewayParameters, id: Objects.name("shop/edge"))
      report.refusals = [
        .init(reason: "InvalidParameters", problem: Problem(object: parameters, path: "spec.image", message: "no"))
      ]
      await running.reconciler.judged(Self.id, report.refusals.map(\.problem))
      await running.reconciler.deployed(Self.id, report)
      let conditions = try #require(await status(running)?.conditions)
      let accepted = try #require(conditions.first { $0.type == "Accepted" })
      #expect(
        (accepted.status, accepted.reason, accepted.message)
          == (.no, "InvalidParameters", "GatewayParameters shop/edge: spec.image: no"))
      #expect(await programmed(running).first == "False Invalid")
      #expect(running.metrics.refusedObjects[.gatewayParameters].value == 1)
      await running.reconciler.judged(Self.id, [])
      #expect(running.metrics.refusedObjects[.gatewayParameters].value == 0)
    }
  }

  @Test("an address that is asked for and not given is named")
  func address() async throws {
    let gateway = Self.gateway(addresses: [.init(value: "192.0.2.1")])
    try await RunningReconciler.synced(with: [ourClass, gateway], deploymentSink: RecordingDeploymentSink()) {
      running in
      await running.reconciler.deployed(Self.id, Self.address)
      #expect(await programmed(running).first == "False AddressNotUsable")
      await running.reconciler.deployed(Self.id, DeploymentReport(addresses: [.ip("192.0.2.1")]))
      #expect(await programmed(running).first == "False Pending")
    }
  }

  @Test("what is stored of the deployment stands until it is looked at, also at the beginning of a term")
  func unknown() async throws {
    let conditions = [Condition(type: "Programmed", status: .yes, reason: "Programmed", observedGeneration: 1)]
    let stored = GatewayStatus(
      addresses: [.ip("10.96.0.7")], conditions: conditions, listeners: [.init(name: "http-80", conditions: conditions)]
    )
    try await RunningReconciler.synced(
      with: [ourClass, Self.gateway(status: stored)], deploymentSink: RecordingDeploymentSink()
    ) { running in
      for _ in 1...2 {
        #expect(await programmed(running) == Self.isProgrammed)
        #expect(await status(running)?.addresses == [.ip("10.96.0.7")])
        await running.reconciler.deployed(Self.id, DeploymentReport())
        #expect(await programmed(running).first == "False AddressNotAssigned")
        await running.reconciler.lookAtAllStatuses()
      }
    }
  }

  // MARK: What is to be deployed

  @Test("the deployer is told of Gateways and classes, and not of routes")
  func told() async throws {
    let sink = RecordingDeploymentSink()
    try await RunningReconciler.synced(with: [ourClass, Self.gateway()], deploymentSink: sink) { running in
      sink.forget()
      await running.apply([Objects.route("shop/cart", parents: ["web"], backends: ["cart"])])
      try await running.finish(2)
      #expect(sink.gateways == [])
      await running.apply([Self.gateway(ports: [80, 81], generation: 2)])
      #expect(sink.gateways == ["shop/web"])
    }
  }

  @Test("only a class of another controller ends a Gateway's proxies")
  func claims() async throws {
    try await RunningReconciler.synced(with: [ourClass, Self.gateway()], deploymentSink: RecordingDeploymentSink()) {
      running in
      guard case .managed(let inputs) = await running.reconciler.deploymentClaim(on: Self.id) else {
        Issue.record("it is managed")
        return
      }
      #expect(inputs.gateway.metadata.uid == "u1")
      await running.delete(ourClass)
      #expect(await running.reconciler.deploymentClaim(on: Self.id) == .unknown)
      await running.apply([Objects.gatewayClass("ours", controller: "example.com/other")])
      guard case .foreign(let gateway) = await running.reconciler.deploymentClaim(on: Self.id) else {
        Issue.record("it is another controller's")
        return
      }
      #expect(gateway.metadata.uid == "u1")
      await running.delete(Self.gateway())
      #expect(await running.reconciler.deploymentClaim(on: Self.id) == .unknown)
    }
  }
}
