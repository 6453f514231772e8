import APIServerDouble
import RealComponents
import Testing

/// The objects of the fault table's cluster, in two states. What both have is never touched: requests to it must not
/// notice anything. A case takes the cluster from one state to the other while its fault lasts, and back when it is over.
struct World {
  let cluster: KubernetesCluster
  /// Where the proxies of the first and the second Gateway listen.
  let ports: [Int]
  let backends: [Backend]

  static let gateways = [Objects.gatewayName, "second"]

  /// Services that nobody uses, so many that they are listed in two pages.
  static let idleServices = 600

  /// What is there at all times.
  var standing: [JSONValue] {
    (0..<Self.idleServices).map { Objects.service("idle-\($0)") }
      + Objects.application(listenerPort: ports[0], backendPort: backends[0].port, path: "/load")
      + [
        Objects.gateway("second", port: ports[1]), Objects.route("load-second", path: "/load", gateway: "second"),
        Objects.service("shifting"), Objects.route("shifting", path: "/shifting", to: "shifting"),
        Self.policy("standing", ["path": "%REQ(:PATH)%"]),
      ]
  }

  /// Beside it, in the first state.
  var first: [JSONValue] {
    [
      Objects.route("doomed", path: "/doomed"), Objects.route("moved", path: "/moved-from"),
      Objects.endpoints(of: "shifting", port: backends[0].port), Self.policy("changing", ["path": "%REQ(:PATH)%"]),
    ]
  }

  /// Beside it, in the second.
  var second: [JSONValue] {
    [
      Objects.service("added"), Objects.endpoints(of: "added", port: backends[1].port),
      Objects.route("added", path: "/added", to: "added"),
      Objects.route("added-second", path: "/added", to: "added", gateway: "second"),
      Objects.route("moved", path: "/moved-to"), Objects.endpoints(of: "shifting", port: backends[1].port),
      Self.policy("changing", ["path": "%REK(:PATH)%"]), Self.policy("added", ["code": "%RESPONSE_CODE%"]),
    ]
  }

  /// A Service that nobody uses, with an annotation of so many bytes.
  func service(_ name: String, weight: Int) -> JSONValue {
    var service = Objects.service(name)
    service[["metadata", "annotations"]] = ["example.com/weight": .string(String(repeating: "x", count: weight))]
    return service
  }

  /// A Service as no API server takes it in, and our decoder does not either.
  func unreadable(_ name: String) -> JSONValue {
    var service = Objects.service(name)
    service[["spec", "ports"]] = [["name": "http", "port": "eight thousand"]]
    return service
  }

  private static func policy(_ name: String, _ format: JSONValue) -> JSONValue {
    Objects.policy(name, ["accessLog": [["fileSink": ["path": "/dev/null", "jsonFormat": format]]]])
  }

  // MARK: Changing

  func enterSecond() async throws {
    try await cluster.put(second)
    try await delete("httproutes", Objects.gatewayGroup, "doomed")
  }

  func returnToFirst() async throws {
    try await cluster.put(first)
    for route in ["added", "added-second"] { try await delete("httproutes", Objects.gatewayGroup, route) }
    try await delete("httplistenerpolicies", Objects.policyGroup, "added")
    try await delete("services", "", "added")
    try await delete("endpointslices", "discovery.k8s.io", "added-1")
  }

  /// Deletes an object if it is there.
  func delete(_ plural: String, _ group: String, _ name: String) async throws {
    let apiServer = cluster.apiServer
    guard await apiServer.object(plural, group: group, namespace: Objects.namespace, name: name) != nil else { return }
    try await apiServer.delete(plural, group: group, namespace: Objects.namespace, name: name)
  }

  // MARK: What is to be seen

  /// What a request of a path is answered: its status, and which backend says so.
  struct Answer: Hashable {
    /// Which Gateway's proxy is asked.
    let gateway: Int
    let path: String
    let status: Int
    var backend: String?
  }

  static let firstAnswers = [
    Answer(gateway: 0, path: "/doomed", status: 200), Answer(gateway: 0, path: "/moved-from", status: 200),
    Answer(gateway: 0, path: "/moved-to", status: 404), Answer(gateway: 0, path: "/added", status: 404),
    Answer(gateway: 1, path: "/added", status: 404),
    Answer(gateway: 0, path: "/shifting", status: 200, backend: "one"),
  ]

  static let secondAnswers = [
    Answer(gateway: 0, path: "/doomed", status: 404), Answer(gateway: 0, path: "/moved-from", status: 404),
    Answer(gateway: 0, path: "/moved-to", status: 200),
    Answer(gateway: 0, path: "/added", status: 200, backend: "two"),
    Answer(gateway: 1, path: "/added", status: 200, backend: "two"),
    Answer(gateway: 0, path: "/shifting", status: 200, backend: "two"),
  ]

  /// Waits until all are answered so, and the policies' statuses say what holds.
  func expect(_ answers: [Answer], policies: [String: String], within limit: Duration) async throws {
    for answer in answers {
      var last = ""
      do {
        try await eventually("\(answer)", within: limit, every: .milliseconds(20)) {
          let got = try await HTTPConnection.get(port: ports[answer.gateway], answer.path)
          last = "\(got.status) \(got.backend ?? "")"
          return got.status == answer.status && (answer.backend == nil || got.backend == answer.backend)
        }
      } catch let error as NeverCameTrue {
        throw Unexpected(description: "\(error); the last answer was \(last)")
      }
    }
    for (name, status) in policies {
      try await eventually("policy \(name) is Accepted=\(status)", within: limit) {
        guard let policy = await cluster.policy(name), let condition = policy.ownConditions["Accepted"] else {
          return false
        }
        return condition.status == status && condition.observedGeneration == policy.generation
      }
    }
  }

  struct Unexpected: Error, CustomStringConvertible {
    let description: String
  }

  func expectFirst(within limit: Duration) async throws {
    try await expect(Self.firstAnswers, policies: ["standing": "True", "changing": "True"], within: limit)
  }

  func expectSecond(within limit: Duration, hasPolicies: Bool = true) async throws {
    let policies = ["standing": "True", "changing": "False", "added": "True"]
    try await expect(Self.secondAnswers, policies: hasPolicies ? policies : [:], within: limit)
  }
}
