import APIServerDouble
import FoundationEssentials
import KubernetesAPI
import KubernetesClient
import Logging
import RealComponents
import RecordedLog
import ServingCertificates
import Synchronization
import Testing
import X509

@Suite("The Secret of the xDS server's certificate, against an API server", .timeLimit(.minutes(2)))
struct SecretIdentitySourceTests {
  @Test("from nothing the leader makes the Secret, and both replicas serve with what is in it")
  func fromNothing() async throws {
    try await Bed.withRunning { bed in
      #expect(bed.follower.source.awaited == "xDS certificate (Secret kgateway-system/kgateway-xds)")
      try await bed.withReplicas {
        let identities = try await bed.bothServe { _ in true }
        #expect(try await bed.stored().data["tls.crt"] == identities.identity.certificateChain)
        let secret = try await bed.stored()
        #expect(secret.type == Secret.tlsType)
        #expect(secret.metadata.labels == ["app.kubernetes.io/managed-by": "kgateway"])
        #expect(Set(secret.data.keys) == ["tls.crt", "tls.key", "ca.crt", "ca.key"])
        #expect(identities.isForServer)
        #expect(bed.follower.source.awaited == nil)
        let writes = await bed.writes
        #expect(writes.map(\.method) == ["POST"])
        // Nobody sees any other Secret.
        let reads = await bed.server.requests.filter { $0.method == "GET" && $0.path.contains("/secrets") }
        #expect(reads.allSatisfy { $0.path.contains("/namespaces/kgateway-system/secrets") })
        #expect(
          reads.allSatisfy {
            $0.path.hasSuffix("/kgateway-xds") || $0.query.contains { $0.value == "metadata.name=kgateway-xds" }
          })
        try bed.expectNoKeys(in: secret)
      }
    }
  }

  @Test("as time goes by both are renewed, and all replicas take them; the follower writes nothing")
  func rotation() async throws {
    try await Bed.withRunning { bed in
      try await bed.withReplicas {
        var last = try await bed.bothServe { _ in true }
        let known = last.identity.authorities
        bed.clock.advance(days: 61)
        last = try await bed.bothServe { [last] in $0.identity.certificateChain != last.identity.certificateChain }
        #expect(last.identity.authorities == known)

        bed.clock.advance(days: 185)
        let published = try await bed.bothServe { $0.identity.authorities.count > known.count * 3 / 2 }
        #expect(Array(published.identity.authorities.prefix(known.count)) == known)
        bed.clock.advance(days: 1.1)
        last = try await bed.bothServe { $0.identity.certificateChain != published.identity.certificateChain }
        #expect(Set(try fieldsOfAuthorities(last)) == Set(try fieldsOfAuthorities(published)))
        #expect(bed.follower.log.messages(.notice).allSatisfy { !$0.hasPrefix("wrote") && !$0.hasPrefix("created") })
        try bed.expectNoKeys(in: try await bed.stored())
      }
    }
  }

  @Test("a clock that was far ahead and is set right again leaves no certificate behind that is not valid yet")
  func clockSetBack() async throws {
    try await Bed.withRunning { bed in
      try await bed.withReplicas {
        let first = try await bed.bothServe { _ in true }
        bed.clock.advance(days: 300)
        let ahead = try await bed.bothServe { $0.identity.certificateChain != first.identity.certificateChain }
        bed.clock.advance(days: -300)
        let now = bed.clock.now
        let mended = try await bed.bothServe { $0.identity.certificateChain != ahead.identity.certificateChain }
        let certificate = try #require(
          CertificateMaterial(["ca.crt": mended.identity.certificateChain]).authorities.first)
        #expect(certificate.notValidBefore <= now && now < certificate.notValidAfter)
      }
    }
  }

  private func fieldsOfAuthorities(_ identity: CheckedIdentity) throws -> [Certificate] {
    CertificateMaterial(["ca.crt": identity.identity.authorities]).authorities
  }

  @Test(
    "what is damaged is told and replaced, and the last good identity is served meanwhile",
    arguments: ["tls.crt", "tls.key"])
  func damaged(field: String) async throws {
    try await Bed.withRunning { bed in
      try await bed.withReplicas {
        let before = try await bed.bothServe { _ in true }
        bed.leadership.set(until: .now)
        var secret = try await bed.stored()
        secret.data[field] = Array("broken".utf8)
        try await bed.put(secret)
        try await eventually("it is told") {
          bed.follower.log.messages(.warning).contains {
            $0.contains("kgateway-xds: \(field) has no") && $0.contains("the last good certificate is served on")
          }
        }
        #expect(bed.follower.current == before)
        bed.lead()
        let after = try await bed.bothServe { $0 != before }
        #expect(after.identity.authorities == before.identity.authorities)
        #expect(bed.follower.log.messages(.notice).contains { $0.contains("in order again") })
      }
    }
  }

  @Test("what is damaged in the moment in which the leader finds all in order is replaced all the same")
  func damagedMeanwhile() async throws {
    try await Bed.withRunning { bed in
      try await bed.withReplicas {
        _ = try await bed.bothServe { _ in true }
        for round in 0..<10 {
          var secret = try await bed.stored()
          secret.metadata.labels["round"] = "\(round)"
          try await bed.put(secret)
          secret.data["tls.key"] = Array("broken".utf8)
          try await bed.put(secret)
          try await eventually("it is replaced, round \(round)") {
            try await bed.stored().data["tls.key"] != secret.data["tls.key"]
          }
        }
      }
    }
  }

  @Test("a Secret that is someone else's is served, and never written", arguments: [true, false])
  func foreign(isGood: Bool) async throws {
    try await Bed.withRunning { bed in
      let rotation = CertificateRotation(names: ServerNames(host: "other"), schedule: .init(certificateLifetime: 1_000))
      let material = try #require(try rotation.step(CertificateMaterial(), now: bed.clock.now).material)
      var data = try fields(of: material)
      if !isGood { data["ca.crt"] = nil }
      let secret = Secret(
        metadata: ObjectMeta(namespace: "kgateway-system", name: "kgateway-xds", labels: ["app": "cert-manager"]),
        data: data)
      try await bed.put(secret)
      try await bed.withReplicas {
        if isGood {
          _ = try await bed.bothServe { _ in true }
          try await eventually("that it is for other names is told") {
            bed.leader.log.messages(.warning).contains { $0.contains("is not for the name that proxies connect to") }
          }
        } else {
          try await eventually("what to do is told") {
            bed.leader.log.messages(.warning).contains {
              $0.contains("ca.crt has no certificate; xDS is not served until it is mended")
                && $0.contains("mend it, or delete it")
            }
          }
          #expect(bed.leader.source.awaited != nil)
        }
        bed.clock.advance(days: 400)
        try await bed.server.delete("secrets", group: "", namespace: "kgateway-system", name: "kgateway-xds")
        let own = try await bed.bothServe { $0.isForServer }
        #expect(own.identity.authorities != data["ca.crt"])
        // One after the other: had the foreign one been written, it would have been before.
        #expect(await bed.writes.map(\.method) == ["POST"])
      }
    }
  }

  @Test("a leader that lost a race reads again, and serves what the other wrote")
  func race() async throws {
    try await Bed.withRunning { bed in
      await bed.server.inject(.status(code: 409, reason: "AlreadyExists"), into: .writes, times: 2)
      try await bed.withReplicas {
        _ = try await bed.bothServe { _ in true }
        let requests = await bed.server.requests
        #expect(requests.contains { $0.method == "GET" && $0.path.hasSuffix("/secrets/kgateway-xds") })
        #expect(await bed.writes.count == 3)
      }
    }
  }

  @Test("one that may not write is told once what it needs, and writes when it may")
  func forbidden() async throws {
    try await Bed.withRunning { bed in
      await bed.server.inject(.status(code: 403, reason: "Forbidden"), into: .writes, times: 3)
      try await bed.withReplicas {
        _ = try await bed.bothServe { _ in true }
        let told = bed.leader.log.messages(.warning).filter { $0.contains("role must allow create on secrets") }
        #expect(told.count == 1)
        #expect(bed.leader.log.messages(.notice).contains("the xDS certificate can be written again"))
      }
    }
  }
}

