package import NIOCore
package import NIOSSL

extension GRPCServer {
  /// How a server listens, and what it lets a client do.
  package struct Configuration: Sendable {
    /// The address to listen on: a name or an IP address.
    package var host: String

    /// The port to listen on; 0 takes a free one.
    package var port: Int

    /// The server's certificate and whom it trusts; `nil` serves HTTP/2 in plain text (prior knowledge). The protocol
    /// negotiation, the oldest version (1.2) and the ciphers are set by the server.
    package var tls: TLSConfiguration?

    /// Never serves plain text: without ``tls``, connections are closed as they come until
    /// ``GRPCServer/replaceTLS(_:)`` brings a certificate.
    package var requiresTLS = false

    /// The longest message that is taken, in bytes; longer ones end their call with RESOURCE_EXHAUSTED.
    package var maximumMessageLength = 4 << 20

    /// The largest request header block, in bytes as RFC 9113 section 6.5.2 counts them; larger ones end their call
    /// with RESOURCE_EXHAUSTED, and those over twice this size their connection.
    package var maximumHeaderListLength = 16 << 10

    /// How many calls one connection may have open.
    package var maximumConcurrentStreams = 100

    /// How many connections may be open; further ones are closed as they come.
    package var maximumConnections = 8192

    /// How many of those may come from one address, so that no client takes them all; `nil` sets no limit.
    package var maximumConnectionsPerAddress: Int?

    /// The flow control window of a call's requests, in bytes: what one call may make the server hold.
    package var receiveWindow = 256 << 10

    /// How many PING, SETTINGS and PRIORITY frames a client may send within five seconds before its connection is
    /// closed. Clients' keepalive (Envoy's, grpcio's) and bandwidth probes are far below this.
    package var maximumControlFrames = 100

    /// How long a new connection may take to finish its TLS handshake and greet in HTTP/2.
    package var handshakeTimeout = TimeAmount.seconds(10)

    /// A client that was silent for this long is pinged; `nil` never pings.
    package var keepaliveInterval: TimeAmount? = .seconds(30)

    /// A pinged client that is silent for this long is taken for dead and its connection closed.
    package var keepaliveTimeout = TimeAmount.seconds(20)

    /// Connections older than this are asked to go, so that clients spread over the replicas again; a random tenth is
    /// added or taken away, so that not all go at once. `nil` lets them stay.
    package var maximumConnectionAge: TimeAmount? = .hours(1)

    /// How long an aged connection's calls may go on after it was asked to go; then they end with UNAVAILABLE.
    package var maximumConnectionAgeGrace = TimeAmount.seconds(10)

    /// How long calls may go on after ``GRPCServer/beginGracefulShutdown()``; then they end with UNAVAILABLE.
    package var shutdownGrace = TimeAmount.milliseconds(500)

    /// Listens on `host` and `port`, in plain text unless `tls` is given, with the limits' defaults.
    package init(host: String, port: Int, tls: TLSConfiguration? = nil) {
      self.host = host
      self.port = port
      self.tls = tls
    }
  }
}
