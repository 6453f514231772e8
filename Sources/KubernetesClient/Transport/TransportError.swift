/// Why there is no answer, or no end of one, from an API server.
package struct TransportError: Error, Sendable, Hashable, CustomStringConvertible {
  package enum Reason: Sendable, Hashable {
    /// Nothing listens at the address.
    case connectionRefused
    /// The host's name has no address.
    case hostNotFound
    /// No connection for another reason.
    case unreachable
    /// The TLS handshake failed: the server's certificate is not trusted, or it does not accept ours.
    case tls
    /// The request's ``HTTPRequest/Timeouts/connect``, ``HTTPRequest/Timeouts/answer`` or
    /// ``HTTPRequest/Timeouts/total`` passed.
    case timedOut
    /// The request's ``HTTPRequest/Timeouts/idle`` passed without a byte.
    case idle
    /// The connection ended before the answer did.
    case connectionLost
    /// The reader fell so far behind that the answer was given up.
    case overrun
    /// What came is not HTTP, or its encoding is broken.
    case malformedResponse
    /// A setting cannot be used: an address or a certificate that cannot be read.
    case invalidConfiguration
    /// The transport was shut down.
    case shutDown
  }

  package let reason: Reason
  /// The server's address as configured, `https://host:port`.
  package let server: String
  /// What went wrong, in plain words.
  package let message: String

  package init(_ reason: Reason, server: String, message: String) {
    self.reason = reason
    self.server = server
    self.message = message
  }

  package var description: String { "\(server): \(message)" }
}
