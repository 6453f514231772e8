import Controller
import KubernetesAPI
import Testing
import Translator

@Suite("What a change reaches")
struct ResourceStoreTests {
  private var store: ResourceStore
  private let web = NamespacedName(namespace: "shop", name: "web")
  private let other = NamespacedName(namespace: "shop", name: "other")

  init() {
    store = ResourceStore(controllerName: "kgateway.dev/kgateway")
    for object in [
      Objects.gatewayClass("ours"), Objects.gatewayClass("theirs", controller: "example.com/theirs"),
      Objects.gateway("shop/web", class: "ours"), Objects.gateway("shop/other", class: "ours"),
      Objects.gateway("shop/foreign", class: "theirs"), Objects.service("shop/cart"), Objects.service("pay/card"),
      Objects.route("shop/cart", parents: ["web"], backends: ["cart"]),
    ] { _ = store.apply(.upsert(object)) }
  }

  @Test("a policy reaches the Gateway that it targets, and no other")
  mutating func policy() {
    let affected = store.apply(.upsert(Objects.policy("shop/logs", targets: ["web"])))
    #expect(affected.gateways == [web])
  }

  @Test("a policy that moves reaches the Gateway it leaves and the one it goes to")
  mutating func policyMoves() {
    _ = store.apply(.upsert(Objects.policy("shop/logs", targets: ["web"])))
    #expect(store.apply(.upsert(Objects.policy("shop/logs", targets: ["other"]))).gateways == [web, other])
    let deleted = store.apply(
      .delete(.init(kind: .httpListenerPolicy, id: NamespacedName(namespace: "shop", name: "logs"))))
    #expect(deleted.gateways == [other])
  }

  @Test("an object whose status alone changed reaches nothing, so that our own writes cause no work")
  mutating func statusOnly() {
    var policy = Objects.policy("shop/logs", targets: ["web"])
    _ = store.apply(.upsert(policy))
    guard case .httpListenerPolicy(var changed) = policy else { return }
    changed.metadata.resourceVersion = "99"
    changed.ancestorStatuses = [
      PolicyAncestorStatus(ancestorRef: ParentReference(name: "web"), controllerName: "x", conditions: [])
    ]
    policy = .httpListenerPolicy(changed)
    #expect(store.apply(.upsert(policy)).isEmpty)
    #expect(store.policies[changed.metadata.id]?.metadata.resourceVersion == "99")
  }

