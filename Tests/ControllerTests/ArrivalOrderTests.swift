import Controller
import KubernetesAPI
import NIOCore
import RealComponents
import Testing
import XDS

/// What arrives by different watches arrives in any order.
@Suite("Changes that arrive before those that they belong to", .timeLimit(.minutes(1)))
struct ArrivalOrderTests {
  private static let long = Duration.seconds(3600)
  private static let short = Duration.milliseconds(50)
  private static let base = [
    Objects.gatewayClass("kgateway"), Objects.gateway("shop/web", class: "kgateway"), Objects.service("shop/cart"),
    Objects.slice("shop/cart-1", of: "cart", addresses: ["10.0.0.1"]),
    Objects.route("shop/cart", parents: ["web"], backends: ["cart"]),
  ]
  private static let other = [
    Objects.service("shop/other"), Objects.slice("shop/other-1", of: "other", addresses: ["10.0.0.2"]),
  ]

  private func clusters(_ running: RunningReconciler) -> [String] { running.served("shop/web", .cluster).map(\.name) }

  /// How many endpoints the Service `cart` has for proxies; nil if it has none of its own.
  private func cartEndpoints(_ running: RunningReconciler) -> Int? {
    guard let cart = running.served("shop/web", .endpoint).first(where: { $0.name.contains("cart") }) else {
      return nil
    }
    // Addresses stand in the message as they are.
    return String(decoding: cart.bytes, as: UTF8.self).ranges(of: "10.0.0.").count
  }

  @Test("a new route waits for its Service and the endpoints of it, and holds up no other")
  func routeBeforeService() async throws {
    try await RunningReconciler.synced(with: Self.base, patience: Self.long) { running in
      await running.apply([Objects.route("shop/new", parents: ["web"], backends: ["other"], path: "/new")])
      await running.apply([Self.other[0]])
      await running.apply([Objects.route("shop/more", parents: ["web"], backends: ["cart"], path: "/more")])
      try await eventually("the other route is there") { running.reconciliations >= 2 }
      #expect(await running.routeStatus("shop/new") == [])
      #expect(clusters(running).count == 1)
      await running.apply([Self.other[1]])
      try await eventually("the route is there, with its cluster") { clusters(running).count == 2 }
      #expect(await running.routeStatus("shop/new") == ["web: Accepted=True (Accepted)"])
    }
  }

  @Test("a route that goes to another Service stays with the one before until the other is there")
  func routeMovesBeforeService() async throws {
    try await RunningReconciler.synced(with: Self.base, patience: Self.long) { running in
      let before = running.snapshot("shop/web")
      await running.apply([Objects.route("shop/cart", parents: ["web"], backends: ["other"])])
      await running.apply([Objects.gateway("shop/later", class: "kgateway", ports: [82])])
      try await eventually("a change after it has taken effect") { running.snapshot("shop/later") != nil }
      #expect(running.snapshot("shop/web") == before)
      await running.apply(Self.other)
      try await eventually("it has moved") { clusters(running).allSatisfy { $0.contains("other") } }
    }
  }

  @Test("a Service's end waits for the route that leaves it, and so does that of its last endpoint")
  func removalBeforeRoute() async throws {
    try await RunningReconciler.synced(with: Self.base + Self.other, patience: Self.long) { running in
      let before = running.snapshot("shop/web")
      await running.delete(Self.base[3])
      await running.delete(Self.base[2])
      #expect(running.snapshot("shop/web") == before)
      await running.apply([Objects.route("shop/cart", parents: ["web"], backends: ["other"])])
      try await eventually("it has moved") { clusters(running).allSatisfy { $0.contains("other") } }
      // Both are out of effect by then: a route that comes back finds neither, and does not take effect.
      await running.apply([Objects.route("shop/cart", parents: ["web"], backends: ["cart"])])
      await running.apply([Objects.gateway("shop/later", class: "kgateway", ports: [82])])
      try await eventually("a change after it has taken effect") { running.snapshot("shop/later") != nil }
      #expect(await running.routeStatus("shop/cart") == ["web: Accepted=True (Accepted)"])
      #expect(clusters(running).allSatisfy { $0.contains("other") })
    }
  }

  @Test("what is waited for in vain takes effect when the time is over")
  func inVain() async throws {
    try await RunningReconciler.synced(with: Self.base, patience: Self.short) { running in
      await running.apply([Objects.route("shop/new", parents: ["web"], backends: ["nowhere"], path: "/new")])
      try await eventually("the route is told that its Service is missing") {
        await !running.routeStatus("shop/new").isEmpty
      }
      #expect(cartEndpoints(running) == 1)
      await running.delete(Self.base[3])
      try await eventually("the endpoint is gone") { cartEndpoints(running) == 0 }
    }
  }

