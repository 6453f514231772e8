import AdminServer
import EnvoyAPI
import KubernetesAPI
import SwiftProtobuf
import Translator

/// The configuration with which a proxy starts: who it is, and where its configuration comes from.
struct EnvoyBootstrap {
  /// The Gateway that the proxy serves; sent as `node.cluster`, by which a control plane without credentials knows it.
  var gateway: NamespacedName
  /// The proxy's own name, sent as `node.id`.
  var nodeName: String
  /// The control plane's xDS address: an IP address and a port.
  var controlPlane: ListenAddress

  private static let clusterName = "kgateway"

  /// The bootstrap as JSON (`envoy.config.bootstrap.v3.Bootstrap`), which Envoy takes for `--config-yaml`.
  /// - Throws: what SwiftProtobuf says of a message that it cannot write as JSON.
  func json() throws -> String {
    var bootstrap = Envoy_Config_Bootstrap_V3_Bootstrap()
    bootstrap.node.id = nodeName
    bootstrap.node.cluster = gateway.description
    bootstrap.layeredRuntime = ProxyRuntime.layers
    bootstrap.staticResources.clusters = [try controlPlaneCluster()]
    bootstrap.dynamicResources.adsConfig = Self.aggregatedDiscovery
    bootstrap.dynamicResources.cdsConfig = Self.overAggregatedDiscovery
    bootstrap.dynamicResources.ldsConfig = Self.overAggregatedDiscovery
    return try bootstrap.jsonString()
  }

  private static var aggregatedDiscovery: Envoy_Config_Core_V3_ApiConfigSource {
    var service = Envoy_Config_Core_V3_GrpcService()
    service.envoyGrpc.clusterName = clusterName
    var source = Envoy_Config_Core_V3_ApiConfigSource()
    source.apiType = .deltaGrpc
    source.transportApiVersion = .v3
    source.grpcServices = [service]
    source.setNodeOnFirstMessageOnly = true
    return source
  }

  private static var overAggregatedDiscovery: Envoy_Config_Core_V3_ConfigSource {
    var source = Envoy_Config_Core_V3_ConfigSource()
    source.ads = Envoy_Config_Core_V3_AggregatedConfigSource()
    source.resourceApiVersion = .v3
    return source
  }

  private func controlPlaneCluster() throws -> Envoy_Config_Cluster_V3_Cluster {
    var endpoint = Envoy_Config_Endpoint_V3_LbEndpoint()
    endpoint.endpoint.address.socketAddress.address = controlPlane.host
    endpoint.endpoint.address.socketAddress.portValue = UInt32(controlPlane.port)
    var locality = Envoy_Config_Endpoint_V3_LocalityLbEndpoints()
    locality.lbEndpoints = [endpoint]

    var options = Envoy_Extensions_Upstreams_Http_V3_HttpProtocolOptions()
    // Notices a control plane that is gone without a word, such as a lost machine.
    var keepalive = Envoy_Config_Core_V3_KeepaliveSettings()
    keepalive.interval = Google_Protobuf_Duration(seconds: 30)
    keepalive.timeout = Google_Protobuf_Duration(seconds: 5)
    options.explicitHTTPConfig.http2ProtocolOptions.connectionKeepalive = keepalive

    var cluster = Envoy_Config_Cluster_V3_Cluster()
    cluster.name = Self.clusterName
    cluster.type = .static
    cluster.connectTimeout = Google_Protobuf_Duration(seconds: 1)
    cluster.loadAssignment.clusterName = Self.clusterName
    cluster.loadAssignment.endpoints = [locality]
    cluster.typedExtensionProtocolOptions = [
      "envoy.extensions.upstreams.http.v3.HttpProtocolOptions": try Google_Protobuf_Any(message: options)
    ]
    return cluster
  }
}
