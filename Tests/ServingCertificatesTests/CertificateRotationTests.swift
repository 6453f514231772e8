import FoundationEssentials
import RealComponents
import ServingCertificates
import Testing
import X509

@Suite("The rotation of authority and certificate")
struct CertificateRotationTests {
  private static let day: TimeInterval = 86_400
  private let rotation = CertificateRotation(names: testNames)

  /// What is written at first, from nothing.
  private func first(at date: Date = testStart) throws -> CertificateMaterial {
    try #require(try rotation.step(CertificateMaterial(), now: date).material)
  }

  /// What is held after all that is due by then was written in time.
  private func held(after time: TimeInterval) throws -> CertificateMaterial {
    var (material, now) = (try first(), testStart)
    while now <= testStart + time {
      switch try rotation.step(material, now: now) {
      case .write(let next, _): material = next
      case .wait(let end): now = end
      }
    }
    return material
  }

  @Test("from nothing there is all that is needed, at once, and then nothing to do for 60 days")
  func fromNothing() async throws {
    let material = try first()
    let certificate = try #require(material.certificate)
    #expect(material.authorities.count == 1)
    #expect(material.nextSigningKey == nil)
    #expect(await isBelieved(certificate, by: material.authorities, at: testStart))
    #expect(await isBelieved(certificate, by: material.authorities, at: testStart - 300), "a clock that is behind")
    #expect(try rotation.step(material, now: testStart).end == testStart + 60 * Self.day)
    #expect(try CertificateMaterial(fields(of: material)) == material, "what is written reads as the same")
  }

  @Test("a certificate is renewed 30 days before its end, by the same authority")
  func renewal() throws {
    let material = try first()
    #expect(try rotation.step(material, now: testStart + 60 * Self.day - 1).material == nil)
    let renewed = try #require(try rotation.step(material, now: testStart + 60 * Self.day).material)
    #expect(renewed.certificate != material.certificate)
    #expect(renewed.key != material.key)
    #expect(renewed.authorities == material.authorities)
    #expect(renewed.signingKey == material.signingKey)
    #expect(renewed.certificate?.notValidAfter == testStart + 150 * Self.day)
  }

  @Test("a new authority is published a day before it signs, and the old key is thrown away then")
  func succession() throws {
    let before = try held(after: 244 * Self.day)
    #expect(before.authorities.count == 1)
    let published = try #require(try rotation.step(before, now: testStart + 245 * Self.day).material)
    #expect(published.authorities.count == 2)
    #expect(published.authorities.first == before.authorities.first)
    #expect(published.signingKey == before.signingKey)
    #expect(published.certificate == before.certificate)
    #expect(
      try rotation.step(published, now: testStart + 245 * Self.day).end == testStart + 246 * Self.day)

    let promoted = try #require(try rotation.step(published, now: testStart + 246 * Self.day).material)
    #expect(promoted.signingKey == published.nextSigningKey)
    #expect(promoted.nextSigningKey == nil)
    #expect(Set(promoted.authorities) == Set(published.authorities))
    #expect(promoted.certificate?.issuer == published.authorities.last?.subject)
    #expect(try fields(of: promoted)["next-ca.key"] == nil)

