import APIServerDouble
import FoundationEssentials
import NIOPosix
import NIOSSL
import RealComponents
import ScriptedADSClient
import ServingCertificates
import Testing
import X509

extension EndToEnd {
  /// What xDS is served over TLS with.
  @Suite("kgateway run: the certificate of xDS")
  struct ServingCertificate {
    @Test("from nothing two replicas serve over TLS with the one certificate that the leader made")
    func fromNothing() async throws {
      try await CertificateBed.withRunning { bed in
        let material = try await bed.material()
        for replica in bed.replicas {
          try await bed.withStream(to: replica, trusting: material.authorities) { stream in
            stream.followEverything()
            _ = try await stream.next(ADSTypeURL.cluster)
          }
          let end = try #require(material.certificate?.notValidAfter).timeIntervalSince1970
          #expect(try await replica.metric("kgateway_xds_certificate_expiry_timestamp_seconds") == end)
          #expect(
            replica.logLines("serves xDS with the certificate of the Secret kgateway-system/kgateway-xds").count == 1)
        }
        let other = try CertificateAuthority(validity: (.now - 60)..<(.now + 600))
        await #expect(throws: (any Error).self) {
          try await bed.withStream(to: bed.replicas[0], trusting: [other.certificate]) { _ = try await $0.next() }
        }
        let writes = await bed.cluster.apiServer.requests.filter { $0.method != "GET" && $0.path.contains("/secrets") }
        #expect(writes.map(\.method) == ["POST"])
        try await bed.expectNoKeys()
      }
    }

    @Test("authority and certificate are replaced under 50 open streams, of which none is lost")
    func rotation() async throws {
      let (before, old, new) = try Self.dueToBePromoted()
      let now = Date.now
      try await CertificateBed.withRunning(before, labels: [:]) { bed in
        try await bed.withStreams(50, trusting: before.authorities) { streams in
          // Now it is: the new authority has been published for long enough to issue.
          try await bed.put(before, labels: CertificateBed.managed)
          try await bed.allServe(trusting: [new.certificate], notTrusting: [old.certificate])
          try await bed.expectUpdate(of: streams, route: "after-the-authority")

          // A certificate that ends in 20 days is renewed.
          var aging = try await bed.material()
          let aged = try new.issue(for: CertificateBed.names, validity: (now - 70 * day)..<(now + 20 * day))
          (aging.certificate, aging.key) = (aged.certificate, aged.key)
          try await bed.put(aging, labels: CertificateBed.managed)
          try await eventually("it is renewed", within: .seconds(30)) {
            guard let end = try await bed.material().certificate?.notValidAfter else { return false }
            return end > now + 80 * day
          }
          let renewed = try #require(try await bed.material().certificate?.notValidAfter).timeIntervalSince1970
          try await eventually("all replicas have it", within: .seconds(30)) {
            for replica in bed.replicas {
              let end = try await replica.metric("kgateway_xds_certificate_expiry_timestamp_seconds")
              guard end == renewed else { return false }
            }
            return true
          }
          try await bed.expectUpdate(of: streams, route: "after-the-certificate")
        }
        let after = try await bed.material()
        #expect(after.authorities == [new.certificate, old.certificate])
        #expect(after.nextSigningKey == nil)
        try await bed.expectNoKeys()
      }
    }

    @Test("Envoy accepts what the old and the new authority have issued, with the authorities that it had before")
    func envoy() async throws {
      let (before, old, new) = try Self.dueToBePromoted()
      try await CertificateBed.withRunning(before, labels: [:]) { bed in
        let text = try before.data()[CertificateMaterial.Field.authorities] ?? []
        let file = try bed.cluster.folder.write(String(decoding: text ?? [], as: UTF8.self), to: "ca.crt")
        let kgateway = bed.replicas[0]
        func expectConnection() async throws {
          try await KubernetesProxy.withRunning(controlPlane: kgateway, trusting: file) { _ in
            try await eventually("Envoy has connected, and acknowledged", within: .seconds(60)) {
              guard try await kgateway.metric("kgateway_connected_proxies") == 1 else { return false }
              return try await kgateway.metric("kgateway_xds_acks_total", ["type": "cluster"]) > 0
            }
          }
          try await eventually("Envoy has gone", within: .seconds(30)) {
            try await kgateway.metric("kgateway_connected_proxies") == 0
          }
        }
        try await expectConnection()
        try await bed.put(before, labels: CertificateBed.managed)
        try await bed.allServe(trusting: [new.certificate], notTrusting: [old.certificate])
        try await expectConnection()
      }
    }

    @Test("a replica that has no certificate yet says so, serves nobody, and takes the Secret when it comes")
    func waits() async throws {
      try await KubernetesCluster.withRunning { cluster in
        try await cluster.put(Objects.application(listenerPort: 8080, backendPort: 9))
        await cluster.apiServer.inject(.status(code: 403, reason: "Forbidden"), into: .path("/leases"), times: 10_000)
        try await KubernetesOperator.withRunning(
          kubeconfig: cluster.kubeconfig, security: CertificateBed.security
        ) { kgateway in
          try await eventually("/readyz says what is awaited", within: .seconds(60)) {
            let answer = try await kgateway.readiness()
            return answer.status == 503
              && answer.text == "waiting for: xDS certificate (Secret kgateway-system/kgateway-xds)\n"
          }
          #expect(try await kgateway.metric("kgateway_xds_certificate_expiry_timestamp_seconds") == 0)
          let material = try #require(
            try CertificateBed.written(
              CertificateRotation(names: CertificateBed.names).step(CertificateMaterial(), now: .now)))
          try await CertificateBed.put(material, labels: [:], in: cluster)
          try await kgateway.waitUntilReady()
        }
      }
    }

    @Test("a certificate in files is served, and its successor when they are replaced")
    func files() async throws {
      try await withTemporaryFolder { folder in
        func write() throws -> CertificateMaterial {
          let material = try #require(
            try CertificateBed.written(
              CertificateRotation(names: CertificateBed.names).step(CertificateMaterial(), now: .now)))
          for (name, bytes) in try material.data() {
            if let bytes { try folder.write(String(decoding: bytes, as: UTF8.self), to: name) }
          }
          return material
        }
        let first = try write()
        let security =
          CertificateBed.security + [
            "--xds-tls-certificate", folder.path("tls.crt"), "--xds-tls-key", folder.path("tls.key"), "--xds-tls-ca",
            folder.path("ca.crt"),
          ]
        try await CertificateBed.withRunning(security: security) { bed in
          try await bed.allServe(trusting: first.authorities, notTrusting: [])
          let second = try write()
          try await bed.allServe(trusting: second.authorities, notTrusting: first.authorities)
          #expect(await !bed.cluster.apiServer.requests.contains { $0.path.contains("/secrets") })
        }
      }
    }

    @Test(
      "settings that do not go together are refused with the reason",
      arguments: [
        (["--xds-tls-certificate", "a"], 64, "--xds-tls-certificate: needs --xds-tls-key as well"),
        (["--xds-tls-ca", "a", "--xds-tls-key", "b"], 64, "--xds-tls-key: needs --xds-tls-certificate as well"),
        (
          ["--xds-tls-certificate", "a", "--xds-tls-key", "b", "--xds-tls-ca", "c", "--xds-tls-secret", "d"], 64,
          "in files or in a Secret (--xds-tls-secret); remove one"
        ),
        (["--xds-tls-secret", "My_Secret"], 64, "--xds-tls-secret \"My_Secret\": expected the name of a Secret"),
        (["--xds-plaintext", "--xds-tls-secret", "a"], 64, "--xds-tls-secret: is of no use with --xds-plaintext"),
        (["--xds-service", "no port"], 64, "'no port' is invalid"),
        (["--xds-service", "a_b:1"], 64, "'a_b:1' is invalid"),
        (
          ["--xds-tls-certificate", "/no/a", "--xds-tls-key", "/no/b", "--xds-tls-ca", "/no/c"], 1,
          "Error: /no/a: cannot be read: No such file or directory"
        ),
      ])
    func refusedSettings(arguments: [String], status: Int32, problem: String) async throws {
      try await KubernetesCluster.withRunning { cluster in
        let result = try await runCommand(
          BuiltProduct.path("kgateway"), ["run", "--kubeconfig", cluster.kubeconfig] + arguments,
          deadline: .seconds(60))
        #expect(result.status == .exited(status))
        #expect(result.errorOutput.contains(problem), "\(result.errorOutput)")
      }
    }

    private let day = CertificateRotation.Schedule.day

    /// A Secret in which a new authority has been published for long enough to issue. It is to be put in without the
    /// label of kgateway's own, so that nothing is due until it gets that.
    private static func dueToBePromoted() throws -> (
      CertificateMaterial, old: CertificateAuthority, new: CertificateAuthority
    ) {
      let (now, day) = (Date.now, CertificateRotation.Schedule.day)
      let old = try CertificateAuthority(validity: (now - 246 * day)..<(now + 119 * day))
      let new = try CertificateAuthority(validity: (now - 2 * day)..<(now + 363 * day))
      let issued = try old.issue(for: CertificateBed.names, validity: (now - day)..<(now + 89 * day))
      var material = CertificateMaterial()
      (material.certificate, material.key) = (issued.certificate, issued.key)
      (material.authorities, material.signingKey) = ([old.certificate, new.certificate], old.key)
      material.nextSigningKey = new.key
      return (material, old, new)
    }
  }
}