/// A leader and a follower, and the clock that they go by.
private struct Bed {
  struct Replica {
    let source: SecretIdentitySource
    let log: RecordedLog
    let served = Served()
    var current: CheckedIdentity? { served.current.withLock { $0 } }
  }

  final class Served: Sendable {
    let current = Mutex<CheckedIdentity?>(nil)
  }

  final class TestClock: Sendable {
    private let time = Mutex(Date(timeIntervalSince1970: Date.now.timeIntervalSince1970.rounded()))
    var now: Date { time.withLock { $0 } }
    func advance(days: Double) { time.withLock { $0 += days * 86_400 } }
  }

  let server: APIServerDouble
  let clock: TestClock
  let leadership: Leadership
  let leader: Replica
  let follower: Replica

  static func withRunning(_ body: (Bed) async throws -> Void) async throws {
    var configuration = APIServerDouble.Configuration()
    configuration.namespaces.append("kgateway-system")
    try await withTemporaryFolder { folder in
      try await APIServerDouble.withRunning(configuration) { server in
        try await server.writeKubeconfig(to: folder.path("config"))
        let access = try ClusterAccess.find(kubeconfig: folder.path("config"), environment: [:])
        let client = try KubernetesClient(access, userAgent: "kgateway/test")
        let (clock, leadership) = (TestClock(), Leadership.elected)
        func replica(_ leadership: Leadership) -> Replica {
          let log = RecordedLog()
          let settings = SecretIdentitySource.Settings(
            secret: NamespacedName(namespace: "kgateway-system", name: "kgateway-xds"),
            rotation: CertificateRotation(names: testNames), lookInterval: .milliseconds(20),
            backoff: Backoff(initial: .milliseconds(10), maximum: .milliseconds(50)), now: { clock.now })
          return Replica(
            source: SecretIdentitySource(
              client: client, leadership: leadership, settings: settings, logger: log.logger), log: log)
        }
        let bed = Bed(
          server: server, clock: clock, leadership: leadership, leader: replica(leadership),
          follower: replica(.elected))
        do {
          try await body(bed)
        } catch {
          await client.shutdown()
          throw error
        }
        await client.shutdown()
      }
    }
  }

