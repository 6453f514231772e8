/// What the xDS server proves its identity with, and what its clients check that with.
package struct ServingIdentity: Hashable, Sendable {
  /// The certificate, and what leads from it to the authority, in PEM.
  package var certificateChain: [UInt8]
  /// The certificate's private key in PEM. Secret: never to be logged.
  package var privateKey: [UInt8]
  /// All authorities whose certificates clients are to accept, in PEM: during a rotation the old one and the new one.
  package var authorities: [UInt8]

  package init(certificateChain: [UInt8], privateKey: [UInt8], authorities: [UInt8]) {
    self.certificateChain = certificateChain
    self.privateKey = privateKey
    self.authorities = authorities
  }
}

extension ServingIdentity: CustomStringConvertible, CustomDebugStringConvertible {
  /// Without the key, so that no message can leak it.
  package var description: String { "a serving identity" }
  package var debugDescription: String { description }
}
