import APIServerDouble
import KubeletDouble
import RealComponents
import Synchronization

/// An API server double with a kubelet whose pods run the real Envoy.
struct Cluster {
  /// How the hooks of terminated pods ended.
  final class Hooks: Sendable {
    private let ended = Mutex<[ExitStatus?]>([])

    var results: [ExitStatus?] { ended.withLock { $0 } }

    func note(_ status: ExitStatus?) { ended.withLock { $0.append(status) } }
  }

  let apiServer: APIServerDouble
  let kubelet: KubeletDouble
  let folder: TemporaryFolder
  let hooks: Hooks

  static func withRunning<Result>(_ body: (Cluster) async throws -> Result) async throws -> Result {
    let hooks = Hooks()
    var settings = KubeletDouble.Settings { _, command in
      .init(path: command == "true" ? "/bin/true" : try RealComponent.envoy.path())
    }
    settings.onPreStop = { _, result in hooks.note(result?.status) }
    return try await withTemporaryFolder { folder in
      try await APIServerDouble.withRunning { apiServer in
        try await KubeletDouble.withRunning(apiServer, folder: folder, settings) { kubelet in
          try await apiServer.put([
            "apiVersion": "v1", "kind": "ServiceAccount", "metadata": ["name": "web", "namespace": "shop"],
          ])
          return try await body(Cluster(apiServer: apiServer, kubelet: kubelet, folder: folder, hooks: hooks))
        }
      }
    }
  }

  func putConfigMap(_ configuration: String) async throws {
    try await apiServer.put([
      "apiVersion": "v1", "kind": "ConfigMap", "metadata": ["name": "web", "namespace": "shop"],
      "data": ["envoy.json": .string(configuration)],
    ])
  }

  /// A Deployment that runs Envoy with this configuration.
  ///
  /// - Parameter revision: another one makes another template.
  func put(
    configuration: String, replicas: Int64, revision: String = "1", tokenSeconds: Int64 = 3600
  ) async throws {
    try await putConfigMap(configuration)
    let container: JSONValue = [
      "name": "envoy", "image": "envoy", "command": ["envoy"],
      "args": ["-c", "/etc/envoy/envoy.json", "--service-node", "$(POD_NAME).$(UNKNOWN)", "--use-dynamic-base-id"],
      "env": [["name": "POD_NAME", "valueFrom": ["fieldRef": ["fieldPath": "metadata.name"]]]],
      "volumeMounts": [
        ["name": "config", "mountPath": "/etc/envoy"], ["name": "token", "mountPath": "/var/run/secrets/web"],
      ],
      "readinessProbe": ["httpGet": ["port": 9094, "path": "/ready"]],
      "lifecycle": ["preStop": ["exec": ["command": ["true"]]]],
    ]
    try await apiServer.put([
      "apiVersion": "apps/v1", "kind": "Deployment", "metadata": ["name": "web", "namespace": "shop"],
      "spec": [
        "replicas": .integer(replicas), "selector": ["matchLabels": ["app": "web"]],
        "template": [
          "metadata": ["labels": ["app": "web"], "annotations": ["revision": .string(revision)]],
          "spec": [
            "serviceAccountName": "web", "containers": [container],
            "volumes": [
              ["name": "config", "configMap": ["name": "web"]],
              [
                "name": "token",
                "projected": [
                  "sources": [
                    [
                      "serviceAccountToken": [
                        "audience": "web", "expirationSeconds": .integer(tokenSeconds), "path": "token",
                      ]
                    ]
                  ]
                ],
              ],
            ],
          ],
        ],
      ],
    ])
  }

  func deployment() async -> JSONValue? {
    await apiServer.object("deployments", group: "apps", namespace: "shop", name: "web")
  }

  func readyPods(_ count: Int) async throws -> [Pod] {
    try await eventuallyValue("\(count) pods are ready", within: .seconds(30)) {
      let pods = await kubelet.pods(of: "web", in: "shop").filter(\.isReady)
      return pods.count == count ? pods : nil
    }
  }

  func get(_ url: String) async throws -> String {
    try await outputOfCommand("curl", ["-sS", "--max-time", "5", url])
  }
}