  /// Runs both for the time of the body.
  func withReplicas(_ body: () async throws -> Void) async throws {
    lead()
    try await withThrowingTaskGroup { group in
      for replica in [leader, follower] {
        group.addTask { await replica.source.run() }
        group.addTask {
          for await identity in replica.source.identities() { replica.served.current.withLock { $0 = identity } }
        }
      }
      try await body()
      group.cancelAll()
    }
  }

  func lead() {
    leadership.set(until: .now + .seconds(600))
    leader.source.leads()
  }

  /// Waits until both replicas serve the same, which fulfils the condition.
  func bothServe(_ condition: (CheckedIdentity) -> Bool) async throws -> CheckedIdentity {
    try await eventuallyValue("both serve it; \(leader.log.lines.suffix(3))", within: .seconds(20)) {
      guard let identity = leader.current, identity == follower.current, condition(identity) else { return nil }
      return identity
    }
  }

  /// The Secret as it is stored.
  func stored() async throws -> Secret {
    let object = try #require(
      await server.object("secrets", group: "", namespace: "kgateway-system", name: "kgateway-xds"))
    var data: [String: [UInt8]] = [:]
    for key in object["data"]?.objectValue?.keys ?? [] {
      data[key] = object[["data", key]]?.stringValue.flatMap { Data(base64Encoded: $0) }.map { Array($0) }
    }
    var labels: [String: String] = [:]
    for key in object[["metadata", "labels"]]?.objectValue?.keys ?? [] {
      labels[key] = object[["metadata", "labels", key]]?.stringValue
    }
    return Secret(
      metadata: ObjectMeta(namespace: "kgateway-system", name: "kgateway-xds", labels: labels),
      type: object["type"]?.stringValue ?? "", data: data)
  }

  func put(_ secret: Secret) async throws {
    let object = try #require(JSONValue(json: String(decoding: secret.json, as: UTF8.self)))
    try await server.put(object)
  }

  var writes: [RecordedRequest] {
    get async { await server.requests.filter { $0.method != "GET" } }
  }

  /// No line of a log has a piece of a key in it.
  func expectNoKeys(in secret: Secret) throws {
    let texts = (leader.log.lines + follower.log.lines).map(\.message)
    for (field, bytes) in secret.data where field.hasSuffix(".key") {
      let lines = String(decoding: bytes, as: UTF8.self).split(separator: "\n").filter { !$0.hasPrefix("-----") }
      #expect(!lines.isEmpty)
      for line in lines { #expect(texts.allSatisfy { !$0.contains(line) }, "\(field)") }
    }
  }
}