  @Test("a Service reaches the Gateways whose routes lead to it; one that no route names reaches nothing")
  mutating func service() {
    let port = Service.Port(name: "http", port: 81)
    #expect(store.apply(.upsert(Objects.service("shop/cart", ports: [port]))).gateways == [web])
    #expect(store.apply(.upsert(Objects.service("pay/card", ports: [port]))).isEmpty)
    #expect(
      store.apply(.delete(.init(kind: .service, id: NamespacedName(namespace: "shop", name: "cart")))).gateways == [web]
    )
  }

  @Test("endpoints reach their Service and no translation, whether or not a route leads there")
  mutating func endpoints() {
    let affected = store.apply(.upsert(Objects.slice("shop/cart-1", of: "cart", addresses: ["10.0.0.1"])))
    #expect(affected == Affected(endpoints: [NamespacedName(namespace: "shop", name: "cart")]))
    // A Gateway may still use what no route names any more, until it is translated.
    #expect(
      store.apply(.upsert(Objects.slice("pay/card-1", of: "card", addresses: ["10.0.0.2"])))
        == Affected(endpoints: [NamespacedName(namespace: "pay", name: "card")]))
  }

  @Test("what concerns Gateways of other controllers reaches nothing")
  mutating func foreign() {
    #expect(store.apply(.upsert(Objects.route("shop/r", parents: ["foreign"], backends: []))).isEmpty)
    #expect(store.apply(.upsert(Objects.policy("shop/p", targets: ["foreign"]))).gateways.isEmpty)
    #expect(store.apply(.upsert(Objects.gateway("shop/foreign", class: "theirs", ports: [81]))).isEmpty)
  }

  @Test("a class that changes hands reaches its Gateways")
  mutating func classChangesHands() {
    #expect(
      store.apply(.upsert(Objects.gatewayClass("ours", controller: "example.com/theirs"))).gateways == [web, other])
    #expect(store.managedGateways.isEmpty)
    #expect(store.apply(.upsert(Objects.gatewayClass("ours"))).gateways == [web, other])
  }

  @Test("a Gateway that goes is reached once more, to be taken down")
  mutating func gatewayGoes() {
    #expect(store.apply(.delete(.init(kind: .gateway, id: web))).gateways == [web])
    #expect(store.inputs(for: web, settings: .init(controllerName: store.controllerName)) == nil)
  }

  @Test("a grant reaches the routes that have a backend in its namespace")
  mutating func grant() {
    _ = store.apply(.upsert(Objects.route("shop/pay", parents: ["other"], backends: ["pay/card"])))
    let grant = KubernetesObject.referenceGrant(
      ReferenceGrant(
        metadata: ObjectMeta(namespace: "pay", name: "shop"),
        from: [.init(group: "gateway.networking.k8s.io", kind: "HTTPRoute", namespace: "shop")],
        to: [.init(group: "", kind: "Service")]))
    #expect(store.apply(.upsert(grant)).gateways == [other])
    let inputs = store.inputs(for: other, settings: .init(controllerName: store.controllerName))
    #expect(inputs?.referenceGrants.map(\.metadata.name) == ["shop"])
    #expect(inputs?.services.keys.map(\.description) == ["pay/card"])
  }

  @Test("a namespace's labels reach only Gateways that select by them")
  mutating func namespaceLabels() {
    func namespace(_ labels: [String: String]) -> KubernetesObject {
      .namespace(Namespace(metadata: ObjectMeta(name: "shop", labels: labels)))
    }
    #expect(store.apply(.upsert(namespace(["a": "1"]))).isEmpty)
    let allowed = Gateway.AllowedRoutes(namespaces: .selector(LabelSelector(matchLabels: ["a": "1"])))
    _ = store.apply(.upsert(Objects.gateway("shop/web", class: "ours", allowedRoutes: allowed)))
    #expect(store.apply(.upsert(namespace(["a": "2"]))).gateways == [web])
  }

  @Test("a policy whose target does not exist is told so, with the Gateways that there are")
  mutating func danglingTarget() throws {
    let policy = Objects.policy("shop/logs", targets: ["wbe"])
    #expect(store.apply(.upsert(policy)).statuses == [policy.reference])
    guard case .httpListenerPolicy(let object) = policy else { return }
    let problem = try #require(store.targetProblems(of: object).first).problem
    #expect(problem.path == "spec.targetRefs[0].name")
    #expect(
      problem.message
        == "Gateway shop/wbe does not exist; create it, or name a Gateway in the policy's namespace (there is: other, web)"
    )
  }

  @Test("a policy whose target is of another controller is told whose it is and what to set")
  mutating func foreignTarget() throws {
    guard case .httpListenerPolicy(let object) = Objects.policy("shop/logs", targets: ["foreign"]) else { return }
    let problem = try #require(store.targetProblems(of: object).first).problem
    #expect(
      problem.message
        == "Gateway shop/foreign is of class \"theirs\", which example.com/theirs serves, not kgateway.dev/kgateway; "
        + "set the Gateway's gatewayClassName to ours")
  }

  @Test("a Service and a grant reach the Gateways of the policies whose receivers they are about")
  mutating func receivers() throws {
    guard case .httpListenerPolicy(var policy) = Objects.policy("shop/logs", targets: ["other"]) else { return }
    let backend = HTTPRoute.BackendReference(namespace: "pay", name: "card", port: 80)
    policy.accessLog = [.init(grpcService: .init(logName: "a", service: .init(backendRef: backend)))]
    _ = store.apply(.upsert(.httpListenerPolicy(policy)))
    let port = Service.Port(name: "http", port: 81)
    #expect(store.apply(.upsert(Objects.service("pay/card", ports: [port]))).gateways == [other])
    let grant = ReferenceGrant(
      metadata: ObjectMeta(namespace: "pay", name: "g"), from: [], to: [.init(group: "", kind: "Service")])
    #expect(store.apply(.upsert(.referenceGrant(grant))).gateways == [other])
    let inputs = try #require(store.inputs(for: other, settings: .init()))
    #expect(Array(inputs.services.keys) == [NamespacedName(namespace: "pay", name: "card")])
    #expect(inputs.referenceGrants == [grant])
  }

  @Test("a policy that selects by labels follows the labels of the Gateways in its namespace")
  mutating func selectors() {
    guard case .httpListenerPolicy(var policy) = Objects.policy("shop/logs", targets: []) else { return }
    policy.targetSelectors = [.init(matchLabels: ["team": "checkout"])]
    #expect(store.apply(.upsert(.httpListenerPolicy(policy))).gateways.isEmpty)
    func gateway(_ name: String, _ labels: [String: String]) -> KubernetesObject {
      guard case .gateway(var object) = Objects.gateway(name, class: "ours") else { return Objects.gatewayClass("x") }
      object.metadata.labels = labels
      return .gateway(object)
    }
    _ = store.apply(.upsert(gateway("shop/web", ["team": "checkout"])))
    _ = store.apply(.upsert(gateway("pay/web", ["team": "checkout"])))
    #expect(store.policies(of: web).map(\.metadata.name) == ["logs"])
    #expect(store.policies(of: NamespacedName(namespace: "pay", name: "web")).isEmpty)
    policy.accessLog = []
    #expect(store.apply(.upsert(.httpListenerPolicy(policy))).gateways == [web])
    _ = store.apply(.upsert(gateway("shop/web", ["team": "search"])))
    #expect(store.policies(of: web).isEmpty)
  }
}
