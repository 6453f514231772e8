import APIServerDouble
import Foundation
import KubeletDouble
import NIOHTTP1
import OTLPSink
import RealComponents
import Testing
import YAML

/// What someone has in front of them who walks the observability guide: an installation with the guide's Gateway, a
/// Prometheus that scrapes it by the guide's jobs, and receivers where the guide's collectors would be.
struct GuideWalk {
  /// A table, a query or a document of the guide, by which an assertion says what it is about.
  typealias Section = String

  let installation: Installation
  let prometheus: PrometheusServer
  /// Stands for `opentelemetry-collector-logs.telemetry:4317`.
  let logs: OTLPSink
  /// Stands for `otel-collector.telemetry:4317`.
  let traces: OTLPSink
  /// The Gateway's proxy.
  let proxy: Pod
  /// The Gateway's Service, on this machine.
  let port: Int

  /// A call that takes longer than the guide's second alert lets it.
  static let slowModel = "a-slow-one"

  static func withRunning(_ body: (GuideWalk) async throws -> Void) async throws {
    // Beside the networks of the pods, which are numbered from 0.
    let network = "127.\(ProcessInfo.processInfo.processIdentifier % 250 + 1).254"
    let hosts = [
      "opentelemetry-collector-logs.telemetry": "\(network).1", "otel-collector.telemetry": "\(network).2",
    ]
    try await withSink("\(network).1") { logs in
      try await withSink("\(network).2") { traces in
        try await Backend.with(answering: answer) { backend in
          try await Installation.withRunning(hosts: hosts) { installation in
            try await installation.applyApplication(
              backendPort: backend.port, parameters: "walk", [parameters(), Objects.route("walk", path: "/walk")])
            let proxy = try #require(try await installation.waitForProxies().first)
            try await installation.waitUntilProgrammed()
            let configuration = try scraping(await pods(of: installation, proxy))
            try await withPrometheus(configuration: configuration) { prometheus in
              try await installation.withService { port in
                let walk = GuideWalk(
                  installation: installation, prometheus: prometheus, logs: logs, traces: traces, proxy: proxy,
                  port: port)
                try await walk.withSlowCalls { try await body(walk) }
              }
            }
          }
        }
      }
    }
  }

  private static func withSink(_ host: String, _ body: (OTLPSink) async throws -> Void) async throws {
    let sink = try await OTLPSink.start(host: host, port: 4317)
    do {
      try await body(sink)
    } catch {
      await sink.stop()
      throw error
    }
    await sink.stop()
  }

  // MARK: The Gateway

  /// The guide's tag `cluster` is a variable of the proxy, and these give it one.
  static func parameters(cluster: String = "east-1") -> JSONValue {
    [
      "apiVersion": "gateway.kgateway.dev/v1alpha1", "kind": "GatewayParameters",
      "metadata": ["name": "walk", "namespace": .string(Objects.namespace)],
      "spec": ["env": [["name": "CLUSTER_NAME", "value": .string(cluster)]]],
    ]
  }

  private static let answer: Backend.Answering = { request in
    request.headers.first(name: ClientCall.header) == slowModel
      ? Backend.Answer(
        pieces: [#"{"model": "\#(slowModel)", "usage": {"prompt_tokens": 1, "completion_tokens": 1}}"#],
        pause: .seconds(11))
      : ClientCall.answer(to: request)
  }

  /// Has a model answer slowly again and again, since a rate needs a second call after the first was seen.
  private func withSlowCalls(_ body: () async throws -> Void) async throws {
    let call = ClientCall(
      path: "/v1/chat/completions", body: #"{"model": "\#(Self.slowModel)", "messages": []}"#, answer: Self.slowModel)
    try await withThrowingTaskGroup { group in
      group.addTask {
        while true {
          // In the end the proxy is gone.
          try? await send(call)
          try await Task.sleep(for: .milliseconds(100))
        }
      }
      do {
        try await body()
        group.cancelAll()
        while (try? await group.next()) != nil {}
      } catch {
        group.cancelAll()
        throw error
      }
    }
  }

  /// Sends a call of an LLM on a connection of its own.
  func send(_ call: ClientCall) async throws {
    try await HTTPConnection.with(port: port) { connection in
      _ = try await connection.send(.POST, call.path, headers: call.headers, body: call.body)
    }
  }

  // MARK: Prometheus

  /// The guide's jobs, but that the pods are told instead of asked for: Debian's Prometheus lacks that discovery.
  private static func scraping(_ pods: [JSONValue]) throws -> String {
    let values = try document("Tests/ObservabilityTests/Guide/collector-metrics.yaml")
    let printed = values[["config", "receivers", "prometheus", "config", "scrape_configs"]]?.arrayValue
    let jobs = try #require(printed).map { job in
      var job = job
      #expect(job["kubernetes_sd_configs"] == [["role": "pod"]])
      job["kubernetes_sd_configs"] = nil
      job["static_configs"] = .array(pods)
      return job
    }
    let configuration: JSONValue = [
      "global": ["scrape_interval": "500ms", "scrape_timeout": "500ms", "evaluation_interval": "1s"],
      "rule_files": ["*.rules.yaml"], "scrape_configs": .array(jobs),
    ]
    return configuration.jsonText
  }

  /// The pods that run, and some others, as Kubernetes' discovery describes them: one for each declared port.
  private static func pods(of installation: Installation, _ proxy: Pod) async throws -> [JSONValue] {
    let apiServer = installation.cluster.apiServer
    var targets: [JSONValue] = []
    for pod in await installation.operators + [proxy] {
      let deployment = pod.name == proxy.name ? Objects.gatewayName : Installation.name
      let template = try #require(
        await apiServer.object("deployments", group: "apps", namespace: pod.namespace, name: deployment)?[
          ["spec", "template"]])
      let containers = template[["spec", "containers"]]?.arrayValue ?? []
      let ports = containers.flatMap { $0["ports"]?.arrayValue ?? [] }.compactMap { $0["containerPort"]?.integerValue }
      let labels = template[["metadata", "labels"]]?.objectValue ?? [:]
      targets += ports.map { target(pod.address, $0, labels) }
    }
    return targets + [
      target("127.0.0.1", 8888, ["app.kubernetes.io/name": "opentelemetry-collector"]),
      target("127.0.0.1", 8080, ["app": "kgateway-shop", "gateway": "another"]),
    ]
  }