/// Two replicas that serve over TLS, and clients that look at their certificates.
struct CertificateBed {
  let cluster: KubernetesCluster
  let replicas: [KubernetesOperator]

  /// Clients connect to this address, and so ask for a certificate that is for it.
  static let names = ServerNames(host: "127.0.0.1")
  static let security = ["--xds-service", "127.0.0.1:9977", "--xds-auth", "none"]
  static let managed: JSONValue = ["app.kubernetes.io/managed-by": "kgateway"]

  /// - Parameters:
  ///   - material: what the Secret holds from the beginning; nil for none.
  ///   - labels: of that Secret.
  static func withRunning(
    _ material: CertificateMaterial? = nil, labels: JSONValue = [:], security: [String] = security,
    _ body: (CertificateBed) async throws -> Void
  ) async throws {
    try await KubernetesCluster.withRunning { cluster in
      try await cluster.put(Objects.application(listenerPort: 8080, backendPort: 9))
      if let material { try await put(material, labels: labels, in: cluster) }
      let arguments = Replicas.durations() + ["--log-level", "trace"]
      try await KubernetesOperator.withReady(cluster, arguments, security: security) { first in
        try await KubernetesOperator.withReady(cluster, arguments, security: security) { second in
          try await body(CertificateBed(cluster: cluster, replicas: [first, second]))
        }
      }
    }
  }

