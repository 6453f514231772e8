import APIServerDouble
import RealComponents

/// A whole installation: a cluster with an application in it, the operator, and a proxy that takes requests.
struct KubernetesTraffic {
  let cluster: KubernetesCluster
  let kgateway: KubernetesOperator
  let proxy: KubernetesProxy
  let backend: Backend
  /// Where the proxy listens.
  let port: Int

  /// Runs all of it for the time of the body, which begins when the first request was answered.
  ///
  /// - Parameters:
  ///   - path: below which requests go to the backend.
  ///   - objects: beside the application.
  ///   - proxyArguments: of Envoy, besides those that it needs.
  ///   - isSecure: false where the API server is made to go away.
  static func withRunning(
    _ arguments: [String] = [], path: String = "/", objects: [JSONValue] = [], proxyArguments: [String] = [],
    isSecure: Bool = true,
    _ body: (KubernetesTraffic) async throws -> Void
  ) async throws {
    try await Backend.with { backend in
      try await KubernetesCluster.withRunning(isSecure: isSecure) { cluster in
        let port = try LoopbackPorts.free()
        try await cluster.put(
          Objects.application(listenerPort: port, backendPort: backend.port, path: path) + objects)
        try await KubernetesOperator.withReady(cluster, arguments) { kgateway in
          try await KubernetesProxy.withRunning(controlPlane: kgateway, arguments: proxyArguments) { proxy in
            let traffic = KubernetesTraffic(
              cluster: cluster, kgateway: kgateway, proxy: proxy, backend: backend, port: port)
            try await traffic.waitForAnswer(path)
            try await body(traffic)
          }
        }
      }
    }
  }

  /// One request on a connection of its own.
  func get(_ path: String, headers: [(String, String)] = []) async throws -> HTTPAnswer {
    try await HTTPConnection.get(port: port, path, headers: headers)
  }

  /// Waits until requests of a path are answered with a status.
  func waitForAnswer(_ path: String, status: Int = 200, within limit: Duration = .seconds(60)) async throws {
    do {
      try await eventually("GET \(path) is answered with \(status)", within: limit, every: .milliseconds(20)) {
        try await get(path).status == status
      }
    } catch let error as NeverCameTrue {
      throw NoAnswer(
        description: "\(error)\nkgateway:\n\(kgateway.process.errorOutput.tail(20))\nEnvoy:\n"
          + proxy.process.errorOutput.tail(20))
    }
  }

  struct NoAnswer: Error, CustomStringConvertible {
    let description: String
  }
}
