import AdminServer
import Deployer
import EnvoyAPI
import KubernetesAPI
import Translator

/// The configuration with which a local proxy starts: who it is, and where its configuration comes from.
struct EnvoyBootstrap {
  /// The Gateway that the proxy serves; sent as `node.cluster`, by which a control plane without credentials knows it.
  var gateway: NamespacedName
  /// The proxy's own name, sent as `node.id`.
  var nodeName: String
  /// The control plane's xDS address: an IP address and a port.
  var controlPlane: ListenAddress

  /// Where the proxy has its admin interface, with its metrics at `/stats/prometheus`; nil: nowhere.
  var admin: ListenAddress?

  /// The bootstrap as JSON (`envoy.config.bootstrap.v3.Bootstrap`), which Envoy takes for `--config-yaml`.
  /// - Throws: what SwiftProtobuf says of a message that it cannot write as JSON.
  func json() throws -> String {
    var bootstrap = Envoy_Config_Bootstrap_V3_Bootstrap()
    bootstrap.node.id = nodeName
    bootstrap.node.cluster = gateway.description
    bootstrap.layeredRuntime = ProxyRuntime.layers
    ProxyStatistics.configure(&bootstrap, gateway: gateway)
    if let admin {
      bootstrap.admin.address.socketAddress.address = admin.host
      bootstrap.admin.address.socketAddress.portValue = UInt32(clamping: admin.port)
    }
    let address = HostPort(host: controlPlane.host, port: controlPlane.port)
    ControlPlaneConnection(address: address).connect(&bootstrap)
    return JSONText.encode(try MessageDocument.value(of: bootstrap))
  }
}
