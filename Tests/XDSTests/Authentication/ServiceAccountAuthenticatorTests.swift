import EnvoyAPI
import GRPCServer
import NIOCore
import NIOHPACK
import RealComponents
import SwiftProtobuf
import Synchronization
import Testing

@testable import XDS

@Suite("Authentication by the token of a ServiceAccount")
struct ServiceAccountAuthenticatorTests {
  private let reviewer = ScriptedReviewer()
  private let clock = TestClock()
  private let counts = Counts()
  private let gateway = GatewayID(namespace: "ns", name: "gw")
  private let user = "system:serviceaccount:ns:gw"
  private let token = TestToken.make("a")

  final class Counts: Sendable {
    private let results = Mutex<[AuthenticationResult]>([])
    var all: [AuthenticationResult] { results.withLock { $0 } }
    func add(_ result: AuthenticationResult) { results.withLock { $0.append(result) } }
  }

  private func authenticator(
    _ change: (inout ServiceAccountAuthenticator.Settings) -> Void = { _ in },
    isServed: @escaping @Sendable (GatewayID) async -> Bool = { _ in true }
  ) -> ServiceAccountAuthenticator {
    var settings = ServiceAccountAuthenticator.Settings()
    change(&settings)
    return ServiceAccountAuthenticator(
      reviewer: reviewer, settings: settings, clock: clock.clock, isServed: isServed, count: counts.add)
  }

  private func request(_ headers: [(String, String)], peer: String = "10.0.0.1") -> GRPCRequest {
    GRPCRequest(
      path: "/x", metadata: HPACKHeaders(headers), peer: try? SocketAddress(ipAddress: peer, port: 40_000))
  }

  private func outcome(
    _ authenticator: ServiceAccountAuthenticator, token: String, peer: String = "10.0.0.1"
  ) async -> Result<GatewayID, StreamRefusal> {
    await outcome(authenticator, [("authorization", "Bearer \(token)")], peer: peer)
  }

  private func outcome(
    _ authenticator: ServiceAccountAuthenticator, _ headers: [(String, String)], peer: String = "10.0.0.1"
  ) async -> Result<GatewayID, StreamRefusal> {
    do throws(StreamRefusal) {
      return .success(try await authenticator.gateway(for: .init(), request: request(headers, peer: peer)))
    } catch {
      return .failure(error)
    }
  }

  private func code(of outcome: Result<GatewayID, StreamRefusal>) -> GRPCStatus.Code? {
    if case .failure(let refusal) = outcome { refusal.status.code } else { nil }
  }

  // MARK: Whose it is

  @Test("the operator is no proxy, whatever Gateways there are, and a proxy is no replica of the operator")
  func replicas() async throws {
    let authenticator = ServiceAccountAuthenticator(
      reviewer: reviewer, settings: .init(), clock: clock.clock,
      operatorAccount: GatewayID(namespace: "kgateway-system", name: "kgateway"), isServed: { _ in true },
      count: counts.add)
    let own = TestToken.make("own")
    reviewer.accept(token, user: user)
    reviewer.accept(own, user: "system:serviceaccount:kgateway-system:kgateway")
    #expect(code(of: await outcome(authenticator, token: own)) == .permissionDenied)
    #expect(try await outcome(authenticator, token: token).get() == gateway)
    try await authenticator.authenticateReplica(request([("authorization", "Bearer \(own)")]))
    for headers in [[("authorization", "Bearer \(token)")], []] {
      await #expect(throws: StreamRefusal.self) { try await authenticator.authenticateReplica(request(headers)) }
    }
    // Calls of replicas are no streams of proxies.
    #expect(counts.all == [.forbidden, .accepted])
  }

