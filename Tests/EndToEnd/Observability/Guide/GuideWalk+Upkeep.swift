import APIServerDouble
import KubeletDouble
import RealComponents
import Testing

// The guide's sections on dashboards, alerts and cleanup.

extension GuideWalk {
  func checkDashboard() async throws {
    let section = "Import Agentgateway Dashboard"
    try await cluster.kubectl(["create", "namespace", "telemetry"])
    try await shell(
      #"""
      kubectl create configmap kgateway-dashboard \
        --namespace telemetry \
        --from-file=dashboard.json \
        --dry-run=client -o yaml | \
        kubectl label -f - grafana_dashboard=1 --local -o yaml | \
        kubectl apply -f -
      """#, in: "deploy/dashboards")
    let map = await cluster.apiServer.object(
      "configmaps", group: "", namespace: "telemetry", name: "kgateway-dashboard")
    #expect(map?[["metadata", "labels", "grafana_dashboard"]] == "1", "\(section): the label")
    let dashboard = JSONValue(json: map?[["data", "dashboard.json"]]?.stringValue ?? "")
    let panels = dashboard?["panels"]?.arrayValue ?? []
    let table = [
      "Active Translations", "Reconciliations", "Resource Counts", "Translation Latency", "Reconciliation Latency",
      "Sync Rate", "Error Rate",
    ]
    #expect(panels.compactMap { $0["title"]?.stringValue }.sorted() == table.sorted(), "Dashboard Panels")
    for panel in panels {
      let title = panel["title"]?.stringValue ?? ""
      let legends = (panel["targets"]?.arrayValue ?? []).compactMap { $0["legendFormat"]?.stringValue }
      for quantile in title.hasSuffix("Latency") ? ["p70", "p90", "p99"] : [] {
        #expect(legends.contains { $0.contains(quantile) }, "Dashboard Panels: \(title)")
      }
    }
    for query in try DashboardQuery.all() where query.dashboard == "dashboard" {
      try await expect(query.filled(), "Dashboard Panels: \(query.place)", "had an answer") { !$0.isEmpty }
    }
  }

  // MARK: Alerts

  func checkAlerts() async throws {
    let section = "Prometheus AlertManager Rules"
    try await cluster.put([Self.definitionOfRules])
    let file = "Tests/ObservabilityTests/Guide/alerts.yaml"
    try await cluster.kubectl(["apply", "-f", PackageRoot.path(file)])
    let applied = await cluster.apiServer.object(
      "prometheusrules", group: "monitoring.coreos.com", namespace: "telemetry", name: "agentgateway-alerts")
    // Prometheus' operator makes such a file of it.
    let groups = try #require(applied?[["spec", "groups"]])
    #expect(try Self.document(file)[["spec", "groups"]] == groups, "\(section): stored as printed")
    try prometheus.folder.write(JSONValue.object(["groups": groups]).jsonText, to: "guide.rules.yaml")
    try prometheus.reload()
    try await eventually("\(section): the rules are loaded and evaluated", within: EndToEnd.patience) {
      let rules = try await prometheus.rules()
      return rules.count == 3 && rules.allSatisfy { $0.health == "ok" }
    }
    for rule in try await prometheus.rules() {
      #expect(rule.group == "agentgateway" && rule.lastError ?? "" == "", "\(section): \(rule.name)")
      _ = try await prometheus.query(rule.query)
    }
    try await checkOwnAlerts()
    try await provoke()
    let summaries = [
      "AgentgatewayHighErrorRate": "Error rate is 0.", "AgentgatewayHighLatency": "p99 latency is 1",
      "ControlPlaneReconciliationFailures": "Reconciliation failures detected",
    ]
    for (name, beginning) in summaries {
      let alert = try await eventuallyValue("\(section): \(name) is pending", within: .seconds(45)) {
        try await prometheus.rules().first { $0.name == name }?.alerts.first
      }
      #expect(["pending", "firing"].contains(alert.state), "\(section): \(name)")
      #expect(alert.annotations["description"]?.hasPrefix(beginning) == true, "\(section): \(alert.annotations)")
    }
    await cluster.apiServer.endFailures()
  }

  /// The file that `install` applies has more alerts than the guide: none asks for what nobody measures.
  private func checkOwnAlerts() async throws {
    let rules = try Self.documents("deploy/observability/alerts.yaml").flatMap { object in
      (object[["spec", "groups"]]?.arrayValue ?? []).flatMap { $0["rules"]?.arrayValue ?? [] }
    }
    #expect(rules.count > 20)
    for rule in rules {
      let name = rule["alert"]?.stringValue ?? ""
      let expression = try #require(rule["expr"]?.stringValue)
      _ = try await prometheus.query(expression)
      for metric in Set(expression.matches(of: /\b(?:kgateway|agentgateway|envoy)_\w+/).map { String($0.output) }) {
        try await expect("count(\(metric))", "alerts.yaml: \(name)", "had a series") { !$0.isEmpty }
      }
    }
  }

  /// Errors of a provider, more than 30 in five minutes that Prometheus has seen come, and a Deployment that cannot be
  /// written. Slow calls are under way already.
  private func provoke() async throws {
    let refused = try #require(ClientCall.models.first { $0.answer == "openai-limited" })
    for _ in 0..<60 { try await send(refused) }
    // A series that begins with all of them has not grown.
    try await eventually("AgentgatewayHighErrorRate holds", within: EndToEnd.patience) {
      try await send(refused)
      return try await !prometheus.query("rate(agentgateway_llm_errors_total[5m]) > 0.1").isEmpty
    }
    await cluster.apiServer.inject(
      .status(code: 403, reason: "Forbidden"), into: .path("/deployments/").and(.writes), times: 10_000)
    try await cluster.apply(Self.parameters(cluster: "west-2").jsonText)
    try await expect(
      #"rate(kgateway_reconciliation_count{status="failed"}[5m]) > 0"#, "ControlPlaneReconciliationFailures", "holds"
    ) { !$0.isEmpty }
  }

  /// Of the Prometheus operator's definition no more than kubectl needs.
  private static let definitionOfRules: JSONValue = [
    "apiVersion": "apiextensions.k8s.io/v1", "kind": "CustomResourceDefinition",
    "metadata": ["name": "prometheusrules.monitoring.coreos.com"],
    "spec": [
      "group": "monitoring.coreos.com", "scope": "Namespaced",
      "names": [
        "kind": "PrometheusRule", "listKind": "PrometheusRuleList", "plural": "prometheusrules",
        "singular": "prometheusrule",
      ],
      "versions": [
        [
          "name": "v1", "served": true, "storage": true,
          "schema": [
            "openAPIV3Schema": [
              "type": "object",
              "properties": ["spec": ["type": "object", "x-kubernetes-preserve-unknown-fields": true]],
            ]
          ],
        ]
      ],
    ],
  ]

  // MARK: Cleanup

  func checkCleanup() async throws {
    let section = "Cleanup"
    try await StackCommands.checkCleanup()
    let deleted = try await shell("kubectl delete configmap kgateway-dashboard -n telemetry")
    #expect(deleted.contains(#""kgateway-dashboard" deleted"#), "\(section): the dashboard")
    #expect(try await shell("kubectl get configmaps -n telemetry -o name") == "", "\(section): the dashboard")
    try await shell("kubectl delete namespace telemetry")
    #expect(try await shell("kubectl get namespace telemetry --ignore-not-found") == "", "\(section): the namespace")
    #expect(
      await cluster.apiServer.objects("prometheusrules", group: "monitoring.coreos.com").isEmpty,
      "\(section): the alerts go with their namespace")
  }

  /// What the charts of this project leave behind when they go as their documentation says.
  func checkUninstallation() async throws {
    try await shell(
      """
      kubectl delete gateway agentgateway-proxy --namespace kgateway-system
      helm uninstall kgateway --namespace kgateway-system
      helm uninstall kgateway-crds --namespace kgateway-system
      kubectl delete crd httplistenerpolicies.gateway.kgateway.dev gatewayparameters.gateway.kgateway.dev
      kubectl delete gatewayclass kgateway agentgateway --ignore-not-found
      kubectl delete secret/kgateway-xds lease/kgateway --namespace kgateway-system --ignore-not-found
      """)
    try await eventually("uninstallation: every pod has ended", within: EndToEnd.patience) {
      let (operators, proxies) = (await installation.operators, await installation.proxies())
      return operators.isEmpty && proxies.isEmpty
    }
    let left = try await shell(
      """
      kinds=$(kubectl api-resources --verbs=list --output name | grep -v '^events' | paste -sd,)
      kubectl get "$kinds" --all-namespaces --output name
      """)
    let own = left.split(separator: "\n").filter { $0.contains("kgateway") || $0.contains("agentgateway") }
    #expect(own == ["namespace/kgateway-system"], "uninstallation: nothing of ours is left")
  }

  // MARK: Best practices

  func checkBestPractices() async throws {
    let folder = "deploy/observability/production"
    for file in ["access-logging", "tracing", "tracing-tail"] {
      try await applyPolicy(
        Self.document("\(folder)/\(file).yaml").jsonText, "Best Practices: \(file).yaml")
    }
    let rate = try Self.document("\(folder)/tracing.yaml")[["spec", "tracing", "samplingRate"]]?.integerValue
    #expect((10...25).contains(rate ?? 0), "Best Practices: Sampling Strategy")
    for collector in ["metrics", "logs", "traces"] {
      let section = "Best Practices: Remove Debug Exporters: \(collector)"
      let printed = try Self.document("Tests/ObservabilityTests/Guide/collector-\(collector).yaml")
      #expect(printed[["config", "exporters", "debug", "verbosity"]] == "detailed", "\(section)")
      let ours = try Self.document("\(folder)/collector-\(collector).yaml")
      // A null takes away what the collector's chart has by default.
      #expect(ours[["config", "exporters", "debug"]] ?? .null == .null, "\(section)")
    }
    let dashboards = ["overview", "llm-performance", "security", "troubleshooting"]
    #expect(Set(DashboardQuery.dashboards).isSuperset(of: dashboards), "Best Practices: Dashboard Organization")
  }
}
