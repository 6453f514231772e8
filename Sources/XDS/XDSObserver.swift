/// Hears what proxies do. Called on event loops, so it must be quick and must not block.
package protocol XDSObserver: Sendable {
  /// A proxy opened a stream and was found to belong to this Gateway.
  func streamOpened(_ gateway: GatewayID, node: String)

  /// A stream that had been opened ended, whatever the cause.
  func streamClosed(_ gateway: GatewayID, node: String)

  /// A response was sent.
  func pushed(_ type: ResourceType, to gateway: GatewayID)

  /// A proxy took a response (ACK).
  ///
  /// - Parameter version: That of all resources of this type together that the proxy now has.
  func acknowledged(_ type: ResourceType, by gateway: GatewayID, version: String)

  /// A proxy refused a response (NACK).
  func rejected(_ rejection: XDSRejection)

  /// Every proxy that was connected when the newest publication came has acknowledged all of it, removals too.
  ///
  /// Not called for a publication without a connected proxy, nor for one that a proxy refused.
  ///
  /// - Parameter duration: From the publication's `changedAt` to the last acknowledgement.
  func converged(_ gateway: GatewayID, after duration: Duration)
}

/// A response that a proxy refused.
package struct XDSRejection: Sendable, Hashable {
  package let gateway: GatewayID

  /// The proxy's `node.id`.
  package let node: String

  package let type: ResourceType

  /// The resources that the proxy's message names, or the only one that was new to it; empty if neither tells.
  package let names: [String]

  /// The proxy's own words, cut at 4,096 characters.
  package let message: String
}
