import Controller
import EnvoyAPI
import GRPCServer
import Logging
import NIOCore
import NIOPosix
import NIOSSL
import PrometheusMetrics
import SwiftProtobuf
import Synchronization
import XDS

/// The project's own xDS server as the operator runs it, with the configuration put into its snapshot store.
final class KgatewayPushingServer: PushingServer {
  let port: Int
  private let snapshots = SnapshotStore()
  private let server: GRPCServer
  private let counter: AcknowledgementCounter
  private let gateway = GatewayID(namespace: BenchmarkObjects.namespace, name: "gateway-0")

  init(tls: Bool) async throws {
    let logger = Logger(label: "bench") { _ in SwiftLogNoOpLogHandler() }
    let metrics = ControlPlaneMetrics(
      registry: MetricsRegistry(),
      build: BuildInformation(version: "bench", commit: "", swiftVersion: "", envoyVersion: ""))
    counter = AcknowledgementCounter(feedback: ProxyFeedback(metrics: metrics, logger: logger))
    var router = GRPCRouter()
    var limits = ADSService.Limits()
    limits.streamsPerGateway = 10_000
    ADSService(
      store: snapshots, authenticator: NodeClusterAuthenticator(), observer: counter, logger: logger, limits: limits
    ).register(in: &router)
    var configuration = GRPCServer.Configuration(host: "127.0.0.1", port: 0)
    if tls { configuration.tls = try BenchmarkCertificate.serverConfiguration() }
    server = GRPCServer(
      configuration: configuration, router: router, group: MultiThreadedEventLoopGroup.singleton, logger: logger)
    port = try await server.start().port ?? 0
  }

  /// One cluster and listeners of up to 16 KiB, of which all change.
  func change(bytes: Int, round: Int) {
    let parts = max(1, bytes >> 14)
    let size = bytes / parts
    var resources = [Self.cluster(round)]
    for part in 0..<parts { resources.append(Self.listener(part, bytes: size, round)) }
    counter.begin(round)
    snapshots.publish(Snapshot(resources.compactMap(\.self)), for: gateway, changedAt: .now)
  }

  func acknowledged(round: Int) -> Int { counter.count(round) }

  private static func cluster(_ round: Int) -> EncodedResource? {
    let message = Envoy_Config_Cluster_V3_Cluster.with {
      $0.name = "cluster"
      $0.altStatName = "round \(round)"
    }
    return try? EncodedResource(type: .cluster, name: message.name, message: message)
  }

  private static func listener(_ part: Int, bytes: Int, _ round: Int) -> EncodedResource? {
    let message = Envoy_Config_Listener_V3_Listener.with {
      $0.name = "listener-\(part)"
      $0.statPrefix = String(repeating: "x", count: max(0, bytes - 64)) + "\(round)"
    }
    return try? EncodedResource(type: .listener, name: message.name, message: message)
  }
}

/// Counts the streams that have acknowledged the newest listeners, which come last; and hands on what it hears to the
/// metrics, as the operator does.
private final class AcknowledgementCounter: XDSObserver {
  private struct Round {
    var number = 0
    var count = 0
  }

  private let feedback: ProxyFeedback
  private let round = Mutex(Round())

  init(feedback: ProxyFeedback) { self.feedback = feedback }

  func begin(_ number: Int) { round.withLock { $0 = Round(number: number) } }

  func count(_ number: Int) -> Int { round.withLock { $0.number == number ? $0.count : 0 } }

  func acknowledged(_ type: ResourceType, by gateway: GatewayID, version: String) {
    if type == .listener { round.withLock { $0.count += 1 } }
    feedback.acknowledged(type, by: gateway, version: version)
  }

  func streamOpened(_ gateway: GatewayID, node: String) { feedback.streamOpened(gateway, node: node) }
  func streamClosed(_ gateway: GatewayID, node: String) { feedback.streamClosed(gateway, node: node) }
  func pushed(_ type: ResourceType, to gateway: GatewayID) { feedback.pushed(type, to: gateway) }
  func rejected(_ rejection: XDSRejection) { feedback.rejected(rejection) }
  func converged(_ gateway: GatewayID, after duration: Duration) { feedback.converged(gateway, after: duration) }
}
