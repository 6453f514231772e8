package import FoundationEssentials
import X509

/// When authority and certificate are replaced, decided without I/O: what is held and the time come in, what is to be
/// held comes out.
///
/// Clients never distrust the server, whatever the order in which they and the replicas learn of a change:
///
/// 1. A new authority is published beside the old one, and signs nothing for ``Schedule/distribution``. Who takes no
///    longer than that to get it has it before anything that it signed is served.
/// 2. Then it issues the server's certificate, and the key of the old one is thrown away.
/// 3. The old authority stays published until it expires. Nothing that it signed outlives it, so a replica that lags
///    behind, for as long as its certificate is valid at all, is believed.
package struct CertificateRotation: Sendable {
  /// How long things are valid and when they are replaced.
  ///
  /// An authority of one year is replaced often enough that the replacement is known to work, and has four months left
  /// then: more than a certificate lives, so none is ever cut short by its authority's end; and a control plane that is
  /// switched off for a season finds one that clients still trust. A certificate of 90 days that is replaced after 60
  /// leaves 30 days in which something may be amiss before anyone notices more than a log line and a metric.
  package struct Schedule: Hashable, Sendable {
    /// For how long an authority is valid.
    package var authorityLifetime: TimeInterval
    /// With how much of that left its successor is published; more than a certificate's lifetime and `distribution`.
    package var authorityOverlap: TimeInterval
    /// How long an authority is published before it signs anything. A kubelet takes up to two minutes to bring a changed
    /// ConfigMap to a pod; a day leaves time for a control plane that cannot write, and for proxies that are run by
    /// other means.
    package var distribution: TimeInterval
    /// For how long a certificate is valid.
    package var certificateLifetime: TimeInterval
    /// With how much of that left it is replaced.
    package var certificateOverlap: TimeInterval
    /// How far before its making something is valid, for clients whose clocks are behind.
    package var clockSkew: TimeInterval

    package init(
      authorityLifetime: TimeInterval = 365 * day, authorityOverlap: TimeInterval = 120 * day,
      distribution: TimeInterval = day, certificateLifetime: TimeInterval = 90 * day,
      certificateOverlap: TimeInterval = 30 * day, clockSkew: TimeInterval = 600
    ) {
      self.authorityLifetime = authorityLifetime
      self.authorityOverlap = authorityOverlap
      self.distribution = distribution
      self.certificateLifetime = certificateLifetime
      self.certificateOverlap = certificateOverlap
      self.clockSkew = clockSkew
    }

    /// In seconds.
    package static let day: TimeInterval = 86_400
  }

  /// What follows from what is held.
  package enum Step: Sendable, Hashable {
    /// Nothing until then.
    case wait(until: Date)
    /// This is to be held from now on; `reasons` say what is new about it.
    case write(CertificateMaterial, reasons: [String])
  }

  package let names: ServerNames
  package let schedule: Schedule

  /// - Parameter names: of the server; a certificate for others is replaced.
  package init(names: ServerNames, schedule: Schedule = Schedule()) {
    self.names = names
    self.schedule = schedule
  }

  /// - Parameter held: with whatever is missing in it, or damaged.
  /// - Throws: what X509 throws when it makes a certificate; not expected.
  package func step(_ held: CertificateMaterial, now: Date) throws -> Step {
    // Certificates know no smaller unit.
    let now = Date(timeIntervalSince1970: now.timeIntervalSince1970.rounded(.down))
    var draft = Draft(held, schedule: schedule, now: now)
    draft.dropExpired()
    draft.promote()
    try draft.prepareSuccessor()
    try draft.renew(for: names)
    guard draft.reasons.isEmpty else { return .write(draft.material, reasons: draft.reasons) }
    return .wait(until: draft.nextLook())
  }

  /// When the authority was published, as its certificate tells.
  private static func publication(of authority: CertificateAuthority, _ schedule: Schedule) -> Date {
    authority.certificate.notValidBefore.addingTimeInterval(schedule.clockSkew)
  }

  /// What is held, while it is made what it is to be.
  private struct Draft {
    var material: CertificateMaterial
    var reasons: [String] = []
    private let schedule: Schedule
    private let now: Date

    init(_ held: CertificateMaterial, schedule: Schedule, now: Date) {
      material = held
      self.schedule = schedule
      self.now = now
    }

    /// The authority that issues now.
    private var signer: CertificateAuthority? { valid(material.authority(of: material.signingKey)) }
    private var successor: CertificateAuthority? { valid(material.authority(of: material.nextSigningKey)) }

    private func valid(_ authority: CertificateAuthority?) -> CertificateAuthority? {
      guard let authority, authority.certificate.isAuthority, authority.certificate.isValid(at: now) else { return nil }
      return authority
    }

    /// The certificate, if clients that have all authorities believe it.
    private var certificate: Certificate? {
      guard let certificate = material.certificate, let key = material.key, certificate.publicKey == key.publicKey,
        certificate.isValid(at: now),
        material.authorities.contains(where: { $0.isValid(at: now) && $0.hasSigned(certificate) })
      else { return nil }
      return certificate
    }

    mutating func dropExpired() {
      let kept = material.authorities.filter { $0.notValidAfter > now }
      guard kept.count < material.authorities.count else { return }
      material.authorities = kept
      reasons.append("without an authority that has expired")
    }

    /// Lets the successor issue, if its time has come, or if no client could be worse off.
    mutating func promote() {
      guard let successor else { return }
      let isKnown = CertificateRotation.publication(of: successor, schedule) + schedule.distribution <= now
      guard isKnown || signer == nil && certificate == nil else { return }
      material.signingKey = material.nextSigningKey
      material.nextSigningKey = nil
      moveToFront(successor.certificate)
    }

    mutating func prepareSuccessor() throws {
      guard successor == nil else { return }
      if let signer, signer.certificate.notValidAfter - schedule.authorityOverlap > now { return }
      let new = try CertificateAuthority(
        validity: (now - schedule.clockSkew)..<(now + schedule.authorityLifetime))
      material.authorities.append(new.certificate)
      material.nextSigningKey = new.key
      reasons.append("with a new authority, valid until \(new.certificate.notValidAfter.formatted(.iso8601))")
      promote()
    }

    mutating func renew(for names: ServerNames) throws {
      guard let signer, let reason = reasonToRenew(signer: signer.certificate, names) else { return }
      let (new, key) = try signer.issue(
        for: names, validity: (now - schedule.clockSkew)..<(now + schedule.certificateLifetime))
      material.certificate = new
      material.key = key
      reasons.append("with a new certificate, valid until \(new.notValidAfter.formatted(.iso8601)): \(reason)")
    }

    private func reasonToRenew(signer: Certificate, _ names: ServerNames) -> String? {
      guard let certificate else {
        return material.certificate == nil ? "there was none that can be read" : "the last one cannot be used any more"
      }
      if !names.areExactly(thoseOf: certificate) { return "the last one is for other names" }
      if !signer.hasSigned(certificate) { return "the authority is another" }
      let end = min(now + schedule.certificateLifetime, signer.notValidAfter)
      let isDue = certificate.notValidAfter - schedule.certificateOverlap <= now
      return isDue && end > certificate.notValidAfter ? "the last one ends soon" : nil
    }

    private mutating func moveToFront(_ authority: Certificate) {
      material.authorities = [authority] + material.authorities.filter { $0 != authority }
    }

    /// The next moment in which something may be to do.
    func nextLook() -> Date {
      var moments = material.authorities.map(\.notValidAfter)
      if let signer { moments.append(signer.certificate.notValidAfter - schedule.authorityOverlap) }
      if let successor {
        moments.append(CertificateRotation.publication(of: successor, schedule) + schedule.distribution)
      }
      if let certificate {
        moments += [certificate.notValidAfter - schedule.certificateOverlap, certificate.notValidAfter + 1]
      }
      return moments.filter { $0 > now }.min() ?? now + CertificateRotation.Schedule.day
    }
  }
}

extension Certificate {
  func isValid(at date: Date) -> Bool { notValidBefore <= date && date <= notValidAfter }
}
