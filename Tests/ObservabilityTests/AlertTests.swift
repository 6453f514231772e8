import APIServerDouble
import RealComponents
import Testing

/// `deploy/observability/alerts.yaml`, run by the real promtool.
@Suite("Alerts")
struct AlertTests {
  private static let rules = "deploy/observability/alerts.yaml"
  private static let cases = "deploy/observability/tests/alerts_test.yaml"
  private static let runbooks = "Sources/kgateway/Documentation.docc/Runbooks.md"

  /// The groups of all objects, as Prometheus reads them from a file of its own.
  private static func ruleFile() throws -> String {
    let objects = try Manifest(rules).documents
    let groups = objects.flatMap { $0[["spec", "groups"]]?.arrayValue ?? [] }
    return JSONValue.object(["groups": .array(groups)]).jsonText
  }

  private static func alerts(of objects: [JSONValue]) -> [JSONValue] {
    objects.flatMap { $0[["spec", "groups"]]?.arrayValue ?? [] }.flatMap { $0["rules"]?.arrayValue ?? [] }
  }

  @Test("fire for what they are meant for, and not for what looks like it")
  func cases() async throws {
    try await withTemporaryFolder { folder in
      try folder.write(Self.ruleFile(), to: "alerts.rules.yaml")
      let file = try folder.write(try Manifest(Self.cases).text, to: "alerts_test.yaml")
      let promtool = try RealComponent.promtool.path()
      let checked = try await outputOfCommand(promtool, ["check", "rules", folder.path("alerts.rules.yaml")])
      #expect(checked.contains("SUCCESS: \(try Self.alerts(of: Manifest(Self.rules).documents).count) rules found"))
      let result = try await runCommand(promtool, ["test", "rules", file])
      #expect(result.succeeded, "\(result.output)\(result.errorOutput)")
    }
  }

  @Test("each has a case that fires and one that does not, a severity, words, and a paragraph in the runbooks")
  func complete() throws {
    let tests = try Manifest(Self.cases).document["tests"]?.arrayValue ?? []
    let asked = tests.flatMap { $0["alert_rule_test"]?.arrayValue ?? [] }
    let headings = try Self.headings(of: Self.runbooks)
    let alerts = try Self.alerts(of: Manifest(Self.rules).documents)
    #expect(alerts.count > 20)
    for alert in alerts {
      let name = try #require(alert["alert"]?.stringValue)
      let expected = asked.filter { $0["alertname"] == .string(name) }.map { $0["exp_alerts"]?.arrayValue?.count ?? 0 }
      #expect(expected.contains { $0 > 0 }, "no case in which \(name) fires")
      #expect(expected.contains(0), "no case in which \(name) does not fire")
      #expect(["warning", "critical"].contains(alert[["labels", "severity"]]?.stringValue), "\(name)")
      for word in ["summary", "description"] {
        #expect(alert[["annotations", word]]?.stringValue?.isEmpty == false, "\(name) has no \(word)")
      }
      #expect(headings.contains(name), "\(name) has no paragraph in \(Self.runbooks)")
    }
    #expect(headings.subtracting(alerts.compactMap { $0["alert"]?.stringValue }) == [], "runbooks without an alert")
  }

  /// The headings of the third order.
  private static func headings(of page: String) throws -> Set<String> {
    let lines = try Manifest.text(of: page).split(separator: "\n")
    return Set(lines.filter { $0.hasPrefix("### ") }.map { String($0.dropFirst(4)) })
  }

  @Test("the guide's three are there as it prints them, in the object that it names")
  func guide() throws {
    let printed = try Manifest("Tests/ObservabilityTests/Guide/alerts.yaml").document
    let ours = try #require(
      try Manifest(Self.rules).documents.first { $0[["metadata", "name"]] == printed[["metadata", "name"]] })
    #expect(Self.alerts(of: [printed]).count == 3)
    #expect(ours["spec"] == printed["spec"])
    #expect(ours.differences(from: printed) == [])
  }

  @Test("Prometheus of kube-prometheus-stack loads them: they have its release's label, and its values ask for none")
  func loaded() throws {
    for object in try Manifest(Self.rules).documents {
      #expect(object[["metadata", "labels", "release"]] == "kube-prometheus-stack")
    }
    for values in ["guide", "production"] {
      let specification = try Manifest("deploy/observability/\(values)/kube-prometheus-stack.yaml")
        .document[["prometheus", "prometheusSpec"]]
      #expect(specification?["ruleSelectorNilUsesHelmValues"] == false)
    }
  }
}
