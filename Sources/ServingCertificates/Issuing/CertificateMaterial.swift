package import X509

/// All that the leader keeps in the Secret: what replicas serve with, and what the next certificates are made with.
///
/// Reading it is lenient: what is missing or damaged is nil, so that the rest can still be used.
package struct CertificateMaterial: Hashable, Sendable {
  /// The keys of the Secret's data.
  package enum Field {
    /// The server's certificate, as `kubernetes.io/tls` names it.
    package static let certificate = "tls.crt"
    package static let key = "tls.key"
    /// Every authority that clients are to accept; as cert-manager names it.
    package static let authorities = "ca.crt"
    /// The key of the authority that issues.
    package static let signingKey = "ca.key"
    /// The key of the authority that will issue, when all clients know it.
    package static let nextSigningKey = "next-ca.key"
  }

  package var certificate: Certificate?
  package var key: Certificate.PrivateKey?
  package var authorities: [Certificate]
  package var signingKey: Certificate.PrivateKey?
  package var nextSigningKey: Certificate.PrivateKey?

  /// Nothing yet.
  package init() { authorities = [] }

  /// Reads the data of a Secret.
  package init(_ data: [String: [UInt8]]) {
    func key(_ field: String) -> Certificate.PrivateKey? { data[field].flatMap { try? PEM.privateKey($0) } }
    certificate = data[Field.certificate].flatMap { try? PEM.certificates($0) }?.first
    self.key = key(Field.key)
    authorities = data[Field.authorities].flatMap { try? PEM.certificates($0) } ?? []
    signingKey = key(Field.signingKey)
    nextSigningKey = key(Field.nextSigningKey)
  }

  /// The data of the Secret, nil for a field that is not to be there.
  ///
  /// - Throws: what X509 throws; not expected of what was read or made.
  package func data() throws -> [String: [UInt8]?] {
    [
      Field.certificate: try certificate.map { try PEM.text([$0]) },
      Field.key: try key.map(PEM.text),
      Field.authorities: authorities.isEmpty ? nil : try PEM.text(authorities),
      Field.signingKey: try signingKey.map(PEM.text),
      Field.nextSigningKey: try nextSigningKey.map(PEM.text),
    ]
  }

  /// The authority that has the key.
  func authority(of key: Certificate.PrivateKey?) -> CertificateAuthority? {
    guard let key, let certificate = authorities.first(where: { $0.publicKey == key.publicKey }) else { return nil }
    return CertificateAuthority(certificate: certificate, key: key)
  }
}

extension CertificateMaterial: CustomStringConvertible, CustomDebugStringConvertible {
  /// Without the keys.
  package var description: String { "certificate material" }
  package var debugDescription: String { description }
}
