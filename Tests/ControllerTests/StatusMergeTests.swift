import KubernetesAPI
import Testing

@testable import Controller

@Suite("Putting an own status into the stored one")
struct StatusMergeTests {
  private static let ours = "kgateway.dev/kgateway"
  private static let then = "2026-01-01T00:00:00Z"
  private static let now = "2026-02-02T00:00:00Z"

  private func merge(_ desired: DesiredStatus, into object: KubernetesObject) -> KubernetesObject? {
    StatusMerge.merge(desired, into: object, controllerName: Self.ours, now: Self.now)
  }

  private static func accepted(_ status: Condition.Status = .yes, message: String = "", at time: String = "")
    -> Condition
  {
    Condition(
      type: "Accepted", status: status, reason: status == .yes ? "Accepted" : "Invalid", message: message,
      observedGeneration: 1, lastTransitionTime: time)
  }

  private static func route(_ entries: [RouteParentStatus]) -> KubernetesObject {
    .httpRoute(
      HTTPRoute(
        metadata: Objects.metadata("shop/cart"), parentRefs: [ParentReference(name: "web")], parentStatuses: entries))
  }

  private static func entry(_ gateway: String, by controller: String = ours, _ condition: Condition)
    -> RouteParentStatus
  {
    RouteParentStatus(parentRef: ParentReference(name: gateway), controllerName: controller, conditions: [condition])
  }

  private func merged(_ entries: [RouteParentStatus], into stored: [RouteParentStatus]) -> [RouteParentStatus]? {
    let id = Objects.name("shop/cart")
    guard case .httpRoute(let route)? = merge(.httpRoute(id, entries), into: Self.route(stored)) else { return nil }
    return route.parentStatuses
  }

  @Test("what is stored already is not written, in whatever order the entries are")
  func nothingNew() {
    let stored = [
      Self.entry("web", Self.accepted(at: Self.then)), Self.entry("web", by: "theirs", Self.accepted(at: Self.then)),
      Self.entry("other", Self.accepted(at: Self.then)),
    ]
    #expect(merged([Self.entry("other", Self.accepted()), Self.entry("web", Self.accepted())], into: stored) == nil)
  }

  @Test("a condition's time moves with its status, and not with its message or generation")
  func transitionTime() {
    let stored = [Self.entry("web", Self.accepted(message: "old", at: Self.then))]
    #expect(
      merged([Self.entry("web", Self.accepted(message: "new"))], into: stored)
        == [Self.entry("web", Self.accepted(message: "new", at: Self.then))])
    #expect(
      merged([Self.entry("web", Self.accepted(.no))], into: stored)
        == [Self.entry("web", Self.accepted(.no, at: Self.now))])
  }

  @Test("the entries of other controllers stay as they are, and own ones that are not wanted any more go")
  func otherControllers() {
    let theirs = Self.entry("web", by: "theirs", Self.accepted(.no, at: Self.then))
    let stored = [Self.entry("gone", Self.accepted(at: Self.then)), theirs]
    #expect(merged([], into: stored) == [theirs])
    #expect(
      merged([Self.entry("web", Self.accepted())], into: stored)
        == [theirs, Self.entry("web", Self.accepted(at: Self.now))])
  }

  @Test("a policy's entries are told apart by what they speak of")
  func policy() {
    let id = Objects.name("shop/logs")
    func entry(_ gateway: String, _ condition: Condition) -> PolicyAncestorStatus {
      PolicyAncestorStatus(
        ancestorRef: ParentReference(namespace: "shop", name: gateway), controllerName: Self.ours,
        conditions: [condition])
    }
    let stored = HTTPListenerPolicy(
      metadata: Objects.metadata("shop/logs"), ancestorStatuses: [entry("web", Self.accepted(at: Self.then))])
    let desired = [entry("web", Self.accepted()), entry("other", Self.accepted())]
    guard
      case .httpListenerPolicy(let policy)? = merge(
        .httpListenerPolicy(id, desired), into: .httpListenerPolicy(stored))
    else {
      Issue.record("nothing is written")
      return
    }
    #expect(
      policy.ancestorStatuses == [
        entry("web", Self.accepted(at: Self.then)), entry("other", Self.accepted(at: Self.now)),
      ])
  }

  @Test("a Gateway keeps the conditions of others, and loses the status of a listener that is gone")
  func gateway() {
    func listener(_ name: String, routes: Int = 0, at time: String) -> GatewayStatus.ListenerStatus {
      .init(name: name, attachedRoutes: routes, conditions: [Self.accepted(at: time)])
    }
    func stored(_ listeners: [GatewayStatus.ListenerStatus]) -> KubernetesObject {
      let foreign = Condition(type: "example.com/Billed", status: .yes, reason: "Paid", lastTransitionTime: Self.then)
      return .gateway(
        Gateway(
          metadata: Objects.metadata("shop/web"), gatewayClassName: "ours",
          status: GatewayStatus(conditions: [Self.accepted(at: Self.then), foreign], listeners: listeners)))
    }
    let desired = DesiredStatus.gateway(
      Objects.name("shop/web"),
      GatewayStatus(conditions: [Self.accepted()], listeners: [listener("a", routes: 2, at: "")]))

    #expect(merge(desired, into: stored([listener("a", routes: 2, at: Self.then)])) == nil)
    for before in [
      [listener("a", routes: 2, at: Self.then), listener("b", at: Self.then)],
      [listener("a", routes: 1, at: Self.then)],
    ] {
      guard case .gateway(let gateway)? = merge(desired, into: stored(before)) else {
        Issue.record("nothing is written")
        continue
      }
      // What is written is the own part alone: server-side apply leaves the conditions of others where they are.
      #expect(gateway.status.conditions == [Self.accepted(at: Self.then)])
      #expect(gateway.status.listeners == [listener("a", routes: 2, at: Self.then)])
    }
  }

  @Test("a GatewayClass that was accepted is not written again")
  func gatewayClass() {
    func stored(_ conditions: [Condition]) -> KubernetesObject {
      .gatewayClass(GatewayClass(metadata: ObjectMeta(name: "ours"), controllerName: Self.ours, conditions: conditions))
    }
    let desired = DesiredStatus.gatewayClass("ours", [Self.accepted()])
    #expect(merge(desired, into: stored([Self.accepted(at: Self.then)])) == nil)
    let waiting = Condition(type: "Accepted", status: .unknown, reason: "Waiting", lastTransitionTime: Self.then)
    #expect(merge(desired, into: stored([waiting])) == stored([Self.accepted(at: Self.now)]))
  }
}
