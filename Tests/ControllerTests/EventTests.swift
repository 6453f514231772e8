import FoundationEssentials
import KubernetesAPI
import KubernetesClient
import Logging
import RealComponents
import RecordedLog
import Synchronization
import Testing

@testable import Controller

@Suite("Events on policies", .timeLimit(.minutes(1)))
struct EventTests {
  private static let controller = "kgateway.dev/kgateway"
  private let log = RecordedLog()

  private static func ancestor(
    of gateway: String = "web", by controller: String = controller, _ conditions: Condition...
  ) -> PolicyAncestorStatus {
    PolicyAncestorStatus(
      ancestorRef: ParentReference(namespace: "shop", name: gateway), controllerName: controller,
      conditions: conditions)
  }

  private static let accepted = Condition(
    type: "Accepted", status: .yes, reason: "Accepted", message: "The policy is accepted.")

  private static func refused(_ reason: String = "Invalid", _ message: String = "spec.x: wrong") -> Condition {
    Condition(type: "Accepted", status: .no, reason: reason, message: message)
  }

  private static let rejected = Condition(type: "Programmed", status: .no, reason: "ProxyRejected", message: "no")

  private static func policy(named name: String = "logs", _ ancestors: [PolicyAncestorStatus]) -> KubernetesObject {
    .httpListenerPolicy(
      HTTPListenerPolicy(
        metadata: ObjectMeta(namespace: "shop", name: name, uid: "u-1", resourceVersion: "7"),
        ancestorStatuses: ancestors))
  }

  private static func told(_ old: [PolicyAncestorStatus], _ new: [PolicyAncestorStatus]) -> [String] {
    PolicyTransition.transitions(from: old, to: new, controllerName: controller)
      .map { "\($0.severity.rawValue) \($0.reason): \($0.message)" }
  }

