import APIServerDouble
import FoundationEssentials
import RealComponents

/// A query of a committed dashboard.
struct DashboardQuery: Sendable, CustomStringConvertible {
  /// Where it goes.
  enum Source: String {
    case prometheus, loki
  }

  let dashboard: String
  /// The panel's title, or `$NAME` of a variable.
  let place: String
  let source: Source
  /// With Grafana's variables in it.
  let text: String

  var description: String { "\(dashboard), \(place): \(text)" }

  /// The values that the variables are given.
  struct Values {
    /// By the variable's name.
    var chosen: [String: String] = [:]
    /// What is put in the place of a variable that nothing is chosen for, as Grafana does for "All".
    static let all = ".+"
    /// Of `$__rate_interval`.
    static let window = "10s"
    /// Of `$__range`.
    static let range = "60s"
  }

  /// The query as Grafana sends it.
  func filled(_ values: Values = Values()) -> String {
    var text = text.replacing("$__rate_interval", with: Values.window).replacing("$__range", with: Values.range)
    for name in ["namespace", "gateway", "instance", "provider", "model"] {
      text = text.replacing("$\(name)", with: values.chosen[name] ?? Values.all)
    }
    return text
  }

  /// What is wrong with the answer of a real Prometheus; nil if a panel shows it.
  func fault(_ samples: [PrometheusServer.Sample]) -> String? {
    if samples.isEmpty { return "nothing: \(self)" }
    return samples.contains { !$0.value.isFinite } ? "no number: \(self)" : nil
  }
}

extension DashboardQuery {
  /// The names of the dashboards.
  static let dashboards = ["dashboard", "overview", "llm-performance", "security", "troubleshooting"]

  struct UnreadableDashboard: Error {
    let name: String
  }

  /// Every query of every panel, and of every variable, as an expression that gives its values.
  static func all() throws -> [DashboardQuery] {
    try dashboards.flatMap { name in
      let path = PackageRoot.path("deploy/dashboards/\(name).json")
      let data = try Data(contentsOf: URL(filePath: path, directoryHint: .notDirectory))
      guard let document = JSONValue(json: String(decoding: data, as: UTF8.self)) else {
        throw UnreadableDashboard(name: name)
      }
      return try panelQueries(of: document, name) + variableQueries(of: document, name)
    }
  }

  private static func panelQueries(of document: JSONValue, _ name: String) throws -> [DashboardQuery] {
    try (document["panels"]?.arrayValue ?? []).flatMap { panel in
      try (panel["targets"]?.arrayValue ?? []).map { target in
        guard let kind = target[["datasource", "type"]]?.stringValue ?? panel[["datasource", "type"]]?.stringValue,
          let source = Source(rawValue: kind), let text = target["expr"]?.stringValue
        else { throw UnreadableDashboard(name: name) }
        return DashboardQuery(
          dashboard: name, place: panel["title"]?.stringValue ?? "", source: source, text: text)
      }
    }
  }

  private static func variableQueries(of document: JSONValue, _ name: String) throws -> [DashboardQuery] {
    try (document[["templating", "list"]]?.arrayValue ?? []).compactMap { variable in
      guard let definition = variable["definition"]?.stringValue else { return nil }
      guard let match = definition.wholeMatch(of: #/label_values\((.+), (\w+)\)/#) else {
        throw UnreadableDashboard(name: name)
      }
      return DashboardQuery(
        dashboard: name, place: "$\(variable["name"]?.stringValue ?? "")", source: .prometheus,
        text: "count by (\(match.2)) (\(match.1))")
    }
  }
}