  private static func target(_ address: String, _ port: Int64, _ labels: JSONObject) -> JSONValue {
    let metadata = labels.map { label, value in
      ("__meta_kubernetes_pod_label_" + label.map { $0.isLetter || $0.isNumber ? String($0) : "_" }.joined(), value)
    }
    return ["targets": [.string("\(address):\(port)")], "labels": .object(JSONObject(metadata))]
  }
}

// MARK: What each step does

extension GuideWalk {
  var cluster: KubernetesCluster { installation.cluster }

  /// The only YAML document in a file of the package, or the first.
  static func document(_ path: String) throws -> JSONValue { try #require(try documents(path).first) }

  /// The YAML documents in a file of the package.
  static func documents(_ path: String) throws -> [JSONValue] {
    let contents = try Data(contentsOf: URL(filePath: PackageRoot.path(path), directoryHint: .notDirectory))
    return try documents(in: Array(contents))
  }

  private static func documents(in text: [UInt8]) throws -> [JSONValue] {
    try YAML.documents(in: text).compactMap { JSONValue(json: $0.json) }.filter { $0 != .null }
  }

  /// Runs lines of a shell as the guide prints them, with the real kubectl and helm.
  @discardableResult
  func shell(_ lines: String, in folder: String = "") async throws -> String {
    let tools = try [RealComponent.kubectl.path(), RealComponent.helm.path()].map { path in
      path.split(separator: "/").dropLast().map { "/\($0)" }.joined()
    }
    var settings = ProcessSettings()
    settings.environment = [
      "HOME": cluster.folder.path, "KUBECONFIG": cluster.kubeconfig,
      "PATH": (tools + ["/usr/bin", "/bin"]).joined(separator: ":"),
    ]
    settings.workingDirectory = PackageRoot.path(folder)
    return try await outputOfCommand(
      "bash", ["-o", "pipefail", "-euc", lines], settings: settings, deadline: .seconds(60))
  }

  /// Applies a policy and waits until the operator has accepted it as it is now.
  func applyPolicy(_ text: String, _ section: Section) async throws {
    let policy = try Self.documents(in: Array(text.utf8)).first
    let name = try #require(policy?[["metadata", "name"]]?.stringValue)
    try await cluster.apply(text)
    try await eventually("\(section): the policy \(name) is accepted", within: EndToEnd.patience) {
      guard let policy = await cluster.policy(name), let accepted = policy.ownConditions["Accepted"] else {
        return false
      }
      return accepted.status == "True" && accepted.observedGeneration == policy.generation
    }
  }

  /// Waits until a query's values have the sum.
  func expect(_ query: String, is value: Double, _ section: Section) async throws {
    try await expect(query, section, "has the sum \(value)") { $0.reduce(0) { $0 + $1.value } == value }
  }

  /// Waits until the answer to a query is as wanted.
  func expect(
    _ query: String, _ section: Section, _ what: String,
    _ isWanted: ([PrometheusServer.Sample]) -> Bool
  ) async throws {
    var answer: [PrometheusServer.Sample] = []
    do {
      try await eventually(query, within: EndToEnd.patience, every: .milliseconds(250)) {
        answer = try await prometheus.query(query)
        return isWanted(answer)
      }
    } catch is NeverCameTrue {
      let values = answer.map { "\($0.value) \($0.labels)" }.joined(separator: "\n")
      Issue.record("\(section): \(query) never \(what); it is\n\(values)")
    }
  }
}
