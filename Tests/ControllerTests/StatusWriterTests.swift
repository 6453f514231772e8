import Controller
import KubernetesAPI
import KubernetesClient
import Logging
import PrometheusMetrics
import RealComponents
import RecordedLog
import Synchronization
import Testing

@Suite("Writing statuses", .timeLimit(.minutes(1)))
struct StatusWriterTests {
  private static let reference = ObjectReference(kind: .gatewayClass, id: Objects.name("ours"))
  private let log = RecordedLog()
  private let metrics = ControlPlaneMetrics(
    build: BuildInformation(version: "0", commit: "0", swiftVersion: "0", envoyVersion: "0"))

  private static func stored(_ conditions: [Condition] = [], resourceVersion: String = "1") -> KubernetesObject {
    .gatewayClass(
      GatewayClass(
        metadata: ObjectMeta(name: "ours", resourceVersion: resourceVersion), controllerName: "kgateway.dev/kgateway",
        conditions: conditions))
  }

  private static func status(_ object: KubernetesObject = stored()) -> ObjectStatus {
    let accepted = Condition(type: "Accepted", status: .yes, reason: "Accepted", observedGeneration: 1)
    return ObjectStatus(object: object, desired: .gatewayClass("ours", [accepted]))
  }

  private static func refusal(_ code: Int, _ reason: String) -> AnsweringTransport.Answer {
    .init(
      status: code,
      body: #"{"kind":"Status","status":"Failure","reason":"\#(reason)","message":"no","code":\#(code)}"#)
  }

  /// Tells a writer of a change and runs it while `body` runs.
  private func writing(
    to transport: AnsweringTransport, _ current: @escaping @Sendable (ObjectReference) async -> ObjectStatus?,
    _ body: () async throws -> Void
  ) async throws {
    let writer = StatusWriter(
      client: transport.client, controllerName: "kgateway.dev/kgateway", metrics: metrics, logger: log.logger)
    try await withThrowingTaskGroup { group in
      group.addTask { await writer.run(current: current) }
      await writer.statusChanged(of: [Self.reference])
      try await body()
      group.cancelAll()
    }
  }

  @Test("a status is applied to the status sub-resource, under the own field manager")
  func applies() async throws {
    let transport = AnsweringTransport { _, _ in .init() }
    try await writing(to: transport) { _ in
      Self.status()
    } _: {
      try await eventually("written") { metrics.statusWrites[.success].value == 1 }
    }
    let request = try #require(transport.asked.first)
    #expect(request.method == .patch)
    #expect(request.path == "/apis/gateway.networking.k8s.io/v1/gatewayclasses/ours/status")
    #expect(request.parameter("fieldManager") == "kgateway")
    #expect(transport.asked.count == 1)
  }

  @Test("only a leader writes, and no write outlives its leadership")
  func leadership() async throws {
    let transport = AnsweringTransport { _, _ in .init() }
    let leadership = Leadership.elected
    let looks = Looks()
    let writer = StatusWriter(
      client: transport.client, controllerName: "kgateway.dev/kgateway", metrics: metrics, logger: log.logger,
      leadership: leadership)
    try await withThrowingTaskGroup { group in
      group.addTask {
        await writer.run { _ in
          // The leadership ends between the first look at the object and the write.
          if looks.next() == 1 { leadership.set(until: .now) }
          return Self.status()
        }
      }
      await writer.statusChanged(of: [Self.reference])
      leadership.set(until: .now + .seconds(20))
      await writer.statusChanged(of: [Self.reference])
      try await eventually("looked at") { looks.count == 1 }
      #expect(transport.asked.isEmpty)
      leadership.set(until: .now + .seconds(20))
      await writer.statusChanged(of: [Self.reference])
      try await eventually("written") { metrics.statusWrites[.success].value >= 1 }
      group.cancelAll()
    }
    let timeout = try #require(transport.asked.first?.timeouts.total)
    #expect(timeout <= .seconds(20))
    #expect(log.messages(.warning).isEmpty)
  }

  private final class Looks: Sendable {
    private let number = Mutex(0)

    var count: Int { number.withLock { $0 } }

    func next() -> Int {
      number.withLock {
        $0 += 1
        return $0
      }
    }
  }

  @Test("a status that is stored already is not written, nor that of an object which is gone")
  func nothingToWrite() async throws {
    let transport = AnsweringTransport { _, _ in .init() }
    let accepted = Condition(
      type: "Accepted", status: .yes, reason: "Accepted", observedGeneration: 1,
      lastTransitionTime: "2026-01-01T00:00:00Z")
    for current in [Self.status(Self.stored([accepted])), nil] {
      let looks = Mutex(0)
      try await writing(to: transport) { _ in
        looks.withLock { $0 += 1 }
        return current
      } _: {
        try await eventually("looked at") { looks.withLock(\.self) == 1 }
      }
    }
    #expect(transport.asked.isEmpty)
  }

  @Test("a write that meets a newer object is made again from that")
  func conflict() async throws {
    let transport = AnsweringTransport { _, number in number == 0 ? Self.refusal(409, "Conflict") : .init() }
    let looks = Mutex(0)
    try await writing(to: transport) { _ in
      looks.withLock { $0 += 1 }
      return Self.status()
    } _: {
      try await eventually("written") { metrics.statusWrites[.success].value == 1 }
    }
    #expect(metrics.statusWrites[.conflict].value == 1)
    #expect(looks.withLock(\.self) == 2)
    #expect(log.messages(.warning).isEmpty)
  }

  @Test("a write that will never be taken is told once and not made again")
  func refused() async throws {
    let transport = AnsweringTransport { _, _ in Self.refusal(422, "Invalid") }
    try await writing(to: transport) { _ in
      Self.status()
    } _: {
      try await eventually("told") { !log.messages(.error).isEmpty }
    }
    #expect(log.messages(.error).first?.hasPrefix("the API server refuses the status of GatewayClass ours") == true)
    #expect(metrics.statusWrites[.failed].value == 1)
    #expect(transport.asked.count == 1)
  }

  @Test("an object that is deleted while its status is written is no failure")
  func deletedMeanwhile() async throws {
    let transport = AnsweringTransport { _, _ in Self.refusal(404, "NotFound") }
    let looks = Mutex(0)
    try await writing(to: transport) { _ in
      looks.withLock { looks in
        looks += 1
        return looks == 1 ? Self.status() : nil
      }
    } _: {
      try await eventually("looked at again") { looks.withLock(\.self) == 2 }
    }
    #expect(metrics.statusWrites[.failed].value == 0)
    #expect(log.messages(.error).isEmpty)
  }

  @Test("a write that the end cuts off is no failure")
  func cancelled() async throws {
    let transport = AnsweringTransport { _, _ in
      try await Task.sleep(for: .seconds(3600))
      return .init()
    }
    try await writing(to: transport) { _ in
      Self.status()
    } _: {
      try await eventually("under way") { !transport.asked.isEmpty }
    }
    #expect(metrics.statusWrites[.failed].value == 0)
    #expect(log.messages(.warning).isEmpty)
  }
}