  @Test("a good token is its ServiceAccount's Gateway's, whatever the node claims")
  func accepted() async throws {
    reviewer.accept(token, user: user)
    let node = Envoy_Config_Core_V3_Node.with {
      $0.id = "other/gateway"
      $0.cluster = "other/gateway"
    }
    let found = try await authenticator().gateway(
      for: node, request: request([("authorization", "bearer   \(token)")]))
    #expect(found == gateway)
    #expect(counts.all == [.accepted])
  }

  @Test(
    "a user that is not exactly a ServiceAccount is no Gateway's",
    arguments: [
      "kubernetes-admin", "system:serviceaccount:ns", "system:serviceaccount:ns:gw:x", "system:serviceaccount::gw",
      "system:serviceaccount:ns:", "system:node:ns:gw", "x:serviceaccount:ns:gw", " system:serviceaccount:ns:gw",
      "system:serviceaccount:a.b:gw", "system:serviceaccount:NS:gw", "system:serviceaccount:ns:a/b",
      "system:serviceaccount:ns:a..b", "system:serviceaccount:ns:-gw", "system:serviceaccount:ns:gw\n", "",
    ])
  func otherUsers(_ user: String) async {
    reviewer.accept(token, user: user)
    let outcome = await outcome(authenticator(), token: token)
    #expect(code(of: outcome) == .permissionDenied)
    #expect(counts.all == [.forbidden])
  }

  @Test("names may be as long as Kubernetes allows, and have dots where it does")
  func names() {
    let (namespace, name) = (String(repeating: "n", count: 63), String(repeating: "a", count: 251) + ".b")
    #expect(GatewayID(serviceAccountUser: "system:serviceaccount:\(namespace):\(name)")?.name == name)
    #expect(GatewayID(serviceAccountUser: "system:serviceaccount:\(namespace)n:\(name)") == nil)
    #expect(GatewayID(serviceAccountUser: "system:serviceaccount:\(namespace):\(name)b") == nil)
  }

  @Test("a ServiceAccount without a Gateway is refused, and served when its Gateway is there")
  func unknownGateway() async {
    let isThere = Mutex(false)
    let authenticator = authenticator(isServed: { _ in isThere.withLock { $0 } })
    reviewer.accept(token, user: user)
    let refused = await outcome(authenticator, token: token)
    #expect(code(of: refused) == .permissionDenied)
    isThere.withLock { $0 = true }
    #expect(await outcome(authenticator, token: token) == .success(gateway))
    #expect(reviewer.reviewed.count == 1)
  }

  // MARK: What is no token

  @Test(
    "a stream without a bearer token is not asked about",
    arguments: [
      ([], AuthenticationResult.missing), ([("authorization", "Basic YTpi")], .missing),
      ([("authorization", "")], .missing), ([("authorization", "Bearer")], .invalid),
      ([("authorization", "Bearer a b")], .invalid), ([("authorization", "Bearer x.y.z")], .invalid),
      ([("authorization", "Bearer e30.e30")], .invalid), ([("authorization", "Bearer e30.e30.")], .invalid),
      ([("authorization", "Bearer e30.W10.e30")], .invalid), ([("authorization", "Bearer e30.e3!.e30")], .invalid),
      ([("authorization", "Bearer e30.e30.e30"), ("authorization", "Bearer e30.e30.e30")], .invalid),
    ])
  func noToken(_ headers: [(String, String)], _ result: AuthenticationResult) async {
    let outcome = await outcome(authenticator(), headers)
    #expect(code(of: outcome) == .unauthenticated)
    #expect(counts.all == [result])
    #expect(reviewer.reviewed == [])
  }

