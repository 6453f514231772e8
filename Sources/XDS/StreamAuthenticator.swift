package import EnvoyAPI
package import GRPCServer

/// Decides which Gateway a stream belongs to. Nothing is served before.
package protocol StreamAuthenticator: Sendable {
  /// The Gateway of the proxy that opened this stream.
  ///
  /// - Parameters:
  ///   - node: What the proxy says of itself in its first request.
  ///   - request: The call's headers and peer, with its credentials.
  /// - Throws: The status that the stream ends with.
  func gateway(for node: Envoy_Config_Core_V3_Node, request: GRPCRequest) async throws(GRPCStatus) -> GatewayID
}

/// Believes what the proxy says: its `node.cluster` (Envoy's `--service-cluster`) is `namespace/name` of its Gateway.
///
/// For where nobody else can connect, such as a loopback address.
package struct NodeClusterAuthenticator: StreamAuthenticator {
  package init() {}

  package func gateway(
    for node: Envoy_Config_Core_V3_Node, request: GRPCRequest
  ) async throws(GRPCStatus) -> GatewayID {
    guard let gateway = GatewayID(node.cluster) else {
      throw GRPCStatus(
        .invalidArgument,
        "node.cluster is \"\(node.cluster)\"; it must be NAMESPACE/NAME of a Gateway (Envoy's --service-cluster)")
    }
    return gateway
  }
}
