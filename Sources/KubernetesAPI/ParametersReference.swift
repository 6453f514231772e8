package import JSON

/// Names the object with a controller's own settings: `spec.parametersRef` of a GatewayClass, and
/// `spec.infrastructure.parametersRef` of a Gateway, which has no namespace and means the Gateway's own.
package struct ParametersReference: Hashable, Sendable {
  package var group: String
  package var kind: String
  package var name: String
  package var namespace: String?

  package init(
    group: String = "gateway.kgateway.dev", kind: String = "GatewayParameters", name: String, namespace: String? = nil
  ) {
    self.group = group
    self.kind = kind
    self.name = name
    self.namespace = namespace
  }

  /// Whether it is a GatewayParameters that is named.
  package var isGatewayParameters: Bool { group == "gateway.kgateway.dev" && kind == "GatewayParameters" }
}

extension ParametersReference: JSONDecodable {
  package init(from reader: inout JSONReader) throws(JSONError) {
    self.init(group: "", kind: "", name: "")
    try reader.readFields { reader, key throws(JSONError) in
      switch key {
      case "group": group = try reader.readString()
      case "kind": kind = try reader.readString()
      case "name": name = try reader.readString()
      case "namespace": namespace = try reader.readString()
      default: try reader.skipUnknownField(key)
      }
    }
    if kind.isEmpty { throw reader.missing("kind") }
    if name.isEmpty { throw reader.missing("name") }
  }
}