  @Test("what is refused says nothing to the client, and nothing of the token to anybody")
  func messages() async throws {
    struct Leaking: TokenReviewer {
      func review(token: String) async throws -> TokenVerdict { .refused(reason: "bad: \(token)\nx") }
    }
    let leaking = ServiceAccountAuthenticator(
      reviewer: Leaking(), settings: .init(), clock: clock.clock, isServed: { _ in true }, count: counts.add)
    for outcome in [await outcome(leaking, token: token), await outcome(authenticator(), token: token)] {
      guard case .failure(let refusal) = outcome else {
        Issue.record("it was accepted")
        return
      }
      #expect(refusal.status == GRPCStatus(.unauthenticated, "the bearer token is not accepted"))
      #expect(refusal.reason.hasPrefix("the review of its token says: "))
      for part in token.split(separator: ".") { #expect(!refusal.reason.contains(part)) }
    }
    let parsed = try BearerToken(token)
    #expect("\(parsed) \(String(reflecting: parsed))" == "a bearer token a bearer token")
    var dumped = ""
    dump(parsed, to: &dumped)
    #expect(!dumped.contains(token))
  }

  // MARK: What is remembered

  @Test(
    "a good token is asked about again after ten minutes, or shortly before it expires",
    arguments: [(3600, 600), (300, 290), (nil, 600)] as [(Int?, Int)])
  func lifetime(expiry: Int?, seconds: Int) async {
    let token = TestToken.make("a", expiry: expiry)
    reviewer.accept(token, user: user)
    let authenticator = authenticator()
    for _ in 0..<3 { #expect(await outcome(authenticator, token: token) == .success(gateway)) }
    clock.advance(by: .seconds(seconds - 1))
    #expect(await outcome(authenticator, token: token) == .success(gateway))
    #expect(reviewer.reviewed.count == 1)
    clock.advance(by: .seconds(1))
    reviewer.refuse(token)
    #expect(code(of: await outcome(authenticator, token: token)) == .unauthenticated)
    #expect(reviewer.reviewed.count == 2)
  }

  @Test("while nobody can be asked, a token that was good is good until it expires, and no other is")
  func standby() async {
    let (known, bad, new) = (token, TestToken.make("bad"), TestToken.make("new"))
    reviewer.accept(known, user: user)
    reviewer.accept(new, user: user)
    let authenticator = authenticator()
    #expect(await outcome(authenticator, token: known) == .success(gateway))
    #expect(code(of: await outcome(authenticator, token: bad)) == .unauthenticated)
    reviewer.isUnreachable = true
    clock.advance(by: .seconds(3_000))
    #expect(await outcome(authenticator, token: known) == .success(gateway))
    for other in [bad, new] { #expect(code(of: await outcome(authenticator, token: other)) == .unavailable) }
    // Ten seconds before it expires.
    clock.advance(by: .seconds(589))
    #expect(await outcome(authenticator, token: known) == .success(gateway))
    clock.advance(by: .seconds(1))
    #expect(code(of: await outcome(authenticator, token: known)) == .unavailable)
  }

  @Test("a token that is refused is not good again because nobody can be asked")
  func revokedBefore() async {
    reviewer.accept(token, user: user)
    let authenticator = authenticator()
    #expect(await outcome(authenticator, token: token) == .success(gateway))
    clock.advance(by: .seconds(600))
    reviewer.refuse(token)
    #expect(code(of: await outcome(authenticator, token: token)) == .unauthenticated)
    reviewer.isUnreachable = true
    clock.advance(by: .seconds(11))
    #expect(code(of: await outcome(authenticator, token: token)) == .unavailable)
  }

  @Test(
    "a token that says nothing of its expiry, or has more than a day left, is good for a day while nobody can be asked",
    arguments: [nil, 24 * 3600 + 10, 48 * 3600])
  func standbyWithoutExpiry(expiry: Int?) async {
    let token = TestToken.make("a", expiry: expiry)
    reviewer.accept(token, user: user)
    let authenticator = authenticator()
    #expect(await outcome(authenticator, token: token) == .success(gateway))
    reviewer.isUnreachable = true
    clock.advance(by: .seconds(24 * 3600 - 1))
    #expect(await outcome(authenticator, token: token) == .success(gateway))
    clock.advance(by: .seconds(1))
    #expect(code(of: await outcome(authenticator, token: token)) == .unavailable)
  }

  @Test("those that wait for their turn when nobody answers are told what is known of their tokens")
  func standbyInQueue() async {
    let authenticator = authenticator { $0.runningReviews = 1 }
    let (known, new) = (token, TestToken.make("new"))
    reviewer.accept(known, user: user)
    #expect(await outcome(authenticator, token: known) == .success(gateway))
    clock.advance(by: .seconds(600))
    reviewer.isUnreachable = true
    reviewer.hold()
    async let first = outcome(authenticator, token: new)
    while reviewer.reviewed.count < 2 { await Task.yield() }
    async let second = outcome(authenticator, token: known)
    while authenticator.reviews.pendingCount < 2 { await Task.yield() }
    reviewer.release()
    #expect(code(of: await first) == .unavailable)
    #expect(await second == .success(gateway))
  }

  @Test("a token that expires at once, or says that it has, is not remembered", arguments: [5, -100])
  func expiring(expiry: Int) async {
    let token = TestToken.make("a", expiry: expiry)
    reviewer.accept(token, user: user)
    let authenticator = authenticator()
    for _ in 0..<2 { _ = await outcome(authenticator, token: token) }
    #expect(reviewer.reviewed.count == 2)
  }

  @Test("a bad token is asked about again after ten seconds")
  func failureLifetime() async {
    let authenticator = authenticator()
    for _ in 0..<3 { #expect(code(of: await outcome(authenticator, token: token)) == .unauthenticated) }
    #expect(reviewer.reviewed.count == 1)
    clock.advance(by: .seconds(10))
    reviewer.accept(token, user: user)
    #expect(await outcome(authenticator, token: token) == .success(gateway))
  }

  @Test("an API server that does not answer is not remembered")
  func unavailable() async {
    let authenticator = authenticator()
    reviewer.accept(token, user: user)
    reviewer.isUnreachable = true
    // More often than an address may fail: this is not the proxy's fault.
    for _ in 0..<30 { #expect(code(of: await outcome(authenticator, token: token)) == .unavailable) }
    reviewer.isUnreachable = false
    #expect(await outcome(authenticator, token: token) == .success(gateway))
    #expect(counts.all == Array(repeating: .unavailable, count: 30) + [.accepted])
  }

  @Test("no more tokens are remembered than there is room for")
  func bounded() async {
    let authenticator = authenticator { $0.knownTokens = 10 }
    let tokens = (0..<100).map { TestToken.make("\($0)") }
    for token in tokens { reviewer.accept(token, user: user) }
    for token in tokens { _ = await outcome(authenticator, token: token) }
    _ = await outcome(authenticator, token: tokens[99])
    #expect(reviewer.reviewed.count == 100)
    _ = await outcome(authenticator, token: tokens[0])
    #expect(reviewer.reviewed.count == 101)
  }

  // MARK: Reviews under way

  @Test("streams with one token share a review, which goes on when the first of them ends")
  func shared() async throws {
    let authenticator = authenticator()
    reviewer.accept(token, user: user)
    reviewer.hold()
    let first = Task { await outcome(authenticator, token: token) }
    try await eventually("it is under way") { reviewer.reviewed.count == 1 }
    let others = (0..<50).map { _ in Task { await outcome(authenticator, token: token) } }
    first.cancel()
    let cancelled = await first.value
    #expect(code(of: cancelled) == .cancelled)
    reviewer.release()
    for other in others { #expect(await other.value == .success(gateway)) }
    #expect(reviewer.reviewed.count == 1)
    #expect(counts.all == Array(repeating: .accepted, count: 50))
  }

  @Test("so many reviews run at a time, the others wait for their turn, and what nobody waits for is not made")
  func turns() async throws {
    let authenticator = authenticator {
      $0.runningReviews = 3
      $0.pendingReviews = 10
    }
    reviewer.hold()
    let tokens = (0..<10).map { TestToken.make("\($0)") }
    for token in tokens { reviewer.accept(token, user: user) }
    var tasks: [Task<Result<GatewayID, StreamRefusal>, Never>] = []
    for (index, token) in tokens.enumerated() {
      tasks.append(Task { await outcome(authenticator, token: token, peer: "10.0.0.\(index)") })
    }
    try await eventually("all are there") { authenticator.reviews.pendingCount == 10 && reviewer.reviewed.count == 3 }
    let over = await outcome(authenticator, token: TestToken.make("over"), peer: "10.0.1.1")
    #expect(code(of: over) == .unavailable)
    let running = Set(reviewer.reviewed)
    #expect(running.count == 3)
    let waiting = tokens.indices.filter { !running.contains(tokens[$0]) }
    for index in waiting.suffix(2) {
      tasks[index].cancel()
      _ = await tasks[index].value
    }
    reviewer.release()
    for index in tokens.indices where !waiting.suffix(2).contains(index) {
      #expect(await tasks[index].value == .success(gateway))
    }
    #expect(reviewer.reviewed.count == 8)
    #expect(reviewer.mostRunning == 3)
  }

  @Test("when nobody answers, those that wait for their turn are told at once")
  func unavailableQueue() async throws {
    let authenticator = authenticator { $0.runningReviews = 1 }
    reviewer.isUnreachable = true
    reviewer.hold()
    let tasks = (0..<10).map { number in
      Task { await outcome(authenticator, token: TestToken.make("\(number)")) }
    }
    try await eventually("all are there") { authenticator.reviews.pendingCount == 10 && reviewer.reviewed.count == 1 }
    reviewer.release()
    for task in tasks { #expect(code(of: await task.value) == .unavailable) }
    #expect(reviewer.reviewed.count == 1)
    #expect(authenticator.reviews.pendingCount == 0)
  }

  // MARK: Too many failures

  @Test("a flood of bad tokens from one address is not a flood of reviews, and hurts no other address")
  func flood() async {
    let authenticator = authenticator()
    for number in 0..<200 {
      let outcome = await outcome(authenticator, token: TestToken.make("\(number)"))
      #expect(code(of: outcome) == (number < 20 ? .unauthenticated : .resourceExhausted))
    }
    #expect(reviewer.reviewed.count == 20)
    #expect(counts.all.count { $0 == .limited } == 180)

    reviewer.accept(token, user: user)
    #expect(await outcome(authenticator, token: token, peer: "10.0.0.2") == .success(gateway))
    // What is known needs no review, wherever it comes from.
    #expect(await outcome(authenticator, token: token) == .success(gateway))
    clock.advance(by: .seconds(3))
    #expect(code(of: await outcome(authenticator, token: TestToken.make("more"))) == .unauthenticated)
    #expect(code(of: await outcome(authenticator, token: TestToken.make("and more"))) == .resourceExhausted)
  }

  @Test("a flood at once is no more reviews than one after the other")
  func floodAtOnce() async {
    let authenticator = authenticator()
    await withTaskGroup { group in
      for number in 0..<200 {
        group.addTask { _ = await outcome(authenticator, token: TestToken.make("\(number)")) }
      }
    }
    #expect(reviewer.reviewed.count == 20)
  }

  @Test("good tokens from one address are not counted against it")
  func goodTokens() async {
    let authenticator = authenticator()
    for number in 0..<100 {
      let token = TestToken.make("\(number)")
      reviewer.accept(token, user: user)
      #expect(await outcome(authenticator, token: token) == .success(gateway))
    }
  }

  @Test("addresses without number take no more memory than there is for them")
  func manyAddresses() {
    var table = RecentTable<Int, Int>(capacity: 100)
    for number in 0..<10_000 {
      table.insert(number, for: number)
      #expect(table.use(number) == number)
      #expect(table.count <= 100)
    }
    for number in 9_950..<10_000 { #expect(table.use(number) == number) }
    #expect(table.use(0) == nil)
  }
}
