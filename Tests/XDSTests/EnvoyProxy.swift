import EnvoyAPI
import NIOCore
import NIOPosix
import RealComponents
import SwiftProtobuf

@testable import XDS

/// A real Envoy that takes its configuration from a server of this test.
struct EnvoyProxy {
  let adminPort: Int
  let listenerPort: Int
  let process: ChildProcess

  /// Starts Envoy on a free port, runs `body`, and ends Envoy.
  ///
  /// - Parameter apiType: `DELTA_GRPC` or `GRPC`.
  static func with(
    _ server: ADSServer, apiType: String, _ body: (EnvoyProxy) async throws -> Void
  ) async throws {
    try await with(port: server.port, apiType: apiType, body)
  }

  /// As above, with the port of the server.
  static func with(port: Int, apiType: String, _ body: (EnvoyProxy) async throws -> Void) async throws {
    let ports = try LoopbackPorts.free(2)
    try await withTemporaryFolder { folder in
      let bootstrap = try folder.write(
        bootstrap(adminPort: ports[0], xdsPort: port, apiType: apiType), to: "bootstrap.json")
      let arguments = [
        "-c", bootstrap, "--use-dynamic-base-id", "--concurrency", "1", "--log-level", "warn",
        "--service-cluster", "ns/gw", "--service-node", "envoy",
      ]
      try await withProcess(RealComponent.envoy.path(), arguments) { process in
        try await body(EnvoyProxy(adminPort: ports[0], listenerPort: ports[1], process: process))
      }
    }
  }

  private static func bootstrap(adminPort: Int, xdsPort: Int, apiType: String) -> String {
    """
    {
      "admin": {"address": {"socket_address": {"address": "127.0.0.1", "port_value": \(adminPort)}}},
      "dynamic_resources": {
        "ads_config": {
          "api_type": "\(apiType)", "transport_api_version": "V3", "set_node_on_first_message_only": true,
          "grpc_services": [{"envoy_grpc": {"cluster_name": "xds"}}]
        },
        "cds_config": {"resource_api_version": "V3", "ads": {}},
        "lds_config": {"resource_api_version": "V3", "ads": {}}
      },
      "static_resources": {
        "clusters": [{
          "name": "xds", "type": "STATIC", "connect_timeout": "2s",
          "typed_extension_protocol_options": {
            "envoy.extensions.upstreams.http.v3.HttpProtocolOptions": {
              "@type": "type.googleapis.com/envoy.extensions.upstreams.http.v3.HttpProtocolOptions",
              "explicit_http_config": {"http2_protocol_options": {}}
            }
          },
          "load_assignment": {
            "cluster_name": "xds",
            "endpoints": [{"lb_endpoints": [{"endpoint": {"address": {
              "socket_address": {"address": "127.0.0.1", "port_value": \(xdsPort)}
            }}}]}]
          }
        }]
      }
    }
    """
  }

  // MARK: Configurations for it

  /// A listener whose one route leads to a service, which is Envoy's own admin interface.
  func configuration(service: String, connectTimeout: Int64 = 5) throws -> [EncodedResource] {
    [
      try Fixture.cluster(service, timeout: connectTimeout),
      try Fixture.endpoints(service, port: UInt32(adminPort)),
      try listener("listener~80", port: listenerPort, route: "route~80"),
      try Fixture.route("route~80", to: service),
    ]
  }

  func listener(
    _ name: String, port: Int, route: String,
    filter: String = "type.googleapis.com/envoy.extensions.filters.http.router.v3.Router"
  ) throws -> EncodedResource {
    typealias Manager = Envoy_Extensions_Filters_Network_HttpConnectionManager_V3_HttpConnectionManager
    let manager = Manager.with {
      $0.statPrefix = name
      $0.rds = .with {
        $0.configSource = Fixture.ads
        $0.routeConfigName = route
      }
      $0.httpFilters = [
        .with {
          $0.name = "envoy.filters.http.router"
          $0.typedConfig = .with { $0.typeURL = filter }
        }
      ]
    }
    let message = try Envoy_Config_Listener_V3_Listener.with {
      $0.name = name
      $0.address = Fixture.address(UInt32(port))
      $0.filterChains = [
        try .with {
          $0.filters = [
            try .with {
              $0.name = "envoy.filters.network.http_connection_manager"
              $0.typedConfig = try Google_Protobuf_Any(message: manager)
            }
          ]
        }
      ]
    }
    return try EncodedResource(type: .listener, name: name, message: message)
  }

  // MARK: Requests

  /// What a listener of it answers.
  func request(_ path: String, on group: any EventLoopGroup) async throws -> String {
    try await get(path, port: listenerPort, on: group)
  }

  /// What its admin interface answers.
  func admin(_ path: String, on group: any EventLoopGroup) async throws -> String {
    try await get(path, port: adminPort, on: group)
  }

  /// One request over HTTP/1.1 on a connection of its own: the whole answer, from `HTTP/1.1 200 OK` on.
  private func get(_ path: String, port: Int, on group: any EventLoopGroup) async throws -> String {
    let connection = try await ClientBootstrap(group: group)
      .connectTimeout(.seconds(2))
      .connect(host: "127.0.0.1", port: port) { channel in
        channel.eventLoop.makeCompletedFuture {
          try NIOAsyncChannel<ByteBuffer, ByteBuffer>(wrappingChannelSynchronously: channel)
        }
      }
    return try await connection.executeThenClose { inbound, outbound in
      try await outbound.write(
        ByteBuffer(string: "GET \(path) HTTP/1.1\r\nhost: test\r\nconnection: close\r\n\r\n"))
      var answer = ByteBuffer()
      for try await part in inbound {
        answer.writeImmutableBuffer(part)
      }
      return String(buffer: answer)
    }
  }
}
