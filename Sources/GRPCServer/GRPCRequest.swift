package import NIOCore
package import NIOHPACK

/// What a client sent before its first message.
package struct GRPCRequest: Sendable {
  /// The method, as `/package.Service/Method`.
  package var path: String

  /// The request's header block as received, pseudo-headers included. Values of names that end in `-bin` are base64.
  package var metadata: HPACKHeaders

  /// When the client stops waiting (from `grpc-timeout`); the server ends the call with DEADLINE_EXCEEDED then.
  package var deadline: NIODeadline?

  /// The client's address; `nil` where the transport has none.
  package var peer: SocketAddress?

  /// Makes a request; the server makes these from header blocks, tests may make their own.
  package init(path: String, metadata: HPACKHeaders, deadline: NIODeadline? = nil, peer: SocketAddress? = nil) {
    self.path = path
    self.metadata = metadata
    self.deadline = deadline
    self.peer = peer
  }
}
