import Crypto
package import FoundationEssentials
import SwiftASN1
package import X509

/// An authority that issues the xDS server's certificate: a certificate that signs itself, and its key.
///
/// ECDSA over P-256 with SHA-256 throughout: every TLS library takes it, and a signature costs the server a fraction of
/// RSA's.
package struct CertificateAuthority: Sendable {
  package let certificate: Certificate
  /// Secret: never to be logged.
  package let key: Certificate.PrivateKey

  package init(certificate: Certificate, key: Certificate.PrivateKey) {
    self.certificate = certificate
    self.key = key
  }

  /// Makes a new one with a key of its own, which may sign servers' certificates and no authorities.
  ///
  /// - Parameters:
  ///   - validity: from and to when it is valid, to the second.
  /// - Throws: what X509 throws; not expected.
  package init(validity: Range<Date>) throws {
    let key = Certificate.PrivateKey(P256.Signing.PrivateKey())
    let serial = Certificate.SerialNumber()
    // Authorities of one rotation have different names, so that no client has to tell them apart by their keys.
    let mark = serial.bytes.prefix(4).map { byte in (byte < 16 ? "0" : "") + String(byte, radix: 16) }.joined()
    let name = try DistinguishedName { CommonName("kgateway xDS authority \(mark)") }
    certificate = try Certificate(
      version: .v3, serialNumber: serial, publicKey: key.publicKey, notValidBefore: validity.lowerBound,
      notValidAfter: validity.upperBound, issuer: name, subject: name, signatureAlgorithm: .ecdsaWithSHA256,
      extensions: Certificate.Extensions {
        Critical(BasicConstraints.isCertificateAuthority(maxPathLength: 0))
        Critical(KeyUsage(keyCertSign: true, cRLSign: true))
        SubjectKeyIdentifier(hash: key.publicKey)
      },
      issuerPrivateKey: key)
    self.key = key
  }

  /// Issues a server's certificate, with a new key.
  ///
  /// - Parameter validity: is cut where the authority's own ends: nothing that it signed outlives it.
  /// - Throws: what X509 throws; not expected.
  package func issue(
    for names: ServerNames, validity: Range<Date>
  ) throws -> (certificate: Certificate, key: Certificate.PrivateKey) {
    let key = Certificate.PrivateKey(P256.Signing.PrivateKey())
    let certificate = try Certificate(
      version: .v3, serialNumber: Certificate.SerialNumber(), publicKey: key.publicKey,
      notValidBefore: max(validity.lowerBound, self.certificate.notValidBefore),
      notValidAfter: min(validity.upperBound, self.certificate.notValidAfter),
      issuer: self.certificate.subject,
      // Names of hosts are in the subject's alternative names alone, which clients have gone by since RFC 6125.
      subject: try DistinguishedName { CommonName("kgateway xDS server") },
      signatureAlgorithm: .ecdsaWithSHA256,
      extensions: Certificate.Extensions {
        Critical(BasicConstraints.notCertificateAuthority)
        Critical(KeyUsage(digitalSignature: true))
        try ExtendedKeyUsage([.serverAuth])
        SubjectAlternativeNames(names.generalNames)
        SubjectKeyIdentifier(hash: key.publicKey)
        AuthorityKeyIdentifier(
          keyIdentifier: try self.certificate.extensions.subjectKeyIdentifier?.keyIdentifier)
      },
      issuerPrivateKey: self.key)
    return (certificate, key)
  }
}

extension Certificate {
  /// Whether it is an authority's, and the other one's signature is by its key. Says nothing about time.
  func hasSigned(_ certificate: Certificate) -> Bool {
    subject == certificate.issuer && publicKey.isValidSignature(certificate.signature, for: certificate)
  }

  /// Whether it may sign certificates.
  var isAuthority: Bool {
    guard case .isCertificateAuthority = try? extensions.basicConstraints else { return false }
    return true
  }
}