    let after = try held(after: 366 * Self.day)
    #expect(after.authorities.count == 1, "the old one has expired")
  }

  @Test("other names get another certificate, from the same authority")
  func otherNames() throws {
    let material = try first()
    let other = CertificateRotation(names: ServerNames(host: "10.1.2.3"))
    let renamed = try #require(try other.step(material, now: testStart).material)
    #expect(renamed.authorities == material.authorities)
    #expect(renamed.certificate != material.certificate)
    #expect(try other.step(renamed, now: testStart).material == nil)
  }

  @Test(
    "what is damaged is replaced, and what is not is kept",
    arguments: ["tls.crt", "tls.key", "ca.crt", "ca.key", "next-ca.key"], ["", "garbage", "missing", "foreign"])
  func damage(field: String, how: String) async throws {
    let material = try held(after: 245.5 * Self.day)
    let now = testStart + 245.5 * Self.day
    var data = try fields(of: material)
    let foreign = try fields(of: try #require(try rotation.step(CertificateMaterial(), now: now).material))
    switch how {
    case "missing": data[field] = nil
    case "foreign": data[field] = foreign[field == "next-ca.key" ? "ca.key" : field]
    default: data[field] = Array(how.utf8)
    }
    var mended = CertificateMaterial(data)
    while let next = try rotation.step(mended, now: now).material { mended = next }
    let certificate = try #require(mended.certificate)
    #expect(await isBelieved(certificate, by: mended.authorities, at: now))
    #expect(mended.key?.publicKey == certificate.publicKey)
    // Whoever has the authorities from before goes on believing the server, unless they are what is lost.
    if field != "ca.crt" { #expect(await isBelieved(certificate, by: material.authorities, at: now)) }
    // And it goes on well.
    let later = try #require(try rotation.step(mended, now: now).end)
    #expect(later > now)
  }

  @Test("after a sleep beyond all ends everything is made anew; after one of four months only the certificate")
  func sleep() throws {
    let material = try first()
    let anew = try #require(try rotation.step(material, now: testStart + 400 * Self.day).material)
    #expect(Set(anew.authorities).isDisjoint(with: material.authorities))
    #expect(anew.nextSigningKey == nil)
    let renewed = try #require(try rotation.step(material, now: testStart + 120 * Self.day).material)
    #expect(renewed.authorities == material.authorities)
  }

  @Test("a step that changes something leaves nothing to change at the same moment")
  func settles() throws {
    var material = CertificateMaterial()
    for hour in stride(from: 0.0, through: 800 * 24, by: 37) {
      let now = testStart + hour * 3600
      guard let next = try rotation.step(material, now: now).material else { continue }
      material = next
      #expect(try rotation.step(material, now: now).material == nil, "at hour \(hour)")
    }
  }

  // MARK: Years

  /// What the Secret held from when on.
  private struct Epoch {
    var start: Date
    var material: CertificateMaterial
  }

  /// A certificate and authorities that met, and when they did first and last.
  private struct Meeting: Hashable {
    var served: Int
    var known: Int
  }

  /// Several years, in which a leader is late by up to two days each time, or another takes over.
  private func history(_ rotation: CertificateRotation, years: Double, seed: UInt64) throws -> [Epoch] {
    var random = SplitMix64(seed: seed)
    var (epochs, now): ([Epoch], Date) = ([], testStart)
    while now < testStart + years * 365 * Self.day {
      switch try rotation.step(epochs.last?.material ?? CertificateMaterial(), now: now) {
      case .write(let material, _): epochs.append(Epoch(start: now, material: material))
      case .wait(let end): now = end + Double.random(in: 0...(2 * Self.day), using: &random).rounded()
      }
    }
    return epochs
  }

  /// All pairs of what a replica serves and what a proxy knows, every three hours, with every lag.
  private func meetings(
    _ epochs: [Epoch], replicaLags: [TimeInterval], proxyLags: [TimeInterval]
  ) -> [Meeting: ClosedRange<Date>] {
    func index(at date: Date) -> Int { max(0, (epochs.firstIndex { $0.start > date } ?? epochs.count) - 1) }
    var met: [Meeting: ClosedRange<Date>] = [:]
    guard let end = epochs.last?.start else { return met }
    for now in stride(from: testStart, through: end, by: 3 * 3600) {
      let served = Set(replicaLags.map { index(at: now - $0) })
      for known in Set(proxyLags.map({ index(at: now - $0) })) {
        for served in served {
          let meeting = Meeting(served: served, known: known)
          met[meeting] = (met[meeting]?.lowerBound ?? now)...now
        }
      }
    }
    return met
  }

  /// How many of the pairs do not get on.
  private func failures(_ epochs: [Epoch], _ met: [Meeting: ClosedRange<Date>]) async -> Int {
    var failures = 0
    for (meeting, times) in met {
      guard let certificate = epochs[meeting.served].material.certificate else { continue }
      let known = epochs[meeting.known].material.authorities
      // A clock that is a little behind as well.
      for date in [times.lowerBound - 300, times.lowerBound, times.upperBound] {
        if await !isBelieved(certificate, by: known, at: date) { failures += 1 }
      }
    }
    return failures
  }

  private static let hours: [TimeInterval] = [0, 1 / 60.0, 1, 12, 23.9].map { $0 * 3600 }
  private static let days: [TimeInterval] = [0, 0.01, 1, 7, 27].map { $0 * day }

  @Test("over years no proxy distrusts a replica, however both lag behind", arguments: [1, 2])
  func years(seed: UInt64) async throws {
    let epochs = try history(rotation, years: 3, seed: seed)
    let met = meetings(epochs, replicaLags: Self.days, proxyLags: Self.hours)
    #expect(epochs.count > 18)
    #expect(met.count > 60)
    #expect(await failures(epochs, met) == 0)
    #expect(epochs.allSatisfy { $0.material.authorities.count <= 2 })
  }

  @Test("an authority that signs as soon as it is published would be distrusted")
  func withoutDistribution() async throws {
    let hasty = CertificateRotation(names: testNames, schedule: .init(distribution: 0))
    let epochs = try history(hasty, years: 2, seed: 1)
    #expect(await failures(epochs, meetings(epochs, replicaLags: Self.days, proxyLags: Self.hours)) > 0)
  }
}