  @Test("a refusal is told when it is new, and its recovery when nothing is refused any more")
  func transitions() {
    let good = [Self.ancestor(Self.accepted)]
    let bad = [Self.ancestor(Self.refused())]
    #expect(Self.told([], good) == [])
    #expect(Self.told([], bad) == ["Warning Invalid: spec.x: wrong"])
    #expect(Self.told(good, bad) == ["Warning Invalid: spec.x: wrong"])
    #expect(Self.told(bad, bad) == [])
    #expect(Self.told(bad, good) == ["Normal Accepted: The policy is accepted."])
    #expect(Self.told(good, [Self.ancestor(Self.accepted, Self.rejected)]) == ["Warning ProxyRejected: no"])
    #expect(
      Self.told([Self.ancestor(Self.accepted, Self.rejected)], good) == ["Normal Accepted: The policy is accepted."])
    #expect(Self.told(bad, [Self.ancestor(Self.accepted, Self.rejected)]) == ["Warning ProxyRejected: no"])
    #expect(Self.told(bad, [Self.ancestor(Self.refused("RefNotPermitted", "y"))]) == ["Warning RefNotPermitted: y"])
    #expect(Self.told([Self.ancestor(Self.refused(), Self.rejected)], bad) == [])
    #expect(Self.told(bad, []) == [])
  }

  @Test("a refusal that more proxies share, or of which something else holds after a restart, is not told again")
  func lasting() {
    func rejected(_ words: String, _ circumstances: String) -> [PolicyAncestorStatus] {
      [
        Self.ancestor(
          Self.accepted,
          Condition(
            type: "Programmed", status: .no, reason: "ProxyRejected",
            message:
              "spec.x: Envoy refuses it: \(words); change the field, or remove it (Gateway shop/web: \(circumstances))")
        )
      ]
    }
    #expect(Self.told(rejected("no (really)", "1 of 2"), rejected("no (really)", "2 of 2")) == [])
    #expect(Self.told(rejected("no", "1 of 2"), rejected("not", "1 of 2")).count == 1)
  }

  @Test("the same refusal towards several Gateways is told once, and those of other controllers never")
  func several() {
    let other = Self.ancestor(by: "example.com/other", Self.refused())
    #expect(
      Self.told([], [Self.ancestor(of: "a", Self.refused()), Self.ancestor(of: "b", Self.refused()), other]) == [
        "Warning Invalid: spec.x: wrong"
      ])
    #expect(Self.told([], [other]) == [])
  }

  private func writing(
    to transport: AnsweringTransport, _ body: (EventWriter) async throws -> Void
  ) async throws {
    let writer = EventWriter(
      client: transport.client, controllerName: Self.controller, instance: "pod-a", logger: log.logger)
    try await withThrowingTaskGroup { group in
      group.addTask { await writer.run() }
      try await body(writer)
      group.cancelAll()
    }
  }

  private static func body(_ request: HTTPRequest) -> String { String(decoding: request.body ?? [], as: UTF8.self) }

  @Test("an Event is created in the policy's namespace, with all that the API asks for, and its note cut to size")
  func created() async throws {
    let transport = AnsweringTransport { _, _ in .init() }
    let long = String(repeating: "ä", count: 2000)
    try await writing(to: transport) { writer in
      await writer.statusWritten(
        Self.policy([Self.ancestor(Self.refused("Invalid", long))]), over: Self.policy([]))
      try await eventually("an Event is there") { transport.asked.count == 1 }
    }
    let request = try #require(transport.asked.first)
    #expect(request.method == .post)
    #expect(request.path == "/apis/events.k8s.io/v1/namespaces/shop/events")
    let body = Self.body(request)
    for part in [
      #""kind":"Event""#, #""namespace":"shop""#, #""reportingController":"kgateway.dev/kgateway""#,
      #""reportingInstance":"pod-a""#, #""type":"Warning""#, #""reason":"Invalid""#, #""uid":"u-1""#,
      #""kind":"HTTPListenerPolicy""#, #""name":"logs""#,
    ] { #expect(body.contains(part), "\(part) in \(body)") }
    #expect(body.firstMatch(of: /"eventTime":"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z"/) != nil, "\(body)")
    let note = try #require(body.firstMatch(of: /"note":"([^"]*)"/)).1
    #expect(note.utf8.count <= 1024 && note.utf8.count > 1020 && note.hasSuffix("ä..."))
  }

  @Test("an Event's name is that of an object, however long the policy's")
  func names() async throws {
    let transport = AnsweringTransport { _, _ in .init() }
    let name = String(repeating: "a", count: 229) + "." + String(repeating: "b", count: 23)
    try await writing(to: transport) { writer in
      await writer.statusWritten(
        Self.policy(named: name, [Self.ancestor(Self.refused())]), over: Self.policy(named: name, []))
      try await eventually("an Event is there") { transport.asked.count == 1 }
    }
    let body = try #require(transport.asked.first.map(Self.body))
    let event = try #require(body.firstMatch(of: /"metadata":\{"name":"([^"]*)"/)).1
    #expect(event.utf8.count <= 253)
    #expect(event.wholeMatch(of: /[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*/) != nil, "\(event)")
  }

  @Test("an Event that cannot be written is given up after three tries, and warned of once")
  func givenUp() async throws {
    let transport = AnsweringTransport { request, _ in
      Self.body(request).contains("spec.good") ? .init() : .init(status: 500)
    }
    try await writing(to: transport) { writer in
      await writer.statusWritten(
        Self.policy(named: "a", [Self.ancestor(Self.refused())]), over: Self.policy(named: "a", []))
      try await eventually("three tries") { transport.asked.count == 3 }
      await writer.statusWritten(
        Self.policy(named: "b", [Self.ancestor(Self.refused("Invalid", "spec.good"))]),
        over: Self.policy(named: "b", []))
      try await eventually("the next one is written") { transport.asked.count == 4 }
    }
    #expect(log.messages(.warning).count == 1)
    #expect(log.messages(.debug).count == 2)
  }

  @Test("the times of Events have microseconds")
  func times() {
    #expect(MicroTime.text(of: Date(timeIntervalSince1970: 1_700_000_000.000_25)) == "2023-11-14T22:13:20.000250Z")
    #expect(MicroTime.text(of: Date(timeIntervalSince1970: 0)) == "1970-01-01T00:00:00.000000Z")
    #expect(MicroTime.text(of: Date(timeIntervalSince1970: -0.5)) == "1969-12-31T23:59:59.500000Z")
  }
}
