import APIServerDouble
import RealComponents
import Testing

/// The collectors' scrape configuration, on the real Prometheus, whose code the collector's receiver is.
@Suite("Scraping")
struct ScrapeTests {
  private static func configuration(
    _ collector: Collector, _ change: (inout [String: JSONValue]) -> Void
  ) async throws -> String {
    let jobs = try await collector.rendered()[["config", "receivers", "prometheus", "config", "scrape_configs"]]
    let changed = try #require(jobs?.arrayValue).map { job in
      var members = Dictionary(uniqueKeysWithValues: job.members.map { ($0.key, $0.value) })
      change(&members)
      return JSONValue.object(JSONObject(members.map { ($0.key, $0.value) }))
    }
    return JSONValue.object(["scrape_configs": .array(changed)]).jsonText
  }

  /// Debian builds Prometheus without the discovery of Kubernetes, so that part is held to what the guide prints, and
  /// all else is promtool's to judge.
  @Test("Prometheus takes the configuration", arguments: [Collector.guide[0], Collector.production[0]])
  func check(collector: Collector) async throws {
    let configuration = try await Self.configuration(collector) { job in
      #expect(job["kubernetes_sd_configs"] == [["role": "pod"]])
      job["kubernetes_sd_configs"] = nil
      job["static_configs"] = [["targets": ["127.0.0.1:9091"]]]
    }
    try await withTemporaryFolder { folder in
      let file = try folder.write(configuration, to: "prometheus.yml")
      let result = try await runCommand(try RealComponent.promtool.path(), ["check", "config", file])
      #expect(result.succeeded, "\(result.errorOutput)")
    }
  }

  @Test("the guide's relabelling keeps the operator and the proxies of agentgateway-proxy; production all proxies")
  func kept() async throws {
    let pods = try await Pod.all()
    let ended = pods.map(\.name).filter { $0.hasSuffix("-ended") }
    let ours = ["kgateway", "agentgateway-proxy", "web"]
    for (collector, expected) in [
      // A pod that has ended stays a target of the guide's own configuration.
      (Collector.guide[0], ["kgateway", "agentgateway-proxy", "agentgateway-proxy-ended"]),
      (Collector.production[0], ours),
    ] {
      let configuration = try await Self.configuration(collector) { job in
        job["kubernetes_sd_configs"] = nil
        job["static_configs"] = .array(pods.flatMap(\.targets))
      }
      try await withPrometheus(configuration: configuration) { prometheus in
        let targets = try await eventuallyValue("targets are found", within: .seconds(30)) {
          let found = try await prometheus.targets()
          return found.isEmpty ? nil : found
        }
        let names = targets.compactMap { $0.discoveredLabels["__meta_kubernetes_pod_name"] }
        #expect(names.sorted() == expected.sorted(), "\(collector.testDescription)")
        let ports = targets.compactMap { $0.labels["instance"]?.split(separator: ":").last }
        #expect(Set(ports) == ["9091", "9092"], "only the port of the metrics is declared")
        #expect(targets.allSatisfy { $0.labels["gateway"] == nil && $0.labels["namespace"] == nil })
        for target in targets {
          let job = target.labels["instance"]?.hasSuffix(":9092") == true ? "controlplane" : "dataplane"
          #expect(target.labels["job"] == "kgateway-\(job)", "dashboards and alerts go by the guide's names of jobs")
        }
        let dropped = try await prometheus.droppedTargets().compactMap { $0["__meta_kubernetes_pod_name"] }
        #expect(Set(dropped).isSuperset(of: ["grafana", "opentelemetry-collector-metrics", "shop"]))
        #expect(collector.set == "guide" || Set(dropped).isSuperset(of: ended))
      }
    }
  }
}

/// A pod as Kubernetes' service discovery describes it to Prometheus.
private struct Pod {
  let name: String
  let labels: [String: String]
  let ports: [Int64]
  var phase = "Running"

  /// The operator as its chart renders it, proxies as the operator renders them, and others.
  static func all() async throws -> [Pod] {
    let chart = try await outputOfCommand(
      try RealComponent.helm.path(),
      ["template", "kgateway", PackageRoot.path("charts/kgateway"), "--namespace", "kgateway-system"])
    let operatorPod = try Pod(
      "kgateway", of: #require(try Manifest("charts/kgateway", text: chart).documents.first { $0.isDeployment }))
    let golden = try Manifest("Tests/DeployerTests/Golden/defaults/out.yaml").document["objects"]?.arrayValue
    let web = try Pod("web", of: #require(golden?.first { $0.isDeployment }))
    let guide = web.called("agentgateway-proxy", gateway: "agentgateway-proxy")
    var ended = guide.called("agentgateway-proxy-ended", gateway: "agentgateway-proxy")
    ended.phase = "Failed"
    return [
      operatorPod, web, guide, ended,
      Pod(name: "grafana", labels: ["app.kubernetes.io/name": "grafana"], ports: [3000]),
      Pod(
        name: "opentelemetry-collector-metrics", labels: ["app.kubernetes.io/name": "opentelemetry-collector"],
        ports: [4317, 8888]),
      // Somebody else's pods whose labels are like ours.
      Pod(name: "shop", labels: ["app": "kgateway-shop", "gateway": ""], ports: [8080]),
    ]
  }

  /// The pods of a Deployment.
  init(_ name: String, of deployment: JSONValue) throws {
    let template = try #require(deployment[["spec", "template"]])
    let containers = template[["spec", "containers"]]?.arrayValue ?? []
    let labels = (template[["metadata", "labels"]]?.members ?? []).map { ($0.key, $0.value.stringValue ?? "") }
    self.init(
      name: name, labels: Dictionary(uniqueKeysWithValues: labels),
      ports: containers.flatMap { $0["ports"]?.arrayValue ?? [] }.compactMap { $0["containerPort"]?.integerValue })
  }

  private init(name: String, labels: [String: String], ports: [Int64]) {
    self.name = name
    self.labels = labels
    self.ports = ports
  }

  func called(_ name: String, gateway: String) -> Pod {
    Pod(name: name, labels: labels.merging(["gateway": gateway]) { $1 }, ports: ports)
  }

  /// One for each declared port. Nothing listens there, which is no matter to relabelling.
  var targets: [JSONValue] {
    ports.map { port in
      var all: [(String, JSONValue)] = [
        ("__meta_kubernetes_pod_name", .string(name)), ("__meta_kubernetes_pod_phase", .string(phase)),
        ("__meta_kubernetes_pod_container_port_number", .string("\(port)")),
      ]
      for (label, value) in labels {
        let sanitized = String(label.map { $0.isLetter || $0.isNumber ? $0 : "_" })
        all.append(("__meta_kubernetes_pod_label_\(sanitized)", .string(value)))
        all.append(("__meta_kubernetes_pod_labelpresent_\(sanitized)", "true"))
      }
      let host = "127.0.0.\(name.utf8.reduce(1) { ($0 * 31 + Int($1)) % 250 } + 2)"
      return .object(["targets": [.string("\(host):\(port)")], "labels": .object(JSONObject(all))])
    }
  }
}

extension JSONValue {
  fileprivate var isDeployment: Bool { self["kind"] == "Deployment" }
}
