import EnvoyAPI
import KubernetesAPI
import Logging
import PrometheusMetrics
import RealComponents
import RecordedLog
import Synchronization
import Testing
import XDS

@testable import Controller

/// A check that tests answer.
final class ScriptedValidator: ConfigurationValidator {
  private struct State {
    var asked: [String] = []
    var waiting: [CheckedContinuation<ValidationVerdict, Never>] = []
    var answer: ValidationVerdict?
  }

  private let state = Mutex(State())

  /// The Gateways of the listeners that were to be checked, in order.
  var asked: [String] { state.withLock(\.asked) }

  func forget() { state.withLock { $0.asked = [] } }

  /// Answers all that wait, and from now on at once; nil lets wait again.
  func answer(_ verdict: ValidationVerdict?) {
    let waiting = state.withLock { state in
      state.answer = verdict
      defer { if verdict != nil { state.waiting = [] } }
      return verdict == nil ? [] : state.waiting
    }
    for continuation in waiting { continuation.resume(returning: verdict ?? .accepted) }
  }

  func verdict(on candidate: ListenerCandidate) async -> ValidationVerdict {
    await withCheckedContinuation { continuation in
      let answer = state.withLock { state in
        state.asked.append("\(candidate.gateway.name) \(candidate.listener.name)")
        if state.answer == nil { state.waiting.append(continuation) }
        return state.answer
      }
      if let answer { continuation.resume(returning: answer) }
    }
  }
}

@Suite("Listeners are checked before they are served", .timeLimit(.minutes(1)))
struct ValidationTests {
  private let ourClass = Objects.gatewayClass("ours")
  private let web = Objects.gateway("shop/web", class: "ours")
  private let other = Objects.gateway("shop/other", class: "ours", ports: [81])
  private let cart = Objects.service("shop/cart")
  private let cartRoute = Objects.route("shop/cart", parents: ["web"], backends: ["cart"])
  private let logs = Objects.policy("shop/logs", targets: ["web"])

  private func slice(_ address: String) -> KubernetesObject {
    Objects.slice("shop/cart-1", of: "cart", addresses: [address])
  }

  /// A Gateway with a route, served without its policy.
  private func withShop(
    _ body: (RunningReconciler, ScriptedValidator) async throws -> Void
  ) async throws {
    let validator = ScriptedValidator()
    validator.answer(.accepted)
    try await RunningReconciler.synced(
      with: [ourClass, web, other, cart, cartRoute, slice("10.0.0.1")], validator: validator
    ) { running in
      try await eventually("both listeners are served") {
        running.served("shop/web", .listener).count == 1 && running.served("shop/other", .listener).count == 1
      }
      validator.forget()
      validator.answer(nil)
      defer { validator.answer(.accepted) }
      try await body(running, validator)
    }
  }

  @Test("a changed listener waits for its check; routes, endpoints and other Gateways do not")
  func onlyListenersWait() async throws {
    try await withShop { running, validator in
      let before = running.served("shop/web", .listener)
      await running.apply([logs])
      try await eventually("the check is under way") { validator.asked == ["web listener~80"] }
      #expect(running.served("shop/web", .listener) == before)

      let endpoints = running.served("shop/web", .endpoint)
      await running.apply([slice("10.0.0.2")])
      #expect(running.served("shop/web", .endpoint) != endpoints)

      let routes = running.served("shop/web", .route)
      await running.apply([Objects.route("shop/cart", parents: ["web"], backends: ["cart"], path: "/new")])
      try await eventually("the route is served") { running.served("shop/web", .route) != routes }
      #expect(running.served("shop/web", .listener) == before)

      let others = running.served("shop/other", .route)
      await running.apply([Objects.route("shop/more", parents: ["other"], backends: ["cart"])])
      try await eventually("the other Gateway is served") { running.served("shop/other", .route) != others }

      validator.answer(.accepted)
      try await eventually("the listener is served") { running.served("shop/web", .listener) != before }
      #expect(running.metrics.validations[.accepted].value == 3)
    }
  }

  @Test("a change that leaves the listener as it is needs no check, nor does one that was checked before")
  func cached() async throws {
    try await withShop { running, validator in
      let first = running.served("shop/web", .listener)
      validator.answer(.accepted)
      await running.apply([logs])
      try await eventually("the listener is served") { running.served("shop/web", .listener) != first }
      let count = validator.asked.count
      await running.delete(logs)
      try await eventually("the first listener is served") { running.served("shop/web", .listener) == first }
      await running.apply([Objects.route("shop/cart", parents: ["web"], backends: ["cart"], path: "/new")])
      try await running.finish(5)
      #expect(validator.asked.count == count)
    }
  }

