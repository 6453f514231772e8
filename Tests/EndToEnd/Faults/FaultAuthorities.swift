import APIServerDouble
import FoundationEssentials
import ServingCertificates
import X509

/// Certificates for 127.0.0.1 that an API server can change to.
struct FaultAuthorities: Sendable {
  /// PEM of the authority that signed `rotated`; the operator trusts it.
  let trusted: String
  /// Signed by an authority that the operator trusts, and another one than at the beginning.
  let rotated: APIServerDouble.TLS
  /// Signed by one that nobody has heard of.
  let strange: APIServerDouble.TLS

  init() throws {
    let validity = (Date.now - 60)..<(Date.now + 86_400)
    func issue() throws -> (authority: String, tls: APIServerDouble.TLS) {
      let authority = try CertificateAuthority(validity: validity)
      let (certificate, key) = try authority.issue(for: ServerNames(host: "127.0.0.1"), validity: validity)
      var material = CertificateMaterial()
      (material.certificate, material.key, material.authorities) = (certificate, key, [authority.certificate])
      let files = try material.data()
      func text(_ field: String) -> String { String(decoding: files[field].flatMap { $0 } ?? [], as: UTF8.self) }
      return (
        text(CertificateMaterial.Field.authorities),
        APIServerDouble.TLS(
          certificateChain: text(CertificateMaterial.Field.certificate), privateKey: text(CertificateMaterial.Field.key)
        )
      )
    }
    (trusted, rotated) = try issue()
    strange = try issue().tls
  }
}
