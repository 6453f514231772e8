import APIServerDouble
import GRPCServer
import KubernetesClient
import Logging
import NIOCore
import NIOPosix
import NIOSSL
import PrometheusMetrics
import Synchronization

@testable import Replicas
@testable import XDS

/// A replica that serves the calls of others: its store, and the service on a port of 127.0.0.1.
struct ReplicaBed {
  static let gateway = GatewayID(namespace: "ns", name: "gw")
  static let account = GatewayID(namespace: "kgateway-system", name: "kgateway")

  let store: SnapshotStore
  let reports: ReplicaReports
  let address: String
  let metrics: ControlPlaneMetrics
  let state: State

  /// What the test decides.
  final class State: Sendable {
    private let leads = Mutex(true)
    private let offset = Mutex(Duration.zero)

    var isLeader: Bool { leads.withLock { $0 } }
    var now: ContinuousClock.Instant { .now + offset.withLock { $0 } }

    func lead(_ value: Bool) { leads.withLock { $0 = value } }
    func advance(by duration: Duration) { offset.withLock { $0 += duration } }
  }

  /// Accepts tokens that are the name of a user.
  private struct Reviewer: TokenReviewer {
    func review(token: String) async throws -> TokenVerdict {
      guard let user = users[token] else { return .refused(reason: "no") }
      return .accepted(user: user)
    }
  }

  /// The user of each token. The text is base64 of what a JSON Web Token has, without anything in it.
  static let replicaToken = "e30.e30.b25l"
  static let proxyToken = "e30.e30.dHdv"
  static let unknownToken = "e30.e30.dGhyZWU"
  private static let users = [
    replicaToken: "system:serviceaccount:kgateway-system:kgateway", proxyToken: "system:serviceaccount:ns:gw",
  ]

  static func withRunning(
    limits: ReplicaReports.Limits = .init(), tls: Bool = false, _ body: (ReplicaBed) async throws -> Void
  ) async throws {
    let (store, state, logger) = (SnapshotStore(), State(), Logger(label: "test"))
    let metrics = makeMetrics()
    let reports = ReplicaReports(store: store, limits: limits, now: { state.now }, isLeader: { state.isLeader })
    var router = GRPCRouter()
    ReplicaService(
      reports: reports,
      authenticator: ServiceAccountAuthenticator(
        reviewer: Reviewer(), operatorAccount: account, isServed: { _ in true }, count: { _ in }),
      results: metrics.replicaReports, logger: logger
    ).register(in: &router)
    var configuration = GRPCServer.Configuration(host: "127.0.0.1", port: 0)
    if tls { configuration.tls = try serverTLS() }
    let server = GRPCServer(
      configuration: configuration, router: router, group: MultiThreadedEventLoopGroup.singleton, logger: logger)
    let port = try await server.start().port ?? 0
    try await withThrowingTaskGroup(of: Void.self) { group in
      group.addTask { try await server.run() }
      defer { server.beginGracefulShutdown() }
      try await body(
        ReplicaBed(store: store, reports: reports, address: "127.0.0.1:\(port)", metrics: metrics, state: state))
    }
  }

  private static func serverTLS() throws -> TLSConfiguration {
    .makeServerConfiguration(
      certificateChain: try NIOSSLCertificate.fromPEMBytes(Array(TestCertificates.server.utf8)).map {
        .certificate($0)
      },
      privateKey: .privateKey(try NIOSSLPrivateKey(bytes: Array(TestCertificates.serverKey.utf8), format: .pem)))
  }

  static func makeMetrics() -> ControlPlaneMetrics {
    ControlPlaneMetrics(build: BuildInformation(version: "0", commit: "0", swiftVersion: "0", envoyVersion: "0"))
  }

  func connection(
    name: String? = nil, authority: String? = nil
  ) throws -> LeaderConnection {
    try LeaderConnection(
      LeaderConnection.Target(
        leader: .init(identity: "leader", address: address), address: address,
        authorities: authority.map { Array($0.utf8) }, name: name), userAgent: "test")
  }

  /// Sends one report over a connection of its own.
  func send(_ report: ReportRequest, token: String = replicaToken) async throws {
    let connection = try connection()
    do {
      try await connection.send(report, token: token)
      await connection.shutdown()
    } catch {
      await connection.shutdown()
      throw error
    }
  }

  /// What is said to a report that is not taken; nil if it is.
  func refusal(of report: ReportRequest, token: String = replicaToken) async -> String? {
    do {
      try await send(report, token: token)
      return nil
    } catch {
      return "\(error)"
    }
  }
}

extension EncodedResource {
  static func listener(_ name: String, _ content: String) -> EncodedResource {
    EncodedResource(type: .listener, name: name, bytes: Array(content.utf8))
  }

  var reported: ProxyReport.Resource { .init(type: type, name: name, version: digest) }
}

extension ReportRequest {
  init(from replica: String, _ sequence: UInt64 = 0, _ reports: [GatewayID: ProxyReport] = [:]) {
    self.init()
    self.replica = replica
    self.sequence = sequence
    gateways = reports.map { GatewayReport($0.value, of: $0.key) }
  }
}
