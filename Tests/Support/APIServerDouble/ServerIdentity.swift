import NIOSSL
import Synchronization

/// The certificate that the server shows in the place of the one that it began with.
final class ServerIdentity: Sendable {
  private let override = Mutex(NIOSSLContextConfigurationOverride())

  /// What a handshake uses instead of the server's own settings.
  var replacement: NIOSSLContextConfigurationOverride { override.withLock { $0 } }

  func replace(with tls: APIServerDouble.TLS?) throws {
    var new = NIOSSLContextConfigurationOverride()
    if let tls {
      let chain = try NIOSSLCertificate.fromPEMBytes(Array(tls.certificateChain.utf8))
      new.certificateChain = chain.map { .certificate($0) }
      new.privateKey = .privateKey(try NIOSSLPrivateKey(bytes: Array(tls.privateKey.utf8), format: .pem))
    }
    override.withLock { $0 = new }
  }
}
