package import EnvoyAPI
package import JSON
package import KubernetesAPI
import SwiftProtobuf
import Translator

/// The configuration with which a Gateway's proxy starts in its pod.
///
/// It is the same for all pods of a Gateway: what differs between them (`node.id`, the pod's address) is told on Envoy's
/// command line, where Kubernetes puts in the values of the downward API.
package struct ProxyBootstrap: Hashable, Sendable {
  package var gateway: NamespacedName
  package var connection: ControlPlaneConnection
  /// In bytes; nil: no limit.
  package var heap: UInt64?
  package var stats: GatewayParameters.Stats
  /// Who the proxy says that it is, for the control plane's log; nil where the command line says it.
  package var nodeID: String?

  package init(
    gateway: NamespacedName, connection: ControlPlaneConnection, heap: UInt64? = nil,
    stats: GatewayParameters.Stats = GatewayParameters.Stats(), nodeID: String? = nil
  ) {
    self.gateway = gateway
    self.connection = connection
    self.heap = heap
    self.stats = stats
    self.nodeID = nodeID
  }

  /// The bootstrap in protobuf's JSON form.
  ///
  /// - Throws: what SwiftProtobuf says of a message that it cannot write as JSON.
  package func document() throws -> JSONValue { try MessageDocument.value(of: message) }

  package var message: Envoy_Config_Bootstrap_V3_Bootstrap {
    .with {
      if let nodeID {
        $0.node.id = nodeID
        $0.node.cluster = gateway.description
      }
      $0.node.metadata.fields["gateway"] = .with { $0.stringValue = gateway.description }
      $0.layeredRuntime = ProxyRuntime.layers
      $0.admin.address = Self.adminAddress
      $0.staticResources.listeners = [
        AdminListener(name: "metrics", port: PortBinding.metricsPort, path: "/metrics", page: "/stats/prometheus"),
        AdminListener(name: "readiness", port: PortBinding.readinessPort, path: "/ready", page: "/ready"),
      ].map(\.message)
      $0.staticResources.clusters = [Self.adminCluster]
      connection.connect(&$0)
      $0.overloadManager = OverloadLimits.overloadManager(heap: heap)
      $0.statsConfig = statsConfig
      ProxyStatistics.configure(&$0, gateway: gateway)
    }
  }

  private static let adminAddress = Envoy_Config_Core_V3_Address.with {
    $0.socketAddress.address = "127.0.0.1"
    $0.socketAddress.portValue = UInt32(clamping: PortBinding.adminPort)
  }

  private static let adminCluster = Envoy_Config_Cluster_V3_Cluster.with {
    $0.name = AdminListener.cluster
    $0.type = .static
    $0.connectTimeout = Google_Protobuf_Duration(seconds: 1)
    $0.loadAssignment.clusterName = AdminListener.cluster
    $0.loadAssignment.endpoints = [.with { $0.lbEndpoints = [.with { $0.endpoint.address = adminAddress }] }]
  }

  private var statsConfig: Envoy_Config_Metrics_V3_StatsConfig {
    .with {
      $0.statsTags = stats.tags.map { tag in
        .with {
          $0.tagName = tag.name
          if let value = tag.value { $0.fixedValue = value }
          if let regex = tag.regex { $0.regex = regex }
        }
      }
      if !stats.include.isEmpty { $0.statsMatcher.inclusionList.patterns = stats.include.map(\.matcher) }
      if !stats.exclude.isEmpty { $0.statsMatcher.exclusionList.patterns = stats.exclude.map(\.matcher) }
    }
  }
}

extension GatewayParameters.StatsPattern {
  fileprivate var matcher: Envoy_Type_Matcher_V3_StringMatcher {
    .with {
      if let prefix { $0.prefix = prefix }
      if let suffix { $0.suffix = suffix }
      if let regex { $0.safeRegex.regex = regex }
    }
  }
}
