import APIServerDouble
import RealComponents
import Testing

/// `install` and `uninstall`. The charts are not there to be installed; what kubectl does is done to the double.
@Suite("The stack's scripts")
struct ScriptTests {
  private static let folder = "deploy/observability"

  private static func lines(_ script: String, _ arguments: [String] = []) async throws -> [String] {
    let output = try await outputOfCommand(PackageRoot.path("\(folder)/\(script)"), ["--dry-run"] + arguments)
    return output.split(separator: "\n").map(String.init)
  }

  @Test("install prints the guide's charts and versions in its order, each waited for, with values that are there")
  func order() async throws {
    for set in ["guide", "production"] {
      let lines = try await Self.lines("install", set == "guide" ? [] : ["--production"])
      let releases = lines.filter { $0.hasPrefix("helm ") }.map { $0.split(separator: " ").map(String.init) }
      let installed = releases.map { "\($0[3]) \($0[4]) \(Self.option("--version", of: $0)[0])" }
      #expect(
        installed == [
          "loki loki 6.24.0", "tempo tempo 1.16.0",
          "opentelemetry-collector-metrics opentelemetry-collector 0.127.2",
          "opentelemetry-collector-logs opentelemetry-collector 0.127.2",
          "opentelemetry-collector-traces opentelemetry-collector 0.127.2",
          "kube-prometheus-stack kube-prometheus-stack 75.6.1",
        ])
      for release in releases {
        #expect(release[1...2] == ["upgrade", "--install"] && release.contains("--wait"))
        #expect(Self.option("--namespace", of: release) == ["telemetry"])
        for file in Self.option("--values", of: release) {
          #expect(try Manifest(file).path.hasPrefix("\(Self.folder)/\(set)/"))
        }
      }
      #expect(lines.contains { $0.contains("port-forward") && $0.contains("kube-prometheus-stack-grafana") })
    }
    let head = try await Self.lines("install", ["--production", "--sampling", "head"])
    #expect(head.contains { $0.contains("collector-traces-head.yaml") })
    #expect(head.contains { $0.hasSuffix("-f \(Self.folder)/production/tracing.yaml") })
  }

  private static func option(_ name: String, of words: [String]) -> [String] {
    words.indices.filter { words[$0] == name }.map { words[$0 + 1] }
  }

  @Test("a wrong option is named, and nothing is done", arguments: ["install", "uninstall"])
  func options(script: String) async throws {
    let program = PackageRoot.path("\(Self.folder)/\(script)")
    let result = try await runCommand(program, ["--prodution"])
    #expect(result.status == .exited(2) && result.output == "")
    #expect(result.errorOutput == "\(script): there is no option '--prodution'; --help names them\n")
    #expect(try await outputOfCommand(program, ["--help"]).contains("--dry-run"))
  }

  @Test("kubectl takes what install applies, twice; and uninstall takes it away, twice")
  func kubectl() async throws {
    var configuration = APIServerDouble.Configuration()
    configuration.namespaces += ["telemetry", "kgateway-system"]
    try await APIServerDouble.withRunning(configuration) { double in
      try await withTemporaryFolder { folder in
        try await double.writeKubeconfig(to: folder.path("config"), credentials: .token)
        var settings = ProcessSettings()
        settings.environment = [
          "KUBECONFIG": folder.path("config"), "HOME": folder.path,
          "PATH": "\(PackageRoot.path(".tools/bin")):/usr/bin:/bin",
        ]
        settings.workingDirectory = PackageRoot.path
        let program = try RealComponent.kubectl.path()
        func run(_ line: String) async throws -> String {
          let words = line.split(separator: " ").dropFirst().map(String.init)
          return try await outputOfCommand(program, words, settings: settings, deadline: .seconds(60))
        }
        try folder.write(Self.definitionOfRules, to: "crd.yaml")
        _ = try await run("kubectl apply -f \(folder.path("crd.yaml"))")

        let applied = try await Self.lines("install").filter { $0.hasPrefix("kubectl apply --filename") }
        #expect(applied.count == 2)
        for line in applied { #expect(try await run(line).contains("created")) }
        for line in applied {
          #expect(try await run(line).split(separator: "\n").allSatisfy { $0.hasSuffix(" unchanged") })
        }
        for file in ["reference-grant", "production/access-logging", "production/tracing", "production/tracing-tail"] {
          _ = try await run("kubectl apply -f \(Self.folder)/\(file).yaml")
        }

        // Helm finds none of the releases, which is no error.
        let uninstall = PackageRoot.path("\(Self.folder)/uninstall")
        let first = try await outputOfCommand(
          uninstall, ["--keep-namespace"], settings: settings, deadline: .seconds(60))
        #expect(first.contains("service \"otel-collector\" deleted"))
        #expect(first.contains("\"agentgateway-alerts\" deleted") && first.contains("\"kgateway-alerts\" deleted"))
        _ = try await outputOfCommand(uninstall, ["--keep-namespace"], settings: settings, deadline: .seconds(60))
        #expect(await double.object("services", group: "", namespace: "telemetry", name: "otel-collector") == nil)
      }
    }
  }

  @Test("uninstall prints the guide's cleanup commands in its order")
  func cleanup() async throws {
    let lines = try await Self.lines("uninstall")
    let printed = [
      "kubectl delete configmap kgateway-dashboard -n telemetry",
      "helm uninstall opentelemetry-collector-metrics -n telemetry",
      "helm uninstall opentelemetry-collector-logs -n telemetry",
      "helm uninstall opentelemetry-collector-traces -n telemetry", "helm uninstall loki -n telemetry",
      "helm uninstall tempo -n telemetry", "helm uninstall kube-prometheus-stack -n telemetry",
      "kubectl delete namespace telemetry",
    ]
    let places = printed.map { command in
      lines.firstIndex { $0 == command || $0 == command + " --ignore-not-found" }
    }
    #expect(!places.contains(nil) && places.compactMap(\.self) == places.compactMap(\.self).sorted(), "\(lines)")
  }

  /// Of the Prometheus operator's definition no more than kubectl needs.
  private static let definitionOfRules = """
    apiVersion: apiextensions.k8s.io/v1
    kind: CustomResourceDefinition
    metadata:
      name: prometheusrules.monitoring.coreos.com
    spec:
      group: monitoring.coreos.com
      names: {kind: PrometheusRule, listKind: PrometheusRuleList, plural: prometheusrules, singular: prometheusrule}
      scope: Namespaced
      versions:
      - name: v1
        served: true
        storage: true
        schema:
          openAPIV3Schema:
            type: object
            properties:
              spec: {type: object, x-kubernetes-preserve-unknown-fields: true}
    """
}