  // MARK: The Secret

  static func written(_ step: CertificateRotation.Step) -> CertificateMaterial? {
    guard case .write(let material, _) = step else { return nil }
    return material
  }

  static func put(_ material: CertificateMaterial, labels: JSONValue, in cluster: KubernetesCluster) async throws {
    var data: JSONValue = [:]
    for (name, bytes) in try material.data() {
      if let bytes { data[name] = .string(Data(bytes).base64EncodedString()) }
    }
    try await cluster.put([
      [
        "apiVersion": "v1", "kind": "Secret", "type": "kubernetes.io/tls", "data": data,
        "metadata": ["name": "kgateway-xds", "namespace": .string(Objects.namespace), "labels": labels],
      ]
    ])
  }

  func put(_ material: CertificateMaterial, labels: JSONValue) async throws {
    try await Self.put(material, labels: labels, in: cluster)
  }

  /// What the Secret holds now.
  func material() async throws -> CertificateMaterial { CertificateMaterial(try await data()) }

  private func data() async throws -> [String: [UInt8]] {
    let secret = try #require(
      await cluster.apiServer.object("secrets", group: "", namespace: Objects.namespace, name: "kgateway-xds"))
    var data: [String: [UInt8]] = [:]
    for key in secret["data"]?.objectValue?.keys ?? [] {
      data[key] = secret[["data", key]]?.stringValue.flatMap { Data(base64Encoded: $0) }.map { Array($0) }
    }
    return data
  }

  /// No line of a log has a piece of a key in it.
  func expectNoKeys() async throws {
    for (field, bytes) in try await data() where field.hasSuffix(".key") {
      for line in String(decoding: bytes, as: UTF8.self).split(separator: "\n") where !line.hasPrefix("-----") {
        for replica in replicas { #expect(!replica.process.errorOutput.text.contains(line), "\(field)") }
      }
    }
  }

  // MARK: Clients

  private func connect(
    to replica: KubernetesOperator, trusting authorities: [Certificate]
  ) async throws -> ScriptedADSClient {
    var trusted = CertificateMaterial()
    trusted.authorities = authorities
    let text = try trusted.data()[CertificateMaterial.Field.authorities] ?? []
    var tls = TLSConfiguration.makeClientConfiguration()
    tls.trustRoots = .certificates(try NIOSSLCertificate.fromPEMBytes(text ?? []))
    return try await ScriptedADSClient.connect(
      port: replica.xdsPort, on: MultiThreadedEventLoopGroup.singleton, tls: tls)
  }

  private func stream(of client: ScriptedADSClient) async throws -> ADSClientStream {
    try await client.open(.delta, cluster: "\(Objects.namespace)/\(Objects.gatewayName)")
  }

  func withStream(
    to replica: KubernetesOperator, trusting authorities: [Certificate], _ body: (ADSClientStream) async throws -> Void
  ) async throws {
    let client = try await connect(to: replica, trusting: authorities)
    do {
      try await body(try await stream(of: client))
      await client.close()
    } catch {
      await client.close()
      throw error
    }
  }

  /// Opens streams to all replicas in turn, each with a connection of its own, that have got everything.
  func withStreams(
    _ count: Int, trusting authorities: [Certificate], _ body: ([ADSClientStream]) async throws -> Void
  ) async throws {
    var clients: [ScriptedADSClient] = []
    do {
      var streams: [ADSClientStream] = []
      for number in 0..<count {
        let client = try await connect(to: replicas[number % replicas.count], trusting: authorities)
        clients.append(client)
        let stream = try await stream(of: client)
        stream.followEverything()
        for _ in ADSTypeURL.all { _ = try await stream.next() }
        streams.append(stream)
      }
      try await body(streams)
    } catch {
      for client in clients { await client.close() }
      throw error
    }
    for client in clients { await client.close() }
  }

  /// Waits until new connections to all replicas get a certificate of the one authority, and none of the other.
  func allServe(trusting good: [Certificate], notTrusting bad: [Certificate]) async throws {
    for replica in replicas {
      try await eventually("a new connection gets the new certificate", within: .seconds(30)) {
        try await withStream(to: replica, trusting: good) { stream in
          stream.followEverything()
          _ = try await stream.next()
        }
        return true
      }
      guard !bad.isEmpty else { continue }
      await #expect(throws: (any Error).self) {
        try await withStream(to: replica, trusting: bad) { stream in
          stream.followEverything()
          _ = try await stream.next()
        }
      }
    }
  }

  /// Makes a change, which every one of the streams has to get.
  func expectUpdate(of streams: [ADSClientStream], route: String) async throws {
    try await cluster.put([Objects.route(route, path: "/\(route)")])
    for stream in streams {
      let response = try await stream.next(ADSTypeURL.route)
      let text = response.resources.map { String(decoding: $0.bytes, as: UTF8.self) }.joined()
      #expect(text.contains(route))
    }
  }
}
