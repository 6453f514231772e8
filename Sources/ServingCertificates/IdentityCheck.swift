package import FoundationEssentials
@_spi(FixedExpiryValidationTime) import X509

/// An identity that a server can use, and what its certificate says.
package struct CheckedIdentity: Hashable, Sendable {
  package let identity: ServingIdentity
  /// When the certificate ends, or one that leads from it to the authority.
  package let end: Date
  /// Whether the certificate is for the name that clients are told.
  package let isForServer: Bool
}

/// Why an identity is of no use.
package struct IdentityFault: Error, Hashable, CustomStringConvertible {
  /// Says which part it is about, and what is wrong with it.
  package let description: String

  package init(_ description: String) { self.description = description }
}

/// Looks at certificate, key and authorities together, as clients will.
package struct IdentityCheck: Sendable {
  /// What the three are called where they come from, for messages: `tls.crt`, or a path.
  package struct Labels: Sendable {
    package var certificate: String
    package var key: String
    package var authorities: String

    package init(certificate: String, key: String, authorities: String) {
      self.certificate = certificate
      self.key = key
      self.authorities = authorities
    }
  }

  private let labels: Labels
  private let names: ServerNames

  package init(labels: Labels, names: ServerNames) {
    self.labels = labels
    self.names = names
  }

  /// - Throws: ``IdentityFault`` if the certificate cannot be read, is not the key's, is not valid now, or if none of the
  ///   authorities leads to it.
  package func check(_ identity: ServingIdentity, now: Date) async throws(IdentityFault) -> CheckedIdentity {
    let chain = try read(labels.certificate) { () throws(PEM.Fault) in
      try PEM.certificates(identity.certificateChain)
    }
    let key = try read(labels.key) { () throws(PEM.Fault) in try PEM.privateKey(identity.privateKey) }
    let authorities = try read(labels.authorities) { () throws(PEM.Fault) in
      try PEM.certificates(identity.authorities)
    }
    guard let leaf = chain.first else { throw IdentityFault("\(labels.certificate) has no certificate") }
    guard leaf.publicKey == key.publicKey else {
      throw IdentityFault("\(labels.key) is not the key of the certificate in \(labels.certificate)")
    }
    guard let end = chain.map(\.notValidAfter).min(), end >= now else {
      throw IdentityFault("the certificate in \(labels.certificate) ended at \(text(leaf.notValidAfter))")
    }
    guard let start = chain.map(\.notValidBefore).max(), start <= now else {
      throw IdentityFault("the certificate in \(labels.certificate) begins at \(text(leaf.notValidBefore))")
    }
    guard await isTrusted(leaf, chain, authorities, now) else {
      throw IdentityFault(
        "no authority in \(labels.authorities) has signed the certificate in \(labels.certificate), so no proxy would "
          + "accept it")
    }
    return CheckedIdentity(identity: identity, end: end, isForServer: names.areCovered(by: leaf))
  }

  private func isTrusted(
    _ leaf: Certificate, _ chain: [Certificate], _ authorities: [Certificate], _ now: Date
  ) async -> Bool {
    var verifier = Verifier(rootCertificates: CertificateStore(authorities)) {
      RFC5280Policy(fixedExpiryValidationTime: now)
    }
    let result = await verifier.validate(leaf: leaf, intermediates: CertificateStore(chain.dropFirst()))
    guard case .validCertificate = result else { return false }
    return true
  }

  private func read<Value>(
    _ label: String, _ parse: () throws(PEM.Fault) -> Value
  ) throws(IdentityFault) -> Value {
    do {
      return try parse()
    } catch {
      throw IdentityFault("\(label) \(error)")
    }
  }

  private func text(_ date: Date) -> String { date.formatted(.iso8601) }
}
