import Controller
import KubernetesAPI
import Logging
import NIOCore
import PrometheusMetrics
import RealComponents
import RecordedLog
import Testing
import Translator
import XDS

@Suite("From changes of objects to snapshots", .timeLimit(.minutes(1)))
struct ReconcilerTests {
  private let ourClass = Objects.gatewayClass("ours")
  private let web = Objects.gateway("shop/web", class: "ours")
  private let other = Objects.gateway("shop/other", class: "ours")
  private let cart = Objects.service("shop/cart")
  private let cartRoute = Objects.route("shop/cart", parents: ["web"], backends: ["cart"])
  private let cartSlice = Objects.slice("shop/cart-1", of: "cart", addresses: ["10.0.0.1"])

  /// Two Gateways, of which `shop/web` has a route.
  private var shop: [KubernetesObject] { [ourClass, web, other, cart, cartRoute, cartSlice] }

  @Test("nothing is translated before every kind is synced; then each Gateway is, once")
  func firstSync() async throws {
    try await RunningReconciler.unsynced { running in
      await running.apply(shop)
      for kind in KubernetesKind.allCases where kind != .endpointSlice { await running.reconciler.synced(kind) }
      #expect(await running.reconciler.awaited == ["first sync of EndpointSlice"])
      #expect(running.metrics.workQueueDepth.value == 0)
      #expect(running.snapshot("shop/web") == nil)

      await running.reconciler.synced(.endpointSlice)
      try await eventually("the first snapshots") { await running.reconciler.awaited.isEmpty }
      try await running.finish(2)
      let snapshot = try #require(running.snapshot("shop/web"))
      #expect(snapshot.resources(.listener).map(\.name) == ["listener~80"])
      #expect(snapshot.resources(.route).map(\.name) == ["route~80"])
      #expect(snapshot.resources(.cluster).map(\.name) == ["cluster~shop~cart~80"])
      #expect(snapshot.resources(.endpoint).map(\.name) == ["cluster~shop~cart~80"])
    }
  }

  @Test("a kind that is synced again, as after its definition was installed anew, causes no work")
  func syncedAgain() async throws {
    try await RunningReconciler.synced(with: shop) { running in
      await running.reconciler.synced(.httpRoute)
      try await running.finish(2)
    }
  }

  @Test("a policy translates its own Gateway and no other")
  func policy() async throws {
    try await RunningReconciler.synced(with: shop) { running in
      let before = try #require(running.snapshot("shop/web"))
      let otherBefore = running.snapshot("shop/other")
      await running.apply([Objects.policy("shop/logs", targets: ["web"])])
      try await running.finish(3)
      #expect(running.translations == 3)
      #expect(running.snapshot("shop/web")?.version(.listener) != before.version(.listener))
      #expect(running.snapshot("shop/web")?.version(.cluster) == before.version(.cluster))
      #expect(running.snapshot("shop/other") == otherBefore)
    }
  }

  @Test("endpoints change the endpoint resource, and run no translation")
  func endpoints() async throws {
    try await RunningReconciler.synced(with: shop) { running in
      let before = try #require(running.snapshot("shop/web"))
      await running.apply([Objects.slice("shop/cart-1", of: "cart", addresses: ["10.0.0.1", "10.0.0.2"])])
      let after = try #require(running.snapshot("shop/web"))
      #expect(after.version(.endpoint) != before.version(.endpoint))
      #expect(after.version(.cluster) == before.version(.cluster))
      await running.delete(cartSlice)
      #expect(running.snapshot("shop/web")?.version(.endpoint) != after.version(.endpoint))
      try await running.finish(2)
      #expect(running.translations == 2)
    }
  }

