import EnvoyAPI
import GRPCServer
import Logging
import NIOCore
import NIOPosix
import ScriptedADSClient
import SwiftProtobuf
import Synchronization

@testable import XDS

/// Real messages of Envoy's API, small ones.
enum Fixture {
  static func cluster(_ name: String, endpoints: String? = nil, timeout: Int64 = 5) throws -> EncodedResource {
    let message = Envoy_Config_Cluster_V3_Cluster.with {
      $0.name = name
      $0.type = .eds
      $0.connectTimeout = .with { $0.seconds = timeout }
      $0.edsClusterConfig = .with {
        $0.serviceName = endpoints ?? name
        $0.edsConfig = ads
      }
    }
    return try EncodedResource(type: .cluster, name: name, message: message)
  }

  static func endpoints(_ name: String, port: UInt32 = 80) throws -> EncodedResource {
    let message = Envoy_Config_Endpoint_V3_ClusterLoadAssignment.with {
      $0.clusterName = name
      $0.endpoints = [
        .with {
          $0.lbEndpoints = [.with { $0.endpoint.address = address(port) }]
        }
      ]
    }
    return try EncodedResource(type: .endpoint, name: name, message: message)
  }

  static func listener(_ name: String, port: UInt32 = 80) throws -> EncodedResource {
    let message = Envoy_Config_Listener_V3_Listener.with {
      $0.name = name
      $0.address = address(port)
    }
    return try EncodedResource(type: .listener, name: name, message: message)
  }

  /// A route configuration that sends everything to one cluster; of at least `padding` bytes.
  static func route(_ name: String, to cluster: String, padding: Int = 0) throws -> EncodedResource {
    let message = Envoy_Config_Route_V3_RouteConfiguration.with {
      $0.name = name
      $0.virtualHosts = [
        .with {
          $0.name = "all" + String(repeating: "x", count: padding)
          $0.domains = ["*"]
          $0.routes = [
            .with {
              $0.match.prefix = "/"
              $0.route.cluster = cluster
            }
          ]
        }
      ]
    }
    return try EncodedResource(type: .route, name: name, message: message)
  }

  /// A whole configuration with one route to one service.
  static func configuration(service: String = "a", listenerPort: UInt32 = 80) throws -> [EncodedResource] {
    [
      try cluster(service), try endpoints(service), try listener("listener~80", port: listenerPort),
      try route("route~80", to: service),
    ]
  }

  static func address(_ port: UInt32) -> Envoy_Config_Core_V3_Address {
    .with {
      $0.socketAddress = .with {
        $0.address = "127.0.0.1"
        $0.portValue = port
      }
    }
  }

  static var ads: Envoy_Config_Core_V3_ConfigSource {
    .with {
      $0.ads = .init()
      $0.resourceApiVersion = .v3
    }
  }
}

/// Writes down what it hears.
final class RecordingObserver: XDSObserver {
  private let events = Mutex<(lines: [String], rejections: [XDSRejection])>(([], []))

  /// `opened ns/gw node`, `pushed cluster ns/gw`, `acknowledged ...`, `rejected ...`, `converged ns/gw`, `closed ...`.
  var lines: [String] { events.withLock { $0.lines } }

  var rejections: [XDSRejection] { events.withLock { $0.rejections } }

  func count(_ line: String) -> Int { lines.count { $0 == line } }

  private func note(_ line: String) {
    events.withLock { $0.lines.append(line) }
  }

  func streamOpened(_ gateway: GatewayID, node: String) { note("opened \(gateway) \(node)") }
  func streamClosed(_ gateway: GatewayID, node: String) { note("closed \(gateway) \(node)") }
  func pushed(_ type: ResourceType, to gateway: GatewayID) { note("pushed \(type) \(gateway)") }
  func converged(_ gateway: GatewayID, after duration: Duration) { note("converged \(gateway)") }

  func acknowledged(_ type: ResourceType, by gateway: GatewayID, version: String) {
    note("acknowledged \(type) \(gateway) \(version)")
  }

  func rejected(_ rejection: XDSRejection) {
    note("rejected \(rejection.type) \(rejection.gateway)")
    events.withLock { $0.rejections.append(rejection) }
  }
}

/// A server of the aggregated discovery service on a free port.
final class ADSServer: Sendable {
  let store = SnapshotStore()
  let observer = RecordingObserver()
  let gateway = GatewayID(namespace: "ns", name: "gw")
  let group = MultiThreadedEventLoopGroup(numberOfThreads: 2)

  private let router: GRPCRouter
  private let logger: Logger
  private let running: Mutex<(server: GRPCServer?, port: Int)>

  private init(authenticator: any StreamAuthenticator, limits: ADSService.Limits, port: Int) {
    running = Mutex((nil, port))
    var logger = Logger(label: "test")
    logger.logLevel = .critical
    self.logger = logger
    var router = GRPCRouter()
    ADSService(store: store, authenticator: authenticator, observer: observer, logger: logger, limits: limits)
      .register(in: &router)
    self.router = router
  }

  /// Where it listens, always the same.
  var port: Int { running.withLock { $0.port } }

  func publish(_ resources: [EncodedResource], for gateway: GatewayID? = nil) {
    store.publish(Snapshot(resources), for: gateway ?? self.gateway, changedAt: .now)
  }

  /// Cuts all streams and listens anew.
  func restart() async throws {
    await stop()
    try await start()
  }

  private func start() async throws {
    let server = GRPCServer(
      configuration: .init(host: "127.0.0.1", port: port), router: router, group: group, logger: logger)
    let address = try await server.start()
    running.withLock { $0 = (server, address.port ?? 0) }
  }

  private func stop() async {
    guard let server = running.withLock({ $0.server }) else { return }
    server.beginGracefulShutdown()
    await server.waitUntilClosed()
  }

  /// Starts a server, on a free port unless told otherwise, runs `body`, and ends the server.
  static func with(
    authenticator: any StreamAuthenticator = NodeClusterAuthenticator(),
    limits: ADSService.Limits = ADSService.Limits(), port: Int = 0,
    _ body: (ADSServer) async throws -> Void
  ) async throws {
    let server = ADSServer(authenticator: authenticator, limits: limits, port: port)
    try await server.start()
    let result: Result<Void, any Error>
    do { result = .success(try await body(server)) } catch { result = .failure(error) }
    await server.stop()
    try await server.group.shutdownGracefully()
    try result.get()
  }
}