  @Test("a Gateway that changes during a check is checked once more, with its newest state only")
  func newestOnly() async throws {
    try await withShop { running, validator in
      let before = running.served("shop/web", .listener)
      for number in 0..<5 {
        await running.apply([Objects.policy("shop/logs-\(number)", targets: ["web"])])
        try await running.finish(UInt64(3 + number))
      }
      #expect(validator.asked.count == 1)
      #expect(running.served("shop/web", .listener) == before)
      validator.answer(.accepted)
      let newest = try #require(running.snapshot("shop/web")).resources(.listener)
      try await eventually("the newest is served") { running.served("shop/web", .listener) == newest }
      #expect(validator.asked.count == 2)
    }
  }

  @Test("a listener that is refused is never served, its policy says why, and the mend is served")
  func refused() async throws {
    try await withShop { running, validator in
      let before = running.served("shop/web", .listener)
      validator.answer(.refused("no such thing"))
      await running.apply([logs, Objects.policy("shop/more", targets: ["other"])])
      try await eventually("the policies are told") {
        let statuses = [await running.policyStatus("shop/logs"), await running.policyStatus("shop/more")]
        return statuses.allSatisfy { $0.contains { $0.hasSuffix("Programmed=False (ProxyRejected)") } }
      }
      #expect(running.served("shop/web", .listener) == before)
      #expect(running.log.messages(.error).count == 2)
      #expect(running.log.messages(.error).first?.contains("no such thing") == true)
      #expect(running.statusSink.references.contains("HTTPListenerPolicy shop/logs"))

      await running.delete(logs)
      try await eventually("the log tells") {
        running.log.messages(.notice).contains("HTTPListenerPolicy shop/logs is no longer refused")
      }
      #expect(running.served("shop/web", .listener) == before)
      // It is known, so that it is not tried again.
      let count = validator.asked.count
      await running.apply([logs])
      try await eventually("the policy is told again") { await running.policyStatus("shop/logs").count == 2 }
      #expect(validator.asked.count == count)
      #expect(running.served("shop/web", .listener) == before)
    }
  }

  @Test("where the check itself fails, the listener is served and the log warns")
  func unavailable() async throws {
    try await withShop { running, validator in
      let before = running.served("shop/web", .listener)
      validator.answer(.unavailable("took too long"))
      await running.apply([logs])
      try await eventually("the listener is served") { running.served("shop/web", .listener) != before }
      #expect(running.log.messages(.warning).count { $0.contains("without a check: took too long") } == 1)
      #expect(await running.policyStatus("shop/logs") == ["web: Accepted=True (Accepted)"])
    }
  }

  @Test("only the newest verdicts are remembered, and none of a check that failed")
  func bounded() throws {
    var book = ValidationBook()
    let listener = Envoy_Config_Listener_V3_Listener()
    func pending(_ number: Int) throws -> ValidationBook.Pending {
      ValidationBook.Pending(
        resource: try EncodedResource(type: .listener, name: "\(number)", message: listener),
        candidate: ListenerCandidate(
          gateway: Objects.name("shop/web"), listener: listener, clusters: [], routes: []),
        key: "\(number)")
    }
    for number in 0..<3000 { book.keep(number.isMultiple(of: 2) ? .accepted : .refused("no"), on: try pending(number)) }
    book.keep(.unavailable("no"), on: try pending(3000))
    #expect(book.count == ValidationBook.verdictLimit)
    #expect(book.verdict(on: try pending(2999)) == .refused("no"))
    #expect(book.verdict(on: try pending(2998)) == .accepted)
    #expect(book.verdict(on: try pending(2999 - ValidationBook.verdictLimit)) == nil)
    #expect(book.verdict(on: try pending(3000)) == nil)
  }

  @Test("a Gateway that goes away during a check stays away")
  func removedDuringCheck() async throws {
    try await withShop { running, validator in
      await running.apply([logs])
      try await eventually("the check is under way") { validator.asked == ["web listener~80"] }
      await running.delete(web)
      try await eventually("it is gone") { running.snapshot("shop/web") == nil }
      validator.answer(.accepted)
      try await running.finish(4)
      #expect(running.snapshot("shop/web") == nil)
    }
  }
}
