package import EnvoyAPI
package import GRPCServer

/// Decides which Gateway a stream belongs to. Nothing is served before.
package protocol StreamAuthenticator: Sendable {
  /// The Gateway of the proxy that opened this stream.
  ///
  /// Runs in a task that is cancelled when the stream ends.
  ///
  /// - Parameters:
  ///   - node: What the proxy says of itself in its first request.
  ///   - request: The call's headers and peer, with its credentials.
  func gateway(for node: Envoy_Config_Core_V3_Node, request: GRPCRequest) async throws(StreamRefusal) -> GatewayID
}

/// Decides whether a call is made by another replica of this program.
package protocol ReplicaAuthenticator: Sendable {
  /// Returns if it is.
  ///
  /// - Parameter request: The call's headers and peer, with its credentials.
  func authenticateReplica(_ request: GRPCRequest) async throws(StreamRefusal)
}

/// Why a stream is not served.
package struct StreamRefusal: Error, Sendable, Hashable {
  /// What the client is told: nothing that it could not know.
  package let status: GRPCStatus
  /// What our own log is told; no secret either.
  package let reason: String

  /// - Parameter reason: nil if the client is told all there is.
  package init(_ status: GRPCStatus, reason: String? = nil) {
    self.status = status
    self.reason = reason ?? status.message
  }
}

/// Believes what the proxy says: its `node.cluster` (Envoy's `--service-cluster`) is `namespace/name` of its Gateway.
///
/// For where nobody else can connect, such as a loopback address.
package struct NodeClusterAuthenticator: StreamAuthenticator {
  package init() {}

  package func gateway(
    for node: Envoy_Config_Core_V3_Node, request: GRPCRequest
  ) async throws(StreamRefusal) -> GatewayID {
    guard let gateway = GatewayID(node.cluster) else {
      throw StreamRefusal(
        GRPCStatus(
          .invalidArgument,
          """
          node.cluster is "\(ForeignText.line(node.cluster))"; it must be NAMESPACE/NAME of a Gateway (Envoy's \
          --service-cluster)
          """))
    }
    return gateway
  }
}
