import FoundationEssentials
import Logging
import NIOSSL
import PrometheusMetrics
import ServiceLifecycle
import ServingCertificates

/// Gives each new certificate to the xDS server, and its authorities to what connects to those of other replicas. Does nothing where there is no source.
struct ServingCertificateService: ServiceLifecycle.Service {
  let source: (any ServingIdentitySource)?
  let controlPlane: ControlPlane
  let authorities: TrustedAuthorities

  func run() async throws {
    guard let source else { return try await gracefulShutdown() }
    await cancelWhenGracefulShutdown {
      await withDiscardingTaskGroup { group in
        group.addTask { await source.run() }
        group.addTask { for await identity in source.identities() { use(identity) } }
      }
    }
  }

  private func use(_ checked: CheckedIdentity) {
    authorities.replace(checked.identity.authorities)
    do {
      try controlPlane.replaceTLS(try TLSConfiguration(serving: checked.identity))
      controlPlane.metrics.xdsCertificateExpiry.set(Int(checked.end.timeIntervalSince1970))
    } catch {
      controlPlane.logger.error("the xDS certificate cannot be used, and the one before is served on: \(error)")
    }
  }
}

extension TLSConfiguration {
  fileprivate init(serving identity: ServingIdentity) throws {
    self = .makeServerConfiguration(
      certificateChain: try NIOSSLCertificate.fromPEMBytes(identity.certificateChain).map { .certificate($0) },
      privateKey: .privateKey(try NIOSSLPrivateKey(bytes: identity.privateKey, format: .pem)))
  }
}
