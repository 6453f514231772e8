import APIServerDouble
import KubeletDouble
import RealComponents
import Testing

/// The double is held to what the kubelet does, with a real Envoy as the container.
@Suite("The kubelet double", .timeLimit(.minutes(2)))
struct KubeletDoubleTests {
  @Test(
    "a Deployment's pods run with an address of their own, their volumes, variables and probe, and its status says so")
  func pods() async throws {
    try await Cluster.withRunning { cluster in
      try await cluster.put(configuration: Self.configuration(answer: "one"), replicas: 2)
      let pods = try await cluster.readyPods(2)
      #expect(Set(pods.map(\.address)).count == 2)
      for pod in pods {
        let answer = try await cluster.get("http://\(pod.address):10080/")
        #expect(answer == "one from \(pod.name)")
      }
      try await eventually("the status tells of both") {
        await cluster.deployment()?[["status", "availableReplicas"]] == 2
      }
    }
  }

  @Test("a new template starts a new pod before an old one ends, whose hook runs before SIGTERM")
  func rollingUpdate() async throws {
    try await Cluster.withRunning { cluster in
      try await cluster.put(configuration: Self.configuration(answer: "one"), replicas: 1)
      let old = try await #require(cluster.readyPods(1).first)
      try await cluster.put(configuration: Self.configuration(answer: "two"), replicas: 1, revision: "2")
      try await eventually("the old one has gone", within: .seconds(30)) {
        let pods = await cluster.kubelet.pods(of: "web", in: "shop")
        // Never less than one that is ready.
        #expect(pods.contains { $0.isReady })
        return pods.count == 1 && pods[0].name != old.name
      }
      #expect(cluster.hooks.results == [.exited(0)])
      let new = try await #require(cluster.readyPods(1).first)
      #expect(try await cluster.get("http://\(new.address):10080/") == "two from \(new.name)")
    }
  }

  @Test("a Service's port leads to the pods that are ready")
  func service() async throws {
    try await Cluster.withRunning { cluster in
      try await cluster.put(configuration: Self.configuration(answer: "one"), replicas: 2)
      let pods = try await cluster.readyPods(2)
      try await cluster.apiServer.put([
        "apiVersion": "v1", "kind": "Service", "metadata": ["name": "web", "namespace": "shop"],
        "spec": ["selector": ["app": "web"], "ports": [["port": 80, "targetPort": 10080]]],
      ])
      try await ServiceRelay.withRunning(to: "web", in: "shop", port: 80, of: cluster.kubelet) { relay in
        var answers: Set<String> = []
        for _ in 0..<4 { answers.insert(try await cluster.get("http://127.0.0.1:\(relay.port)/")) }
        #expect(answers == Set(pods.map { "one from \($0.name)" }))
      }
    }
  }

  @Test("a ConfigMap that changes reaches the folder in one step, and a token is replaced before it expires")
  func volumes() async throws {
    try await Cluster.withRunning { cluster in
      try await cluster.put(configuration: Self.configuration(answer: "one"), replicas: 1, tokenSeconds: 2)
      let pod = try await #require(cluster.readyPods(1).first)
      let token = try cluster.folder.read("\(pod.name)/token/token")
      try await eventually("another token is there") { try cluster.folder.read("\(pod.name)/token/token") != token }
      try await cluster.putConfigMap(Self.configuration(answer: "other"))
      try await eventually("the file has changed") {
        try cluster.folder.read("\(pod.name)/config/envoy.json").contains("other")
      }
      #expect(pod.restarts == 0)
    }
  }

  /// An Envoy that answers on port 10080, and can be asked on 9094 whether it is ready.
  private static func configuration(answer: String) -> String {
    """
    {"static_resources": {"listeners": [
      \(listener("main", port: 10080, #"{"direct_response": {"status": 200, "body": {"inline_string": ""# + answer
        + #""}}, "match": {"prefix": "/"}}"#)),
      \(listener("ready", port: 9094, #"{"direct_response": {"status": 200}, "match": {"path": "/ready"}}"#))
    ]}}
    """
  }

  private static func listener(_ name: String, port: Int, _ route: String) -> String {
    """
    {"name": "\(name)", "address": {"socket_address": {"address": "0.0.0.0", "port_value": \(port)}},
     "filter_chains": [{"filters": [{"name": "http", "typed_config": {
       "@type": "type.googleapis.com/envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager",
       "stat_prefix": "\(name)",
       "local_reply_config": {"body_format": {"text_format_source": {"inline_string": "%LOCAL_REPLY_BODY% from %ENVIRONMENT(POD_NAME)%"}}},
       "http_filters": [{"name": "router", "typed_config": {
         "@type": "type.googleapis.com/envoy.extensions.filters.http.router.v3.Router"}}],
       "route_config": {"virtual_hosts": [{"name": "all", "domains": ["*"], "routes": [\(route)]}]}}}]}]}
    """
  }
}