  @Test("endpoints that change while no route leads to them are right when one does again")
  func endpointsBetweenRoutes() async throws {
    try await RunningReconciler.synced(with: shop) { running in
      let before = try #require(running.snapshot("shop/web"))
      // All of it before the Gateway is translated again, which still has the old endpoints at hand.
      await running.reconciler.apply([
        .delete(cartRoute.reference),
        .upsert(Objects.slice("shop/cart-1", of: "cart", addresses: ["10.0.0.9"])),
      ])
      await running.apply([cartRoute])
      try await eventually("the new endpoints") {
        guard let now = running.snapshot("shop/web") else { return false }
        return now.count(.endpoint) == 1 && now.version(.endpoint) != before.version(.endpoint)
      }
    }
  }

  @Test("Gateways that lead to the same Service share its encoded endpoints")
  func sharedEndpoints() async throws {
    let both = Objects.route("shop/cart", parents: ["web", "other"], backends: ["cart"])
    try await RunningReconciler.synced(with: shop + [both]) { running in
      await running.apply([Objects.slice("shop/cart-1", of: "cart", addresses: ["10.0.0.7"])])
      let name = "cluster~shop~cart~80"
      let first = try #require(running.snapshot("shop/web")?[.endpoint, name])
      let second = try #require(running.snapshot("shop/other")?[.endpoint, name])
      #expect(first == second)
      let addresses = [first, second].map { resource in
        resource.bytes.withUnsafeBytes { $0.baseAddress }
      }
      #expect(addresses[0] == addresses[1])
    }
  }

  @Test("an own status that comes back from the watch causes no work")
  func ownStatus() async throws {
    try await RunningReconciler.synced(with: shop) { running in
      guard case .httpRoute(var route) = cartRoute, case .gateway(var gateway) = web else { return }
      running.statusSink.forget()
      route.parentStatuses = [
        RouteParentStatus(
          parentRef: ParentReference(name: "web"), controllerName: "kgateway.dev/kgateway", conditions: [])
      ]
      route.metadata.resourceVersion = "7"
      gateway.status = GatewayStatus(conditions: [Condition(type: "Accepted", status: .yes, reason: "Accepted")])
      await running.apply([.httpRoute(route), .gateway(gateway)])
      #expect(running.metrics.workQueueDepth.value == 0)
      #expect(running.statusSink.references.isEmpty)
      try await running.finish(2)
    }
  }

  @Test("a Gateway that is deleted loses its snapshot, and the gauges go back")
  func deletion() async throws {
    try await RunningReconciler.synced(with: [ourClass, web, cart, cartRoute, cartSlice]) { running in
      #expect(running.resources(.cluster) == 1)
      #expect(running.resources(.endpoint) == 1)
      await running.delete(web)
      try await running.finish(2)
      #expect(running.snapshot("shop/web") == nil)
      for type in [XDSTypeLabel.cluster, .endpoint, .listener, .route] { #expect(running.resources(type) == 0) }
      #expect(running.translations == 1)
    }
  }

  @Test("which Gateways are served is told whenever it changes")
  func servedGateways() async throws {
    try await RunningReconciler.synced(with: [ourClass, web]) { running in
      var served = running.reconciler.servedGateways.makeAsyncIterator()
      #expect(await served.next()?.map(\.description) == ["shop/web"])
      await running.apply([other])
      #expect(await served.next()?.map(\.description).sorted() == ["shop/other", "shop/web"])
      await running.delete(web, other)
      #expect(await served.next() == [])
    }
  }
}

@Suite("What the reconciler has to say of objects", .timeLimit(.minutes(1)))
struct ReconcilerStatusTests {
  private let ourClass = Objects.gatewayClass("ours")
  private let web = Objects.gateway("shop/web", class: "ours")
  private let cart = Objects.service("shop/cart")
  private let policy = Objects.policy("shop/logs", targets: ["web"])

