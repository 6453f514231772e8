import FoundationEssentials
import ServingCertificates
@_spi(FixedExpiryValidationTime) import X509

/// The names that tests issue certificates for.
let testNames = ServerNames(host: "kgateway.kgateway-system.svc")

/// A moment for tests to begin with.
let testStart = Date(timeIntervalSince1970: 1_800_000_000)

extension CertificateRotation.Step {
  /// What is to be written; nil if nothing is.
  var material: CertificateMaterial? {
    guard case .write(let material, _) = self else { return nil }
    return material
  }

  var end: Date? {
    guard case .wait(let end) = self else { return nil }
    return end
  }
}

/// Whether a client that has these authorities believes a server with this certificate.
func isBelieved(
  _ certificate: Certificate, by authorities: [Certificate], at date: Date,
  as host: String = "kgateway.kgateway-system.svc"
) async -> Bool {
  var verifier = Verifier(rootCertificates: CertificateStore(authorities)) {
    RFC5280Policy(fixedExpiryValidationTime: date)
    ServerIdentityPolicy(serverHostname: host, serverIP: nil)
  }
  guard case .validCertificate = await verifier.validate(leaf: certificate, intermediates: CertificateStore([])) else {
    return false
  }
  return true
}

/// As the Secret has it.
func fields(of material: CertificateMaterial) throws -> [String: [UInt8]] {
  try material.data().compactMapValues { $0 }
}

func identity(of material: CertificateMaterial) throws -> ServingIdentity {
  let fields = try fields(of: material)
  return ServingIdentity(
    certificateChain: fields["tls.crt"] ?? [], privateKey: fields["tls.key"] ?? [],
    authorities: fields["ca.crt"] ?? [])
}
