import NIOCore
import NIOSSL
import Synchronization

/// The TLS settings that new connections of a server get; replaced as a whole, on any thread.
final class TransportSecurity: Sendable {
  /// Whether nothing is served in plain text.
  let isRequired: Bool
  private let current = Mutex<NIOSSLContext?>(nil)

  init(isRequired: Bool) {
    self.isRequired = isRequired
  }

  /// For the next connection; `nil` where there is no certificate yet, or none at all.
  var context: NIOSSLContext? { current.withLock { $0 } }

  /// Uses the settings unless others were brought before.
  func install(_ tls: TLSConfiguration) throws(GRPCServerError) {
    let context = try Self.context(tls)
    current.withLock { if $0 == nil { $0 = context } }
  }

  /// Uses the settings from now on.
  func replace(_ tls: TLSConfiguration) throws(GRPCServerError) {
    guard isRequired else { throw .unusableTLS(reason: "the server serves plain text") }
    let context = try Self.context(tls)
    current.withLock { $0 = context }
  }

  /// Reading keys and making a context takes a while, so it is done outside the lock.
  private static func context(_ tls: TLSConfiguration) throws(GRPCServerError) -> NIOSSLContext {
    var tls = tls
    tls.applicationProtocols = ["h2"]
    if tls.minimumTLSVersion != .tlsv13 { tls.minimumTLSVersion = .tlsv12 }
    tls.cipherSuiteValues = ciphers
    // How long a close waits for the client's side of it: within what a graceful shutdown may take.
    tls.shutdownTimeout = .milliseconds(250)
    do {
      return try NIOSSLContext(configuration: tls)
    } catch {
      throw .unusableTLS(reason: "\(error)")
    }
  }

  /// Of TLS 1.2, those that HTTP/2 allows (RFC 9113 section 9.2.2: an ephemeral key exchange and an AEAD); those of
  /// TLS 1.3 are all so, and always on.
  private static let ciphers: [NIOTLSCipher] = [
    .TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256, .TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256,
    .TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384, .TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384,
    .TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256, .TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256,
  ]
}