  @Test("what takes a working backend away waits longer than a new route, which answers nobody yet")
  func workingBackends() async throws {
    try await RunningReconciler.synced(with: Self.base, patience: .milliseconds(200)) { running in
      await running.apply([Objects.route("shop/new", parents: ["web"], backends: ["nowhere"], path: "/new")])
      await running.delete(Self.base[3])
      try await eventually("the route is told that its Service is missing") {
        await !running.routeStatus("shop/new").isEmpty
      }
      #expect(cartEndpoints(running) == 1)
      try await eventually("the endpoint is gone") { cartEndpoints(running) == 0 }
    }
  }

  @Test("a change that comes again and again waits no longer for that")
  func againAndAgain() async throws {
    try await RunningReconciler.synced(with: Self.base, patience: .milliseconds(300)) { running in
      try await eventually("the route is told that its Service is missing") {
        await running.apply([Objects.route("shop/new", parents: ["web"], backends: ["nowhere"], path: "/new")])
        return await !running.routeStatus("shop/new").isEmpty
      }
    }
  }

  @Test("the newest state of what waits takes effect, and what is deleted meanwhile never does")
  func newest() async throws {
    try await RunningReconciler.synced(with: Self.base, patience: Self.long) { running in
      await running.apply([Objects.route("shop/new", parents: ["web"], backends: ["other"], path: "/new")])
      await running.apply([Objects.route("shop/new", parents: ["web"], backends: ["cart"], path: "/new")])
      try await eventually("the route is there") { await !running.routeStatus("shop/new").isEmpty }
      await running.apply([Objects.route("shop/gone", parents: ["web"], backends: ["other"], path: "/gone")])
      await running.delete(Objects.route("shop/gone", parents: ["web"], backends: ["other"], path: "/gone"))
      await running.apply(Self.other)
      await running.apply([Objects.route("shop/last", parents: ["web"], backends: ["other"], path: "/last")])
      try await eventually("a later route is there") { await !running.routeStatus("shop/last").isEmpty }
      #expect(await running.routeStatus("shop/gone") == [])
    }
  }

  @Test("an endpoint that goes while others stay, or that comes, waits for nothing")
  func others() async throws {
    try await RunningReconciler.synced(with: Self.base, patience: Self.long) { running in
      await running.apply([Objects.slice("shop/cart-2", of: "cart", addresses: ["10.0.0.2", "10.0.0.3"])])
      #expect(cartEndpoints(running) == 3)
      await running.delete(Self.base[3])
      #expect(cartEndpoints(running) == 2)
      await running.apply([Objects.slice("shop/cart-2", of: "cart", addresses: ["10.0.0.3"])])
      #expect(cartEndpoints(running) == 1)
    }
  }

  // MARK: The first lists

  private func unsynced(
    _ objects: [KubernetesObject], patience: Duration, _ body: (RunningReconciler) async throws -> Void
  ) async throws {
    try await RunningReconciler.unsynced(patience: patience) { running in
      await running.apply(objects)
      for kind in KubernetesKind.allCases { await running.reconciler.synced(kind) }
      try await body(running)
    }
  }

  private static let secondGateway = [
    Objects.gateway("shop/second", class: "kgateway", ports: [81]),
    Objects.route("shop/second", parents: ["second"], backends: ["cart"]),
  ]

  @Test("a Gateway whose first lists do not fit together waits for the watches, and the others do not")
  func inconsistentLists() async throws {
    // The list of routes is from before the route moved, that of EndpointSlices from after the old Service had ended.
    let lists =
      Self.base.dropLast() + Self.other + Self.secondGateway
      + [Objects.route("shop/cart", parents: ["web"], backends: ["former"])]
    try await unsynced(lists, patience: Self.long) { running in
      try await eventually("the other Gateway is served") { running.snapshot("shop/second") != nil }
      #expect(running.snapshot("shop/web") == nil)
      #expect(await running.reconciler.awaited == ["first snapshot of Gateway shop/web"])
      await running.apply([Objects.route("shop/cart", parents: ["web"], backends: ["other"])])
      try await eventually("it is served") { running.snapshot("shop/web") != nil }
      #expect(clusters(running).count == 1 && clusters(running).allSatisfy { $0.contains("other") })
    }
  }

  @Test("endpoints that come take the doubt away, too")
  func endpointsLast() async throws {
    try await unsynced(Self.base.filter { $0 != Self.base[3] }, patience: Self.long) { running in
      await running.apply([Objects.gateway("shop/later", class: "kgateway", ports: [82])])
      try await eventually("a Gateway that comes later is served") { running.snapshot("shop/later") != nil }
      #expect(running.snapshot("shop/web") == nil)
      await running.apply([Self.base[3]])
      try await eventually("it is served") { running.snapshot("shop/web") != nil }
      #expect(cartEndpoints(running) == 1)
    }
  }

  @Test("a Gateway with a route that leads nowhere is served when the time is over")
  func lastingDoubt() async throws {
    try await unsynced(Self.base.filter { $0 != Self.base[3] }, patience: Self.short) { running in
      try await eventually("it is served") { running.snapshot("shop/web") != nil }
      #expect(cartEndpoints(running) == 0)
    }
  }
}
