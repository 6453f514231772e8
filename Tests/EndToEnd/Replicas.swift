import APIServerDouble
import NetworkLink
import RealComponents
import Testing

/// Two operators of one cluster, with an election that is quick, each with a network of its own to the API server.
struct Replicas {
  let cluster: KubernetesCluster
  let first: KubernetesOperator
  let second: KubernetesOperator
  private let links: [NetworkLink]

  /// Where the API server sees the first and the second come from.
  private static let addresses = ["127.0.0.11", "127.0.0.12"]

  static func durations(lease: String = "3s", deadline: String = "2s", period: String = "300ms") -> [String] {
    [
      "--leader-election-lease-duration", lease, "--leader-election-renew-deadline", deadline,
      "--leader-election-retry-period", period,
    ]
  }

  /// Runs both for the time of the body, which begins when both are ready. At the end it is checked that in all that
  /// the API server has recorded only the one wrote that held the Lease.
  ///
  /// - Parameter prepare: does in the cluster what has to be done before; returns further arguments.
  static func withRunning(
    _ objects: [JSONValue] = Objects.application(listenerPort: 8080, backendPort: 9),
    arguments: [String] = durations(), isSecure: Bool = true, security: [String] = KubernetesOperator.trusting,
    prepare: (KubernetesCluster) async throws -> [String] = { _ in [] }, _ body: (Replicas) async throws -> Void
  ) async throws {
    try await KubernetesCluster.withRunning(isSecure: isSecure) { cluster in
      try await cluster.put(objects)
      let arguments = arguments + (try await prepare(cluster))
      try await withReplica(0, cluster, arguments, security) { first, firstLink in
        try await withReplica(1, cluster, arguments, security) { second, secondLink in
          let replicas = Replicas(cluster: cluster, first: first, second: second, links: [firstLink, secondLink])
          try await body(replicas)
          #expect(await cluster.apiServer.requests.writesOutOfTurn == [])
        }
      }
    }
  }

  private static func withReplica(
    _ index: Int, _ cluster: KubernetesCluster, _ arguments: [String], _ security: [String],
    _ body: (KubernetesOperator, NetworkLink) async throws -> Void
  ) async throws {
    try await NetworkLink.withRunning(to: cluster.apiServer.port, from: addresses[index]) { link in
      let kubeconfig = cluster.folder.path("kubeconfig-\(index)")
      try await cluster.apiServer.writeKubeconfig(to: kubeconfig, port: link.port)
      try await KubernetesOperator.withReady(
        cluster, arguments, security: security, kubeconfig: kubeconfig, environment: ["POD_NAME": "kgateway-\(index)"]
      ) { try await body($0, link) }
    }
  }

  /// The one that leads, and the one that has found that out.
  func leaderAndFollower() async throws -> (leader: KubernetesOperator, follower: KubernetesOperator) {
    try await eventuallyValue("one leads and one follows", within: .seconds(30)) {
      for (one, other) in [(first, second), (second, first)] where !other.logLines("this replica serves").isEmpty {
        guard try await one.metric("kgateway_leader") == 1 else { continue }
        #expect(try await other.metric("kgateway_leader") == 0)
        return (one, other)
      }
      return nil
    }
  }

  /// Adds a route, and waits for its status.
  func changeRoute(_ name: String, within limit: Duration = .seconds(30)) async throws {
    try await cluster.put([Objects.route(name, path: "/\(name)")])
    try await expectStatus(ofRoute: name, within: limit)
  }

  func expectStatus(ofRoute name: String, within limit: Duration = .seconds(30)) async throws {
    try await eventually("the route \(name) has a status", within: limit) {
      await cluster.route(name)?.ownConditions["Accepted"]?.status == "True"
    }
  }

  func lease() async -> JSONValue? {
    await cluster.apiServer.object(
      "leases", group: "coordination.k8s.io", namespace: "kgateway-system", name: "kgateway")
  }

  // MARK: The network

  private func index(of replica: KubernetesOperator) -> Int { replica.process === first.process ? 0 : 1 }

  /// The network between one of them and the API server.
  func link(of replica: KubernetesOperator) -> NetworkLink { links[index(of: replica)] }

  /// Where the API server sees it come from.
  func address(of replica: KubernetesOperator) -> String { Self.addresses[index(of: replica)] }

  /// The addresses of those that wrote, one for each time in which nobody else did.
  var writers: [String] {
    get async { await cluster.apiServer.requests.writers }
  }
}

extension [RecordedRequest] {
  /// What operators wrote that only the leader may write: everything but the Lease itself, and questions about tokens.
  var leadersWrites: [RecordedRequest] {
    filter { request in
      request.method != "GET" && request.userAgent.hasPrefix("kgateway/")
        && !["/leases", "/tokenreviews"].contains { request.path.contains($0) }
    }
  }

  /// The addresses of those that wrote, one for each time in which nobody else did.
  var writers: [String] {
    leadersWrites.reduce(into: []) { writers, request in
      if writers.last != request.client { writers.append(request.client) }
    }
  }

  /// The writes of clients that did not hold the Lease at that time: from the moment in which another one asks for it,
  /// and gets it. The first that writes is believed where its Lease is not on record.
  var writesOutOfTurn: [String] {
    var holder: String?
    var found: [String] = []
    for request in self where request.method != "GET" {
      if request.path.contains("/leases") {
        guard let status = request.status, (200..<300).contains(status) else { continue }
        let identity = JSONValue(json: request.body)?[["spec", "holderIdentity"]]?.stringValue ?? ""
        holder = identity.isEmpty ? "nobody" : request.client
      } else if [request].leadersWrites.count == 1 {
        if holder ?? request.client != request.client {
          found.append("\(request.client) instead of \(holder ?? ""): \(request.method) \(request.path)")
        }
        holder = holder ?? request.client
      }
    }
    return found
  }
}

extension KubernetesOperator {
  /// How many statuses it has tried to write.
  var statusWrites: Double {
    get async throws { try await metric("kgateway_status_writes_total") }
  }
}
