import APIServerDouble
import FoundationEssentials
import RealComponents
import Testing
import YAML

/// The real helm.
struct Helm: Sendable {
  static let chart = PackageRoot.path("charts/kgateway")
  static let definitions = PackageRoot.path("charts/kgateway-crds")
  static let namespace = "kgateway-system"
  /// The oldest Kubernetes that the chart is for, and the newest whose schemas are there.
  static let kubernetes = ["1.25", "1.37"]
  /// What the Gateway API and the Prometheus operator define.
  static let definedKinds = [
    "gateway.networking.k8s.io/v1/GatewayClass", "monitoring.coreos.com/v1/PodMonitor",
    "monitoring.coreos.com/v1/ServiceMonitor",
  ]

  private let program: String
  var settings = ProcessSettings()

  init(_ version: RealComponent = .helm) throws { program = try version.path() }

  /// Runs a command that has to succeed; returns what it printed.
  @discardableResult
  func callAsFunction(_ arguments: [String]) async throws -> String {
    try await outputOfCommand(program, arguments, settings: settings, deadline: .seconds(60))
  }

  /// Runs a command that has to fail; returns its complaint.
  func failing(_ arguments: [String]) async throws -> String {
    let result = try await runCommand(program, arguments, settings: settings, deadline: .seconds(60))
    try #require(!result.succeeded, "helm \(arguments.joined(separator: " ")) succeeded")
    return result.errorOutput
  }

  /// Arguments of `helm template` for the chart.
  ///
  /// - Parameter apis: the kinds that the server is to know beside the built-in ones.
  static func template(
    _ arguments: [String] = [], kubernetes: String = Helm.kubernetes[1], apis: [String] = Helm.definedKinds
  ) -> [String] {
    ["template", "kgateway", chart, "--namespace", namespace, "--kube-version", kubernetes + ".0"]
      + apis.flatMap { ["--api-versions", $0] } + arguments
  }

  /// The chart as it is rendered.
  func rendering(
    _ arguments: [String] = [], kubernetes: String = Helm.kubernetes[1], apis: [String] = Helm.definedKinds
  ) async throws -> Rendering {
    try Rendering(try await self(Self.template(arguments, kubernetes: kubernetes, apis: apis)))
  }
}

/// Manifests as text and as objects.
struct Rendering: Sendable {
  let text: String
  let objects: [JSONValue]

  init(_ text: String) throws {
    self.text = text
    objects = try YAML.documents(in: Array(text.utf8)).compactMap { JSONValue(json: $0.json) }
      .filter { $0.objectValue != nil }
  }

  /// The one object of a kind, or the one with that name; an empty value if there is none.
  func object(_ kind: String, _ name: String = "kgateway") -> JSONValue {
    objects.first { $0["kind"] == .string(kind) && $0[["metadata", "name"]] == .string(name) } ?? .null
  }

  /// `KIND/NAME` of all, in order.
  var names: [String] {
    objects.map { "\($0["kind"]?.stringValue ?? "?")/\($0[["metadata", "name"]]?.stringValue ?? "?")" }
  }

  /// Of the Deployment.
  var container: JSONValue {
    object("Deployment")[["spec", "template", "spec", "containers"]]?.arrayValue?.first ?? .null
  }

  /// Of the operator.
  var arguments: [String] { (container["args"]?.arrayValue ?? []).compactMap(\.stringValue) }
}

/// The schemas that Kubernetes publishes, one set for each version.
enum KubernetesSchemas {
  /// Kinds that are no part of Kubernetes.
  private static let foreign = ["GatewayClass", "GatewayParameters", "PodMonitor", "ServiceMonitor"]

  /// What is wrong with objects of Kubernetes' own kinds, a line each.
  static func complaints(about objects: [JSONValue], kubernetes version: String) async throws -> [Substring] {
    let own = objects.filter { !foreign.contains($0["kind"]?.stringValue ?? "") }
    var settings = ProcessSettings()
    settings.standardInput = Array(JSONValue.array(own).jsonText.utf8)
    let output = try await outputOfCommand(
      try RealComponent.python.path(), [PackageRoot.path("Tests/ChartTests/Python/schemas.py"), version],
      settings: settings, deadline: .seconds(60))
    return output.split(separator: "\n")
  }
}

/// A file of `Values`, named after the value that it sets.
struct ValuesFile: Sendable, CustomTestStringConvertible {
  let name: String
  let path: String

  var testDescription: String { name }

  static let all: [ValuesFile] = {
    let folder = PackageRoot.path("Tests/ChartTests/Values")
    let names = (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
    return names.sorted().map { ValuesFile(name: String($0.dropLast(".yaml".count)), path: "\(folder)/\($0)") }
  }()

  /// What the chart renders for this value and not by default: the comments at the beginning.
  var rendered: [Substring] {
    get throws {
      try text.split(separator: "\n").filter { $0.hasPrefix(Self.mark) }.map { $0.dropFirst(Self.mark.count) }
    }
  }

  private var text: String { get throws { try fileText(path) } }

  private static let mark = "# renders: "
}

func fileText(_ path: String) throws -> String {
  String(decoding: try Data(contentsOf: URL(filePath: path, directoryHint: .notDirectory)), as: UTF8.self)
}
