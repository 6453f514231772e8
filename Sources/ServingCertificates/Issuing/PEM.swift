import SwiftASN1
import X509

/// Certificates and keys as text (RFC 7468).
enum PEM {
  /// What is wrong with a text; never with a piece of it, which may be a key's.
  struct Fault: Error, Hashable, CustomStringConvertible {
    let description: String

    init(_ description: String) { self.description = description }
  }

  /// All certificates of the text, at least one.
  static func certificates(_ bytes: some Sequence<UInt8>) throws(Fault) -> [Certificate] {
    guard let documents = try? PEMDocument.parseMultiple(pemString: String(decoding: Array(bytes), as: UTF8.self))
    else {
      throw Fault("is not PEM")
    }
    var certificates: [Certificate] = []
    for document in documents where document.discriminator == Certificate.defaultPEMDiscriminator {
      guard let certificate = try? Certificate(pemDocument: document) else {
        throw Fault("has a certificate, the \(certificates.count + 1). one, that cannot be read")
      }
      certificates.append(certificate)
    }
    guard !certificates.isEmpty else { throw Fault("has no certificate") }
    return certificates
  }

  /// The text's first private key: PKCS#8, SEC1 or PKCS#1, not encrypted.
  static func privateKey(_ bytes: some Sequence<UInt8>) throws(Fault) -> Certificate.PrivateKey {
    guard let documents = try? PEMDocument.parseMultiple(pemString: String(decoding: Array(bytes), as: UTF8.self))
    else {
      throw Fault("is not PEM")
    }
    guard let document = documents.first(where: { $0.discriminator.hasSuffix("PRIVATE KEY") }) else {
      throw Fault("has no private key")
    }
    guard let key = try? Certificate.PrivateKey(pemDocument: document) else {
      throw Fault("has a private key that cannot be read (expected an ECDSA, RSA or Ed25519 key that is not encrypted)")
    }
    return key
  }

  static func text(_ certificates: [Certificate]) throws -> [UInt8] {
    Array(try certificates.map { try $0.serializeAsPEM().pemString + "\n" }.joined().utf8)
  }

  static func text(_ key: Certificate.PrivateKey) throws -> [UInt8] {
    Array((try key.serializeAsPEM().pemString + "\n").utf8)
  }
}