  @Test("a policy's status follows its target: missing, there, of another class, ours again, gone")
  func policyTarget() async throws {
    let missing = ["web: Accepted=False (TargetNotFound)"]
    let accepted = ["web: Accepted=True (Accepted)"]
    try await RunningReconciler.synced(with: [ourClass, policy]) { running in
      #expect(running.statusSink.references.contains("HTTPListenerPolicy shop/logs"))
      #expect(await running.policyStatus("shop/logs") == missing)

      for (step, expected) in [
        (web, accepted), (Objects.gateway("shop/web", class: "theirs"), missing), (web, accepted),
      ] {
        running.statusSink.forget()
        await running.apply([step])
        try await eventually("\(expected)") { await running.policyStatus("shop/logs") == expected }
        #expect(running.statusSink.references.contains("HTTPListenerPolicy shop/logs"))
      }

      await running.apply([Objects.gatewayClass("ours", controller: "example.com/theirs")])
      try await eventually("\(missing)") { await running.policyStatus("shop/logs") == missing }
      await running.apply([ourClass])
      try await eventually("\(accepted)") { await running.policyStatus("shop/logs") == accepted }

      running.statusSink.forget()
      await running.delete(web)
      try await eventually("told") { running.statusSink.references.contains("HTTPListenerPolicy shop/logs") }
      #expect(await running.policyStatus("shop/logs") == missing)
    }
  }

  @Test("a route has an entry for each of its Gateways, and loses that of one that goes")
  func routeParents() async throws {
    let other = Objects.gateway("shop/other", class: "ours")
    let route = Objects.route("shop/cart", parents: ["web", "other"], backends: ["cart"])
    try await RunningReconciler.synced(with: [ourClass, web, other, cart, route]) { running in
      #expect(
        await running.routeStatus("shop/cart") == ["other: Accepted=True (Accepted)", "web: Accepted=True (Accepted)"])
      running.statusSink.forget()
      await running.delete(web)
      try await eventually("told") { running.statusSink.references == ["HTTPRoute shop/cart"] }
      #expect(await running.routeStatus("shop/cart") == ["other: Accepted=True (Accepted)"])
    }
  }

  @Test("after a restart, stored entries of Gateways that went are looked at, and no others")
  func afterRestart() async throws {
    func entry(_ gateway: String, of controller: String) -> RouteParentStatus {
      RouteParentStatus(parentRef: ParentReference(name: gateway), controllerName: controller, conditions: [])
    }
    guard case .httpRoute(var stale) = Objects.route("shop/stale", parents: ["gone"], backends: []),
      case .httpRoute(var foreign) = Objects.route("shop/foreign", parents: ["gone"], backends: [])
    else { return }
    stale.parentStatuses = [entry("gone", of: "kgateway.dev/kgateway"), entry("gone", of: "example.com/theirs")]
    foreign.parentStatuses = [entry("gone", of: "example.com/theirs")]
    try await RunningReconciler.synced(with: [ourClass, .httpRoute(stale), .httpRoute(foreign)]) { running in
      #expect(running.statusSink.references == ["GatewayClass ours", "HTTPRoute shop/stale"])
      #expect(await running.routeStatus("shop/stale").isEmpty)
    }
  }

  @Test("until a Gateway is translated for the first time, what is stored of it stands")
  func beforeTheFirstTranslation() async throws {
    guard case .httpRoute(var route) = Objects.route("shop/cart", parents: ["web"], backends: ["cart"]) else { return }
    let stored = RouteParentStatus(
      parentRef: ParentReference(name: "web"), controllerName: "kgateway.dev/kgateway",
      conditions: [Condition(type: "Accepted", status: .yes, reason: "Stored")])
    route.parentStatuses = [stored]
    try await RunningReconciler.unsynced { running in
      await running.apply([ourClass, web, cart, .httpRoute(route)])
      #expect(await running.routeStatus("shop/cart") == ["web: Accepted=True (Stored)"])
    }
  }

  @Test("an object that is deleted and made again at once gets its status again")
  func madeAgain() async throws {
    guard case .httpRoute(var route) = Objects.route("shop/cart", parents: ["web"], backends: ["cart"]) else { return }
    route.metadata.uid = "1"
    try await RunningReconciler.synced(with: [ourClass, web, cart, .httpRoute(route)]) { running in
      running.statusSink.forget()
      route.metadata.uid = "2"
      await running.reconciler.apply([.delete(KubernetesObject.httpRoute(route).reference), .upsert(.httpRoute(route))])
      try await running.finish(2)
      #expect(running.statusSink.references.contains("HTTPRoute shop/cart"))
    }
  }

