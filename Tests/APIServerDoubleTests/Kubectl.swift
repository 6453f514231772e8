import APIServerDouble
import RealComponents
import Testing

/// The real kubectl, talking to a double.
struct Kubectl: Sendable {
  let program: String
  let settings: ProcessSettings
  let folder: TemporaryFolder

  /// Runs a double with the namespace of the guide, and a kubectl that knows it.
  static func withDouble(
    _ configuration: APIServerDouble.Configuration = Self.configuration,
    credentials: APIServerDouble.Credentials = .token, _ body: (Kubectl, APIServerDouble) async throws -> Void
  ) async throws {
    let program = try RealComponent.kubectl.path()
    try await APIServerDouble.withRunning(configuration) { double in
      try await withTemporaryFolder { folder in
        try await double.writeKubeconfig(to: folder.path("config"), credentials: credentials)
        var settings = ProcessSettings()
        settings.environment = ["KUBECONFIG": folder.path("config"), "HOME": folder.path]
        try await body(Kubectl(program: program, settings: settings, folder: folder), double)
      }
    }
  }

  static var configuration: APIServerDouble.Configuration {
    var configuration = APIServerDouble.Configuration()
    configuration.namespaces += ["kgateway-system"]
    return configuration
  }

  /// Runs a command that has to succeed; returns what it printed.
  @discardableResult
  func callAsFunction(_ arguments: String..., input: String = "") async throws -> String {
    try await outputOfCommand(program, arguments, settings: settings(input))
  }

  /// Runs a command that has to fail; returns its error output.
  func failing(_ arguments: String..., input: String = "") async throws -> String {
    let result = try await runCommand(program, arguments, settings: settings(input))
    try #require(!result.succeeded, "\(arguments) succeeded: \(result.output)")
    return result.errorOutput
  }

  /// Runs a script of bash, in which `kubectl` is this one; it has to succeed.
  ///
  /// - Parameter folder: where it runs.
  @discardableResult
  func script(_ text: String, in folder: String) async throws -> String {
    let tools = program.prefix(upTo: program.lastIndex(of: "/") ?? program.endIndex)
    let prologue = "set -euo pipefail; PATH='\(tools)':$PATH; cd '\(folder)'\n"
    return try await outputOfCommand("bash", ["-c", prologue + text], settings: settings)
  }

  private func settings(_ input: String) -> ProcessSettings {
    var settings = settings
    settings.standardInput = Array(input.utf8)
    return settings
  }
}

/// Documents as a user of the guide writes them.
enum Manifests {
  static let tracing = """
    apiVersion: gateway.kgateway.dev/v1alpha1
    kind: HTTPListenerPolicy
    metadata:
      name: tracing
      namespace: kgateway-system
    spec:
      targetRefs:
      - group: gateway.networking.k8s.io
        kind: Gateway
        name: agentgateway-proxy
      tracing:
        provider:
          otel:
            grpcAddress: otel-collector.telemetry:4317
        samplingRate: 100  # 100% sampling for testing, reduce in production
        propagators:
        - W3C_TRACE_CONTEXT
        - B3

    """

  static let service = """
    apiVersion: v1
    kind: Service
    metadata:
      name: backend
      namespace: kgateway-system
    spec:
      selector:
        app: backend
      ports:
      - name: http
        port: 80
      - name: admin
        port: 81

    """

  static func gateway(port: Int = 80) -> String {
    """
    apiVersion: gateway.networking.k8s.io/v1
    kind: Gateway
    metadata:
      name: agentgateway-proxy
      namespace: kgateway-system
    spec:
      gatewayClassName: agentgateway
      listeners:
      - name: http
        port: \(port)
        protocol: HTTP

    """
  }
}
