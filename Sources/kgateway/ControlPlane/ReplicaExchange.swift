import FoundationEssentials
import GRPCServer
import KubernetesClient
import Logging
import PrometheusMetrics
import Replicas
import ServiceLifecycle
import Synchronization
import XDS

/// What replicas tell each other of their proxies: each serves the calls of the others, and calls the one that leads.
struct ReplicaExchange {
  /// What this replica holds the Lease as.
  var identity: String
  var leadership: Leadership
  var location: LeaderLocation
  /// The ServiceAccount of all replicas.
  var account: GatewayID
  /// Asked whose tokens are.
  var reviewer: any TokenReviewer
  /// The file with this replica's own token.
  var tokenPath: String
  /// What is in the certificates of the xDS servers; nil where they serve plain text.
  var serverName: String?
  /// The authorities of those certificates.
  var authorities: TrustedAuthorities

  /// Serves the calls of other replicas, and makes what calls them.
  /// - Parameter authenticator: of the proxies, where they have tokens; nil where they have none.
  /// - Returns: what is to run.
  func connect(
    _ store: SnapshotStore, _ router: inout GRPCRouter, authenticator: (any ReplicaAuthenticator)?,
    metrics: ControlPlaneMetrics, logger: Logger
  ) -> [any Service] {
    let reports = ReplicaReports(store: store) { [leadership] in leadership.isLeader }
    ReplicaService(
      reports: reports,
      authenticator: authenticator
        ?? ServiceAccountAuthenticator(
          reviewer: reviewer, operatorAccount: account, isServed: { _ in false }, count: { _ in }),
      results: metrics.replicaReports, logger: logger
    ).register(in: &router)
    let reporter = ReplicaReporter(
      identity: identity, store: store, location: location,
      security: serverName.map { [authorities] in .tls(name: $0) { authorities.bundle } } ?? .plaintext,
      token: { [tokenPath] in try OwnToken.read(tokenPath) }, userAgent: "kgateway/\(Version.number)",
      results: metrics.replicaReports, logger: logger)
    return [ReplicaReportsService(reports: reports), ReplicaReporterService(reporter: reporter)]
  }
}

/// The authorities whose certificates a replica accepts from the others, as they are now.
final class TrustedAuthorities: Sendable {
  private let current = Mutex<[UInt8]?>(nil)

  /// PEM; nil as long as there are none.
  var bundle: [UInt8]? { current.withLock { $0 } }

  func replace(_ bundle: [UInt8]) { current.withLock { $0 = bundle } }
}

/// The token of this replica's ServiceAccount, which the kubelet replaces from time to time.
private enum OwnToken {
  struct Problem: Error, CustomStringConvertible {
    let description: String
  }

  static func read(_ path: String) throws -> String {
    // An error of the file system says the path, and nothing of what is in the file.
    guard let contents = try? Data(contentsOf: URL(filePath: path)) else {
      throw Problem(description: "there is no token to be read at \(path)")
    }
    let token = String(decoding: contents, as: UTF8.self).filter { !$0.isWhitespace }
    guard !token.isEmpty, token.utf8.count <= 16_384, token.utf8.allSatisfy({ (0x21...0x7e).contains($0) }) else {
      throw Problem(description: "the file \(path) holds no token")
    }
    return token
  }
}

private struct ReplicaReportsService: Service {
  let reports: ReplicaReports

  func run() async throws { await cancelWhenGracefulShutdown { await reports.run() } }
}

private struct ReplicaReporterService: Service {
  let reporter: ReplicaReporter

  func run() async throws { await cancelWhenGracefulShutdown { await reporter.run() } }
}
