import Deployer
import JSON
import KubernetesAPI
import Translator
import YAML

import enum APIServerDouble.TestCertificates

/// What a Gateway's proxies are rendered from, read from YAML: one GatewayClass, one Gateway, and the GatewayParameters
/// that they name. A document of the kind `Settings` is about the operator.
struct Manifests {
  struct Unusable: Error {
    let description: String
  }

  private(set) var inputs: GatewayDeploymentInputs
  private(set) var settings = Self.standardSettings

  static let authority = TestCertificates.authority

  /// As the operator has them when nothing is said.
  static let standardSettings = DeployerSettings(
    xds: HostPort(host: "kgateway.kgateway-system.svc", port: 9977),
    transport: .tls(authorities: Array(authority.utf8)))

  init(_ yaml: String) throws {
    var gateway: Gateway?
    var gatewayClass: GatewayClass?
    var parameters: [NamespacedName: GatewayParameters] = [:]
    for document in try YAML.documents(in: Array(yaml.utf8)) {
      var reader = JSONReader(document.json)
      let value = try reader.readValue()
      if value["kind"] == "Settings" {
        try Self.read(value, into: &settings)
        continue
      }
      switch try KubernetesObject.decode(json: document.json) {
      case .gateway(let object): gateway = object
      case .gatewayClass(let object): gatewayClass = object
      case .gatewayParameters(let object): parameters[object.metadata.id] = object
      default: throw Unusable(description: "unexpected: \(String(decoding: document.json, as: UTF8.self))")
      }
    }
    guard let gateway, let gatewayClass else { throw Unusable(description: "no Gateway, or no GatewayClass") }
    inputs = GatewayDeploymentInputs(
      gateway: gateway, gatewayClass: gatewayClass,
      classParameters: gatewayClass.parametersRef.flatMap {
        parameters[NamespacedName(namespace: $0.namespace ?? "", name: $0.name)]
      },
      parameters: gateway.infrastructure.parametersRef.flatMap {
        parameters[NamespacedName(namespace: gateway.metadata.namespace, name: $0.name)]
      })
  }

  /// Documents of a Gateway `shop/NAME`, with its class.
  ///
  /// - Parameters:
  ///   - infrastructure: the members of the Gateway's `infrastructure`, in one line.
  ///   - parameters: the members of the `spec` of its GatewayParameters; nil for none.
  ///   - settings: a document of the operator's.
  static func text(
    _ name: String = "web", ports: [Int] = [80], infrastructure: String = "", parameters: String? = nil,
    settings: String? = nil
  ) -> String {
    let listeners = ports.map { "{name: http-\($0), protocol: HTTP, port: \($0)}" }.joined(separator: ", ")
    let reference = "parametersRef: {group: gateway.kgateway.dev, kind: GatewayParameters, name: web}"
    let members = [infrastructure, parameters == nil ? "" : reference].filter { !$0.isEmpty }.joined(separator: ", ")
    let gateway = """
      apiVersion: gateway.networking.k8s.io/v1
      kind: GatewayClass
      metadata: {name: kgateway}
      spec: {controllerName: kgateway.dev/kgateway}
      ---
      apiVersion: gateway.networking.k8s.io/v1
      kind: Gateway
      metadata: {name: \(name), namespace: shop}
      spec:
        gatewayClassName: kgateway
        listeners: [\(listeners)]
        infrastructure: {\(members)}
      """
    let own = parameters.map {
      """
      apiVersion: gateway.kgateway.dev/v1alpha1
      kind: GatewayParameters
      metadata: {name: web, namespace: shop}
      spec: {\($0)}
      """
    }
    return [settings, gateway, own].compactMap(\.self).joined(separator: "\n---\n")
  }

  /// The operator's settings for a control plane in plain text on this machine.
  static func plaintext(xds port: Int) -> String {
    "kind: Settings\nxds: 127.0.0.1:\(port)\ntransport: plaintext\nsendsToken: false"
  }

  var deployment: ProxyDeployment { ProxyDeployment(inputs, settings: settings) }

  private static func read(_ value: JSONValue, into settings: inout DeployerSettings) throws {
    guard case .string(let address)? = value["xds"], let xds = HostPort(address) else {
      throw Unusable(description: "the settings have no xds")
    }
    settings.xds = xds
    if value["transport"] == "plaintext" { settings.transport = .plaintext }
    if value["sendsToken"] == false { settings.sendsToken = false }
  }
}
