import EnvoyAPI
import JSON
import KubernetesAPI
import RealComponents
import SwiftProtobuf

@testable import Translator

/// A real Envoy with one listener for each of several tracing policies, whose upstream answers with the headers that it
/// was sent. All are one process, so that a matrix takes seconds.
struct PropagationBed {
  /// A policy's settings, and the listener that has them.
  struct Setup: Hashable, CustomStringConvertible {
    var propagators: [Propagator]
    var samplingRate = 100.0

    var description: String { "\(propagators.map(\.rawValue)) at \(samplingRate) %" }
  }

  private typealias HTTPConnectionManager =
    Envoy_Extensions_Filters_Network_HttpConnectionManager_V3_HttpConnectionManager

  /// What the upstream tells of: whatever of these it was sent.
  private static let echoed =
    [
      "traceparent", "tracestate", "b3", "x-b3-traceid", "x-b3-spanid", "x-b3-sampled", "x-b3-flags",
      "x-b3-parentspanid",
    ]
    + ScratchHeader.all.map(\.name)
  private static let echoPrefix = "x-sent-"

  private let ports: [Setup: Int]

  /// The tracing headers that reach the upstream.
  func sentUpstream(_ setup: Setup, _ headers: [(String, String)]) throws -> [String: String] {
    let answer = try LoopbackHTTP.headers(port: ports[setup] ?? 0, headers)
    let echoed = answer.filter { $0.key.hasPrefix(Self.echoPrefix) && !$0.value.isEmpty }
    return Dictionary(uniqueKeysWithValues: echoed.map { (String($0.key.dropFirst(Self.echoPrefix.count)), $0.value) })
  }

  static func with(_ setups: [Setup], _ body: (PropagationBed) throws -> Void) async throws {
    let echoPort = try LoopbackPorts.free()
    let ports = Dictionary(uniqueKeysWithValues: zip(setups, try LoopbackPorts.free(setups.count)))
    var bootstrap = Envoy_Config_Bootstrap_V3_Bootstrap()
    bootstrap.staticResources.listeners = [echo(port: echoPort)]
    for (setup, port) in ports {
      let gateway = try staticBootstrap(setup, port: port, echoPort: echoPort)
      bootstrap.node = gateway.node
      bootstrap.staticResources.listeners += gateway.staticResources.listeners
      for cluster in gateway.staticResources.clusters
      where !bootstrap.staticResources.clusters.contains(where: { $0.name == cluster.name }) {
        bootstrap.staticResources.clusters.append(cluster)
      }
    }
    for index in bootstrap.staticResources.listeners.indices {
      bootstrap.staticResources.listeners[index].address.socketAddress.address = "127.0.0.1"
    }
    let text = JSONText.encode(try MessageDocument.value(of: bootstrap))
    try await withTemporaryFolder { folder in
      let file = try folder.write(text, to: "bootstrap.json")
      let arguments = ["-c", file, "--use-dynamic-base-id", "--concurrency", "1", "-l", "warn"]
      try await withProcess(try RealComponent.envoy.path(), arguments) { envoy in
        let bed = PropagationBed(ports: ports)
        try await eventually("Envoy serves", within: .seconds(30)) {
          if let status = envoy.exitStatus { throw Ended(description: "\(status)\n\(envoy.errorOutput.tail(20))") }
          return try setups.allSatisfy { try !bed.sentUpstream($0, []).isEmpty || $0.propagators.isEmpty }
        }
        try body(bed)
      }
    }
  }

  struct Ended: Error, CustomStringConvertible {
    let description: String
  }

  /// What the translator makes of a Gateway with a policy and a route to the upstream.
  private static func staticBootstrap(
    _ setup: Setup, port: Int, echoPort: Int
  ) throws -> Envoy_Config_Bootstrap_V3_Bootstrap {
    let gateway = Gateway(
      metadata: ObjectMeta(namespace: "apps", name: "edge"), gatewayClassName: "kgateway",
      listeners: [Gateway.Listener(name: "http", port: port)])
    let service = Service(metadata: ObjectMeta(namespace: "apps", name: "echo"), ports: [Service.Port(port: 80)])
    let route = HTTPRoute(
      metadata: ObjectMeta(namespace: "apps", name: "all"), parentRefs: [ParentReference(name: "edge")],
      rules: [HTTPRoute.Rule(backendRefs: [HTTPRoute.BackendReference(name: "echo", port: 80)])])
    // Nothing listens there: what counts here are the headers, not the spans.
    let tracing = HTTPListenerPolicy.Tracing(
      provider: .init(otel: .init(grpcAddress: "127.0.0.1:1")), samplingRate: setup.samplingRate,
      propagators: setup.propagators.map(\.rawValue))
    let policy = HTTPListenerPolicy(
      metadata: ObjectMeta(namespace: "apps", name: "tracing"), targetRefs: [.init(name: "edge")], tracing: tracing)
    let translation = Translator.translate(
      GatewayInputs(gateway: gateway, routes: [route], policies: [policy], services: [service.metadata.id: service]))
    return try StaticBootstrap.bootstrap(of: translation.configuration, gateway: gateway.metadata.id) { _ in
      .with {
        $0.endpoints = [
          .with {
            $0.lbEndpoints = [
              .with {
                $0.endpoint.address.socketAddress.address = "127.0.0.1"
                $0.endpoint.address.socketAddress.portValue = UInt32(echoPort)
              }
            ]
          }
        ]
      }
    }
  }

  /// The upstream: a listener that answers every request by itself.
  private static func echo(port: Int) -> Envoy_Config_Listener_V3_Listener {
    let manager = HTTPConnectionManager.with {
      $0.statPrefix = "echo"
      $0.routeConfig.virtualHosts = [
        .with {
          $0.name = "echo"
          $0.domains = ["*"]
          $0.routes = [
            .with {
              $0.match.prefix = "/"
              $0.directResponse.status = 200
              $0.responseHeadersToAdd = echoed.map { name in
                .with {
                  $0.header.key = echoPrefix + name
                  $0.header.value = "%REQ(\(name))%"
                }
              }
            }
          ]
        }
      ]
      $0.httpFilters = [
        .with {
          $0.name = "envoy.filters.http.router"
          $0.typedConfig = Google_Protobuf_Any(packing: Envoy_Extensions_Filters_Http_Router_V3_Router())
        }
      ]
    }
    return .with {
      $0.name = "echo"
      $0.address.socketAddress.portValue = UInt32(port)
      $0.filterChains = [
        .with {
          $0.filters = [
            .with {
              $0.name = "envoy.filters.network.http_connection_manager"
              $0.typedConfig = Google_Protobuf_Any(packing: manager)
            }
          ]
        }
      ]
    }
  }
}
