import APIServerDouble
import RealComponents
import Testing

extension EndToEnd {
  /// The observability guide, line by line.
  @Suite("the observability guide", .timeLimit(.minutes(5)))
  struct ObservabilityGuide {
    @Test("works as printed, from its first command to the last")
    func walk() async throws {
      try await StackCommands.checkInstallation()
      try await GuideWalk.withRunning { walk in
        try await walk.checkScraping()
        try await walk.checkControlPlane()
        try await walk.checkDataPlane()
        try await walk.checkAccessLogs()
        try await walk.checkTracing()
        try await walk.checkDashboard()
        try await walk.checkAlerts()
        try await walk.checkCleanup()
        try await walk.checkBestPractices()
        try await walk.checkUninstallation()
      }
    }
  }
}

/// The guide's commands that need charts from elsewhere: that our scripts run the same.
enum StackCommands {
  private static let folder = "deploy/observability"

  /// A release of the guide.
  private struct Release {
    let name: String
    let chart: String
    let version: String
    let repository: String
    /// The values, as the guide prints them and as the script gives them.
    let values: String

    static let grafana = "https://grafana.github.io/helm-charts"
    static let openTelemetry = "https://open-telemetry.github.io/opentelemetry-helm-charts"
    static let prometheus = "https://prometheus-community.github.io/helm-charts"

    static let all =
      [
        Release(name: "loki", chart: "loki", version: "6.24.0", repository: grafana, values: "loki"),
        Release(name: "tempo", chart: "tempo", version: "1.16.0", repository: grafana, values: "tempo"),
      ]
      + ["metrics", "logs", "traces"].map {
        Release(
          name: "opentelemetry-collector-\($0)", chart: "opentelemetry-collector", version: "0.127.2",
          repository: openTelemetry, values: "collector-\($0)")
      } + [
        Release(
          name: "kube-prometheus-stack", chart: "kube-prometheus-stack", version: "75.6.1", repository: prometheus,
          values: "kube-prometheus-stack")
      ]

    /// The beginning of the guide's command, on one line, up to the values.
    var command: String {
      "helm upgrade --install \(name) \(chart) --repo \(repository) --version \(version) --namespace telemetry "
    }
  }

  static func checkInstallation() async throws {
    let section = "OpenTelemetry Stack Deployment"
    let output = try await outputOfCommand(PackageRoot.path("\(folder)/install"), ["--dry-run"])
    let commands = output.split(separator: "\n").filter { $0.hasPrefix("helm ") }
    try #require(commands.count == Release.all.count, "\(section): \(commands)")
    for (command, release) in zip(commands, Release.all) {
      #expect(command.hasPrefix(release.command), "\(section): \(release.name)")
      let file = "\(folder)/guide/\(release.values).yaml"
      #expect(command.contains(" --values \(file) "), "\(section): \(release.name)")
      let printed = try GuideWalk.document("Tests/ObservabilityTests/Guide/\(release.values).yaml")
      #expect(try GuideWalk.document(file).has(printed), "\(section): the values of \(release.name) as printed")
    }
  }

  /// The commands that the script for the cleanup prints.
  static func checkCleanup() async throws {
    let output = try await outputOfCommand(PackageRoot.path("\(folder)/uninstall"), ["--dry-run"])
    let collectorsFirst = Release.all[2...4] + Release.all[0...1] + Release.all[5...5]
    let printed =
      ["kubectl delete configmap kgateway-dashboard -n telemetry"]
      + collectorsFirst.map { "helm uninstall \($0.name) -n telemetry" } + ["kubectl delete namespace telemetry"]
    // The script passes over what is gone already.
    let lines = output.split(separator: "\n").map { String($0.replacing(" --ignore-not-found", with: "")) }
    #expect(lines.filter { printed.contains($0) } == printed, "Cleanup: the commands in the guide's order")
  }
}

extension JSONValue {
  /// Whether each member of what is printed is here, at its place; more may be here.
  fileprivate func has(_ printed: JSONValue) -> Bool {
    switch (self, printed) {
    case (.object, .object(let members)): members.allSatisfy { self[$0.key]?.has($0.value) ?? false }
    case (.array(let own), .array(let elements)):
      own.count == elements.count && zip(own, elements).allSatisfy { $0.has($1) }
    default: self == printed
    }
  }
}
