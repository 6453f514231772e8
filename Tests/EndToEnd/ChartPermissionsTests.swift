import APIServerDouble
import RealComponents
import Testing

extension EndToEnd {
  /// `kgateway run` as the ServiceAccount of the chart, on an API server that holds it to its roles.
  @Suite("kgateway run: the permissions of the chart")
  struct ChartPermissions {
    private static let account = "kgateway"

    @Test("they are enough to lead, to write every status and to tell of a refusal")
    func enough() async throws {
      try await Self.withChart { cluster, kubeconfig in
        try await cluster.put(
          Objects.application(listenerPort: 8080, backendPort: 9)
            + [Objects.accessLog("lines", ["path": "%REQ(:PATH)%"])])
        try await KubernetesOperator.withRunning(
          kubeconfig: kubeconfig, ["--create-gateway-classes", "none"]
        ) { kgateway in
          try await kgateway.waitUntilReady()
          try await eventually("every object has a status", within: .seconds(60)) {
            for object in [await cluster.gateway(), await cluster.route("demo"), await cluster.policy("lines")] {
              guard object?["status"]?.objectValue?.isEmpty == false else { return false }
            }
            return true
          }
          try await cluster.put([Objects.accessLog("lines", ["path": "%REK(:PATH)%"])])
          try await eventually("the refusal is told by an Event", within: .seconds(60)) {
            await cluster.apiServer.requests.contains { $0.method == "POST" && $0.path.hasSuffix("/events") }
          }
          #expect(kgateway.logLines("forbidden") == [])
        }
        let use = RBACUse(
          try await Self.manifests(cluster), of: "\(Objects.namespace)/\(Self.account)",
          requests: await cluster.apiServer.requests, from: "kgateway/")
        #expect(use.missing == [])
      }
    }

    /// A cluster with the chart in it, and a kubeconfig with the credentials of the operator's ServiceAccount.
    private static func withChart(_ body: (KubernetesCluster, String) async throws -> Void) async throws {
      try await KubernetesCluster.withRunning {
        $0.authorizesServiceAccounts = true
      } _: { cluster in
        try await outputOfCommand(
          RealComponent.helm.path(),
          [
            "upgrade", "--install", "kgateway", PackageRoot.path("charts/kgateway"), "--namespace", Objects.namespace,
            "--kubeconfig", cluster.kubeconfig,
          ], settings: ProcessSettings(environment: ["HOME": cluster.folder.path]), deadline: .seconds(60))
        let answer = try await cluster.kubectl(
          [
            "create", "-f", "-", "--raw",
            "/api/v1/namespaces/\(Objects.namespace)/serviceaccounts/\(account)/token",
          ], input: #"{"apiVersion":"authentication.k8s.io/v1","kind":"TokenRequest","spec":{}}"#)
        let token = try #require(JSONValue(json: answer)?[["status", "token"]]?.stringValue)
        let kubeconfig = cluster.folder.path("kubeconfig-of-the-operator")
        try await cluster.apiServer.writeKubeconfig(to: kubeconfig, credentials: .bearer(token))
        try await body(cluster, kubeconfig)
      }
    }

    /// The roles as they are in the cluster.
    private static func manifests(_ cluster: KubernetesCluster) async throws -> [JSONValue] {
      let kinds = "clusterroles,clusterrolebindings,roles,rolebindings"
      let list = try await cluster.kubectl(["get", kinds, "-n", Objects.namespace, "-o", "json"])
      return JSONValue(json: list)?["items"]?.arrayValue ?? []
    }
  }
}