  @Test("a class that goes from one foreign controller to another translates nothing")
  func foreignClass() async throws {
    let theirs = Objects.gatewayClass("theirs", controller: "example.com/a")
    let foreign = Objects.gateway("shop/foreign", class: "theirs")
    try await RunningReconciler.synced(with: [ourClass, web, theirs, foreign]) { running in
      await running.apply([Objects.gatewayClass("theirs", controller: "example.com/b")])
      #expect(running.metrics.workQueueDepth.value == 0)
      try await running.finish(1)
    }
  }
}

@Suite("What is refused, in the log", .timeLimit(.minutes(1)))
struct RefusalLogTests {
  private let ourClass = Objects.gatewayClass("ours")

  @Test(
    "a refused object is logged once, however often it is translated and for however many Gateways, and once mended")
  func onceEach() async throws {
    let gateways = [Objects.gateway("shop/web", class: "ours"), Objects.gateway("shop/other", class: "ours")]
    let route = Objects.route("shop/cart", parents: ["web", "other"], backends: ["cart"])
    try await RunningReconciler.synced(with: [ourClass] + gateways + [route]) { running in
      #expect(running.log.messages(.warning).count == 1)
      #expect(running.log.messages(.warning).first?.hasPrefix("HTTPRoute shop/cart is refused: spec.rules[0].") == true)
      #expect(running.metrics.refusedObjects[.httpRoute].value == 1)

      await running.apply([Objects.gateway("shop/web", class: "ours", ports: [80, 81])])
      try await running.finish(3)
      #expect(running.log.messages(.warning).count == 1)

      await running.apply([Objects.service("shop/cart")])
      try await running.finish(5)
      #expect(running.log.messages(.notice) == ["HTTPRoute shop/cart is no longer refused"])
      #expect(running.log.messages(.warning).count == 1)
      #expect(running.metrics.refusedObjects[.httpRoute].value == 0)
    }
  }

  @Test("a policy whose target comes is mended only if the translation has nothing against it")
  func targetComes() async throws {
    guard case .httpListenerPolicy(var bad) = Objects.policy("shop/bad", targets: ["web"]) else { return }
    bad.accessLog = [.init(fileSink: .init(path: ""))]
    let good = Objects.policy("shop/good", targets: ["web"])
    try await RunningReconciler.synced(with: [ourClass, .httpListenerPolicy(bad), good]) { running in
      #expect(running.log.messages(.warning).count == 2)
      #expect(running.metrics.refusedObjects[.httpListenerPolicy].value == 2)
      await running.apply([Objects.gateway("shop/web", class: "ours")])
      try await running.finish(1)
      #expect(
        running.log.messages(.warning).dropFirst(2).allSatisfy {
          $0.hasPrefix("HTTPListenerPolicy shop/bad is refused: spec.accessLog[0].fileSink")
        })
      #expect(running.log.messages(.warning).count > 2)
      #expect(running.log.messages(.notice) == ["HTTPListenerPolicy shop/good is no longer refused"])
      #expect(running.metrics.refusedObjects[.httpListenerPolicy].value == 1)
    }
  }

  @Test("a policy whose target is missing is logged once, and once when it is deleted")
  func missingTarget() async throws {
    guard case .httpListenerPolicy(var policy) = Objects.policy("shop/logs", targets: ["wbe"]) else { return }
    try await RunningReconciler.synced(with: [ourClass, .httpListenerPolicy(policy)]) { running in
      #expect(running.log.messages(.warning).count == 1)
      policy.metadata.generation = 2
      await running.apply([.httpListenerPolicy(policy)])
      #expect(running.log.messages(.warning).count == 1)
      await running.delete(.httpListenerPolicy(policy))
      #expect(running.log.messages(.notice) == ["HTTPListenerPolicy shop/logs is no longer refused"])
    }
  }
}
